//! Ids that cannot be swapped: one type for each noun, all of them ULIDs.
//!
//! An id carries the moment it was made, so ids sort by age. They are made from a given moment and
//! given randomness, because the domain knows neither a clock nor a source of chance.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// The text is not the 26 letters and digits of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 26 letters and digits")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Ulid);

        impl $name {
            /// An id made at `now` (milliseconds before 1970 count as 0) with the lower 80 bits of
            /// `random`.
            pub fn new(now: Timestamp, random: u128) -> Self {
                Self(Ulid::from_parts(u64::try_from(now.as_millisecond()).unwrap_or(0), random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Ulid::from_string(text).map(Self).map_err(|_| NotAnId)
            }
        }
    };
}

id!(/** One received document, however many pages it has. */ DocumentId);
id!(/** One thing a person must do. */ TaskId);
id!(/** One planned moment to speak about a task. */ ReminderId);
id!(/** One reminder to one person by one channel. */ DeliveryId);
id!(/** One try of a delivery. */ AttemptId);
id!(/** One member of the household. */ PersonId);
id!(/** One bearer token of the API. */ TokenId);
id!(/** Somebody outside the household. */ PartyId);
id!(/** Something a person showed in a letter. */ ExampleId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let id = DocumentId::new(Timestamp::from_millisecond(1_770_000_000_000).unwrap(), 42);
        assert_eq!(id.to_string().parse::<DocumentId>(), Ok(id));
        assert_eq!("no".parse::<DocumentId>(), Err(NotAnId));
    }

    #[test]
    fn a_clock_before_1970_still_makes_ids() {
        let id = TaskId::new(Timestamp::from_millisecond(-5).unwrap(), 7);
        assert_eq!(id.to_string(), "00000000000000000000000007");
    }
}
