//! `workmate parse`: values of single phrases, line by line, as JSON.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::understanding::phrases;

/// What to look for in each phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sought {
    /// Days, as ISO dates; relative ones are counted from `ref`.
    Dates,
    /// Amounts of money, as decimal strings.
    Amounts,
    /// Account numbers whose check digits fit.
    Ibans,
    /// Parcel numbers whose check digits fit.
    Tracking,
    /// Days by which a term of payment may be met, counted from `ref`.
    Terms,
}

/// Reads phrases from standard input and prints the values found in them.
///
/// Each line of input is a JSON object `{"text": "…", "ref": "2026-01-25", "lang": "de"}`; each gets
/// one line `{"values": […]}`, at once. `ref` is the day from which relative days are counted
/// (default: 2000-01-01), `lang` decides whether `03/04` is 3 April (`de`) or March 4 (`en`).
#[derive(Args, Clone, Copy, Debug)]
pub struct Arguments {
    /// What to look for.
    pub sought: Sought,
    /// Print JSON (the only form there is; accepted so that scripts say what they expect).
    #[arg(long)]
    pub json: bool,
}

#[derive(Deserialize)]
struct Phrase {
    text: String,
    #[serde(rename = "ref")]
    reference: Option<Date>,
    lang: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Answers every line of standard input; fails if a line was no phrase or the output broke.
pub fn run(arguments: Arguments) -> ExitCode {
    match answer_all(arguments.sought, io::stdin().lock(), io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

/// Whether every line was a phrase.
fn answer_all(sought: Sought, input: impl BufRead, mut output: impl Write) -> io::Result<bool> {
    let mut is_clean = true;
    for line in input.lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = match serde_json::from_str::<Phrase>(&line) {
            Ok(phrase) => Answer {
                values: values(sought, &phrase),
                error: None,
            },
            Err(error) => {
                is_clean = false;
                Answer {
                    values: Vec::new(),
                    error: Some(error.to_string()),
                }
            }
        };
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(is_clean)
}

fn values(sought: Sought, phrase: &Phrase) -> Vec<String> {
    let reference = phrase.reference.unwrap_or(Date::constant(2000, 1, 1));
    let is_english = phrase.lang.as_deref() == Some("en");
    let text = phrase.text.as_str();
    let iso = |days: Vec<Date>| days.into_iter().map(|it| it.to_string()).collect();
    match sought {
        Sought::Dates => iso(phrases::days(text, reference, is_english)),
        Sought::Terms => iso(phrases::terms(text, reference)),
        Sought::Amounts => phrases::sums(text),
        Sought::Ibans => phrases::accounts(text),
        Sought::Tracking => phrases::parcels(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_gets_its_answer() {
        let input =
            "{\"text\": \"bis 3. März\", \"ref\": \"2026-01-10\", \"lang\": \"de\"}\nnonsense\n";
        let mut output = Vec::new();
        let is_clean = answer_all(Sought::Dates, input.as_bytes(), &mut output).unwrap();
        let output = String::from_utf8(output).unwrap();
        let lines: Vec<_> = output.lines().collect();
        assert!(!is_clean);
        assert_eq!(lines[0], "{\"values\":[\"2026-03-03\"]}");
        assert!(lines[1].starts_with("{\"values\":[],\"error\":"));
    }
}
