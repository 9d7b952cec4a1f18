//! A task in one line, understood before it is made, so that a person sees what will be.

use jiff::civil::DateTime;

use crate::domain::deadline::Region;
use crate::domain::sketch::Sketch;
use crate::domain::value::Currency;
use crate::understanding::sentence::{self, Home};

/// What `line` says, typed at `now` by the clock of a household in `region`.
pub fn sketch(line: &str, now: DateTime, region: &Region) -> Sketch {
    let home = Home {
        now,
        currency: currency(region),
        region: region.clone(),
    };
    sentence::sketch(line, &home)
}

/// What a household in `region` pays with.
pub fn currency(region: &Region) -> Currency {
    match region.country() {
        "CH" | "LI" => Currency::CHF,
        "GB" => Currency::GBP,
        "US" => Currency::USD,
        _ => Currency::EUR,
    }
}
