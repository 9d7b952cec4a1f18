//! Numbers as a table shows them (ECMA-376, part 1, 18.8.30): days instead of how many there were
//! since 1900, amounts with their places and their currency. Anything finer is left as it is stored.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, date};

use super::super::markup::{Flavour, Token, tokens};

/// Where days are counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epoch {
    /// Day 1 is 1 January 1900, and 29 February 1900 is counted although it never was.
    Usual,
    /// Day 0 is 1 January 1904.
    Of1904,
}

impl Epoch {
    /// What a workbook says.
    pub fn of_workbook(xml: &str) -> Self {
        for token in tokens(xml, Flavour::Xml) {
            if let Token::Open(tag) = token
                && tag.name == "workbookPr"
            {
                let stated = tag.attribute("date1904");
                if matches!(stated.as_deref(), Some("1" | "true")) {
                    return Self::Of1904;
                }
            }
        }
        Self::Usual
    }

    fn day(self, count: i32) -> Option<Date> {
        let first: Date = match self {
            Self::Usual if count < 60 => date(1899, 12, 31),
            Self::Usual => date(1899, 12, 30),
            Self::Of1904 => date(1904, 1, 1),
        };
        first.checked_add(count.days()).ok()
    }
}

/// How a cell shows its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Format {
    moment: Option<Moment>,
    places: Option<usize>,
    is_percent: bool,
    currency: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Day,
    Hour,
    Both,
}

impl Format {
    /// The formats of a workbook's styles, in their order.
    pub fn of_styles(xml: &str) -> Vec<Self> {
        let mut codes: Vec<(u32, String)> = Vec::new();
        let mut formats = Vec::new();
        let mut is_used = false;
        for token in tokens(xml, Flavour::Xml) {
            match token {
                Token::Open(tag) if tag.name == "numFmt" => {
                    let id = tag.attribute("numFmtId").and_then(|it| it.parse().ok());
                    if let (Some(id), Some(code)) = (id, tag.attribute("formatCode")) {
                        codes.push((id, code));
                    }
                }
                Token::Open(tag) if tag.name == "cellXfs" => is_used = !tag.is_closed,
                Token::Close("cellXfs") => is_used = false,
                Token::Open(tag) if tag.name == "xf" && is_used => {
                    let id = tag.attribute("numFmtId").and_then(|it| it.parse().ok());
                    let id = id.unwrap_or(0);
                    let code = codes.iter().find(|(it, _)| *it == id);
                    formats.push(match code {
                        Some((_, code)) => Self::of_code(code),
                        None => Self::built_in(id),
                    });
                }
                Token::Open(_) | Token::Close(_) | Token::Text(_) | Token::Plain(_) => {}
            }
        }
        formats
    }

    /// The formats that have a number and no code.
    fn built_in(id: u32) -> Self {
        Self::of_code(match id {
            1 | 3 => "0",
            2 | 4 | 5..=8 | 37..=44 => "0.00",
            9 => "0%",
            10 => "0.00%",
            14..=17 | 27..=31 | 36 | 50..=58 => "yyyy-mm-dd",
            18..=21 | 32..=35 | 45..=47 => "hh:mm",
            22 => "yyyy-mm-dd hh:mm",
            _ => "General",
        })
    }

    fn of_code(code: &str) -> Self {
        // What is positive comes first; the rest says how negative numbers look.
        let code = code.split(';').next().unwrap_or_default();
        if code.eq_ignore_ascii_case("general") || code.contains('@') {
            return Self::default();
        }
        let currency = ["€", "EUR", "$", "£", "CHF"].into_iter().find(|it| {
            // `[$-407]` names a language, not money.
            code.replace("[$-", "").replace("[$", "[").contains(it)
        });
        let (mut plain, mut is_quoted, mut in_brackets) = (String::new(), false, false);
        let mut letters = code.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '"' => is_quoted = !is_quoted,
                _ if is_quoted => {}
                '[' => in_brackets = true,
                ']' => in_brackets = false,
                '\\' | '_' | '*' => {
                    letters.next();
                }
                _ if !in_brackets => plain.push(letter.to_ascii_lowercase()),
                _ => {}
            }
        }
        let has_day = plain.contains(['d', 'y']);
        let has_hour = plain.contains('h') || plain.contains("ss");
        let moment = match (has_day, has_hour) {
            (true, true) => Some(Moment::Both),
            (true, false) => Some(Moment::Day),
            (false, true) => Some(Moment::Hour),
            (false, false) => None,
        };
        let places = plain.split_once('.').map_or(0, |(_, it)| {
            it.chars().take_while(|it| matches!(it, '0' | '#')).count()
        });
        Self {
            moment,
            places: plain.contains(['0', '#']).then_some(places),
            is_percent: plain.contains('%'),
            currency: currency.map(str::to_owned),
        }
    }

    /// A stored number as it shows.
    pub fn shown(&self, value: &str, epoch: Epoch) -> String {
        let Ok(number) = value.parse::<f64>() else {
            return value.to_owned();
        };
        if let Some(moment) = self.moment {
            return moment_shown(moment, number, epoch).unwrap_or_else(|| value.to_owned());
        }
        let number = if self.is_percent {
            number * 100.0
        } else {
            number
        };
        let digits = match self.places {
            Some(places) => format!("{number:.places$}", places = places.min(10)),
            None => plain(value, number),
        };
        let unit = if self.is_percent {
            Some("%")
        } else {
            self.currency.as_deref()
        };
        match unit {
            Some(unit) => format!("{digits} {unit}"),
            None => digits,
        }
    }
}

/// A number without the noise of its last binary digits.
fn plain(value: &str, number: f64) -> String {
    if value.len() < 15 || !number.is_finite() {
        return value.to_owned();
    }
    let rounded = format!("{number:.8}");
    let rounded = rounded.trim_end_matches('0').trim_end_matches('.');
    rounded.to_owned()
}

fn moment_shown(moment: Moment, number: f64, epoch: Epoch) -> Option<String> {
    // Excel's last day is 31 December 9999.
    if !(0.0..2_958_466.0).contains(&number) {
        return None;
    }
    let minutes = ((number - number.floor()) * 1440.0).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::as_conversions,
        reason = "checked above to be a day of Excel's calendar"
    )]
    let (count, minutes) = (number.floor() as i32, minutes as i32);
    let day = epoch.day(count)?;
    let at: DateTime = day.at(0, 0, 0, 0).checked_add(minutes.minutes()).ok()?;
    Some(match moment {
        Moment::Day => at.date().to_string(),
        Moment::Hour => at.strftime("%H:%M").to_string(),
        Moment::Both => at.strftime("%Y-%m-%d %H:%M").to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(code: &str, value: &str) -> String {
        Format::of_code(code).shown(value, Epoch::Usual)
    }

    #[test]
    fn numbers_are_shown_as_their_format_says() {
        assert_eq!(shown("General", "84.2"), "84.2");
        assert_eq!(shown("General", "84.200000000000003"), "84.2");
        assert_eq!(shown("#,##0.00 \"€\"", "84.2"), "84.20 €");
        assert_eq!(shown("#,##0.00\\ [$€-407];[Red]-0", "1284.2"), "1284.20 €");
        assert_eq!(shown("0%", "0.19"), "19 %");
        assert_eq!(shown("0.00", "-3"), "-3.00");
    }

    #[test]
    fn days_are_counted_as_excel_counts_them() {
        assert_eq!(shown("dd/mm/yyyy", "46099"), "2026-03-18");
        assert_eq!(shown("[$-407]d. mmmm yyyy;@", "46099.5"), "2026-03-18");
        assert_eq!(shown("dd.mm.yy hh:mm", "46099.5"), "2026-03-18 12:00");
        assert_eq!(shown("hh:mm", "0.75"), "18:00");
        assert_eq!(shown("yyyy", "59"), "1900-02-28");
        assert_eq!(shown("yyyy", "-1"), "-1");
        let of_1904 = Format::of_code("yyyy").shown("44637", Epoch::Of1904);
        assert_eq!(of_1904, "2026-03-18");
    }
}
