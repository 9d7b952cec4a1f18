//! Writes `tests/bench/RESULTS.md`: machine, day, figures, method.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::Result;

use super::figures::Figure;
use super::{Ground, say};

const RESULTS: &str = "tests/bench/RESULTS.md";
/// Begins the section of the long run.
const SOAK: &str = "## Soak";

/// Writes the table; fails if a goal is missed, after it is written.
pub fn write(ground: &Ground, figures: &[Figure]) -> Result<()> {
    let mut text = String::from(
        "# Figures\n\nWritten by `make bench` from the release build; measured from outside, as a client would.\n\n",
    );
    writeln!(
        text,
        "- Day: {}\n- Commit: {}\n- Machine: {}\n- Tesseract: {}\n",
        ground.today,
        commit(),
        machine(),
        tesseract()
    )?;
    writeln!(text, "| what | measured | goal | met |\n|---|---|---|---|")?;
    for figure in figures {
        let met = match figure.is_met {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        writeln!(
            text,
            "| {} | {} | {} | {met} |",
            figure.name, figure.measured, figure.goal
        )?;
    }
    writeln!(text, "\n## How\n")?;
    for figure in figures {
        writeln!(text, "- **{}**: {}.", figure.name, figure.method)?;
    }
    let path = ground.root.join(RESULTS);
    let (_, soak) = parts(&fs::read_to_string(&path).unwrap_or_default());
    fs::write(&path, text.clone() + &soak)?;
    say(&format!("wrote {}\n\n{text}", path.display()));
    Ok(())
}

/// Writes the section of the long run, `lines` being the rows of its table, and leaves the rest.
pub fn write_soak(ground: &Ground, lines: &[String]) -> Result<()> {
    let mut text = String::from(SOAK);
    writeln!(
        text,
        "\n\nWritten by `make soak`: what the gate does a few times, done until it would show.\n\n\
         - Day: {}\n- Commit: {}\n- Machine: {}\n\n| what | found |\n|---|---|",
        ground.today,
        commit(),
        machine()
    )?;
    for line in lines {
        writeln!(text, "{line}")?;
    }
    let path = ground.root.join(RESULTS);
    let (figures, _) = parts(&fs::read_to_string(&path).unwrap_or_default());
    fs::write(&path, format!("{}\n\n{text}", figures.trim_end()))?;
    say(&format!("wrote {}\n\n{text}", path.display()));
    Ok(())
}

/// What `make bench` writes, and what `make soak` writes below it, with the empty line before.
fn parts(results: &str) -> (String, String) {
    let at = results.find(&format!("\n{SOAK}")).unwrap_or(results.len());
    let (figures, soak) = results.split_at(at);
    (figures.to_owned(), soak.to_owned())
}

fn machine() -> String {
    let processor =
        line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let memory = line_of("/proc/meminfo", "MemTotal").unwrap_or_default();
    let system = line_of("/etc/os-release", "PRETTY_NAME").unwrap_or_default();
    format!(
        "{processor}, {cores} cores, {memory}, {}",
        system.trim_matches('"')
    )
}

/// The value behind `key` in a file of `key : value` or `key=value` lines.
fn line_of(path: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|it| it.starts_with(key))?;
    let (_, value) = line.split_once([':', '='])?;
    Some(value.trim().to_owned())
}

fn commit() -> String {
    first_line("git", &["rev-parse", "--short", "HEAD"])
}

fn tesseract() -> String {
    first_line("tesseract", &["--version"])
}

fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output
        .map(|it| String::from_utf8_lossy(&it.stdout).into_owned())
        .unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}
