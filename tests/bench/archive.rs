//! An archive of many years: a hundred thousand documents with a task each and a million entries of the
//! journal. How soon the house is there, and how soon it shows a page.
//!
//! One letter is brought in as a client brings it. Its rows are then copied in the file while the daemon
//! is stopped, each with a name, a day and words of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, named_params, params};

use super::daemon::{Daemon, Settings};
use super::figures::{Figure, LETTER, milliseconds};
use super::{Ground, median, percentile, say};

const DOCUMENTS: u32 = 100_000;
/// Entries of the journal for each of them.
const ENTRIES: u32 = 10;
/// Words of a letter, and how many the language has.
const WORDS: (u32, u32) = (150, 20_000);
/// So often a page is asked for.
const TIMES: usize = 100;
/// Starts that are measured.
const STARTS: usize = 7;

const METHOD: &str = "100 000 documents of 150 words, a task each, 1 000 000 journal entries; from the request to the last byte, by a person with a session; p95 of 100";

/// Every figure of the archive; takes some minutes.
pub async fn all(ground: &Ground) -> Result<Vec<Figure>> {
    let daemon = Daemon::start_with(ground, Settings::new()).await?;
    let letter = daemon.upload(ground.sheet(LETTER)?).await?;
    daemon.task_of(&letter).await?;
    join(ground, &daemon)?;
    say("copying a letter");
    let mut daemon = daemon.kill_and_change(ground, copy_the_letter).await?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        daemon = daemon.kill_and_restart(ground).await?;
        starts.push(daemon.started_in());
    }
    let ready = median(&mut starts);
    let mut figures = vec![Figure {
        name: "Archive of 100 000 documents: start to ready",
        measured: milliseconds(ready),
        goal: "≤ 300 ms",
        is_met: Some(ready <= Duration::from_millis(300)),
        method: "start of the process to the first 200 of `/health`; the previous one was killed; median of 7",
    }];
    let person = Person::enter(&daemon).await?;
    for (name, most, path) in [
        ("Archive: the page Today", 30, "/"),
        ("Archive: the list of documents", 30, "/documents"),
        ("Archive: the list of tasks", 30, "/tasks"),
        ("Archive: a search", 50, "/documents?q="),
    ] {
        say(name);
        let mut times = Vec::new();
        for number in 0..TIMES {
            let number = u32::try_from(number)?;
            let words = if path.ends_with('=') {
                format!("{}+{}", word(number * 191), word(number * 37))
            } else {
                String::new()
            };
            times.push(person.time(&format!("{path}{words}")).await?);
        }
        let time = percentile(&mut times, 95);
        figures.push(Figure {
            name,
            measured: milliseconds(time),
            goal: if most == 30 { "≤ 30 ms" } else { "≤ 50 ms" },
            is_met: Some(time <= Duration::from_millis(most)),
            method: METHOD,
        });
    }
    Ok(figures)
}

/// A word of an invented language; the same number is the same word.
fn word(number: u32) -> String {
    const SYLLABLES: [&str; 10] = [
        "ka", "ro", "mi", "ste", "lun", "be", "do", "fra", "gen", "tu",
    ];
    let number = number % WORDS.1 + WORDS.1;
    let digits = number.to_string();
    let syllable = |it: u8| SYLLABLES.get(usize::from(it - b'0')).copied();
    digits.bytes().filter_map(syllable).collect()
}

/// Makes one letter many.
#[expect(
    clippy::disallowed_methods,
    reason = "the file is filled from outside, while no daemon has it"
)]
fn copy_the_letter(file: &Path) -> Result<()> {
    let database = Connection::open(file)?;
    database.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN")?;
    copy_rows(&database)?;
    copy_words(&database)?;
    // The chain is not looked at here: only how many entries there are counts.
    database.execute(
        "WITH RECURSIVE number (it) AS (SELECT 1 UNION ALL SELECT it + 1 FROM number WHERE it < ?1)
         INSERT INTO journal
         SELECT (SELECT max(sequence) FROM journal) + number.it, at, entity,
                substr(entity_id, 1, 10) || printf('%016d', number.it / 10), version, actor, channel,
                change, fields, commitment, randomblob(32)
           FROM number, (SELECT * FROM journal ORDER BY sequence DESC LIMIT 1)",
        [DOCUMENTS * ENTRIES],
    )?;
    database.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// The rows of a document and of its task, each with an id and a day of its own.
fn copy_rows(database: &Connection) -> Result<()> {
    let id = "substr({}, 1, 10) || printf('%016d', :number)";
    let own = |column: &str| format!("{column} = {}", id.replace("{}", column));
    let mut tables = vec![
        (
            "document",
            format!(
                "{}, number = 10 + :number, sha256 = randomblob(32),
                 received_at = received_at - 60000 * :number,
                 issue_date = date('2026-11-30', -(:number % 5000) || ' days')",
                own("id")
            ),
        ),
        (
            "task",
            format!(
                "{}, {}, plan = 0, due = date('now', (30 + :number % 300) || ' days')",
                own("id"),
                own("document")
            ),
        ),
    ];
    for table in ["page", "reading", "finding", "obligation", "trace"] {
        tables.push((table, own("document")));
    }
    let mut statements = Vec::new();
    for (table, _) in &tables {
        database.execute_batch(&format!(
            "CREATE TEMP TABLE one_{table} AS SELECT * FROM {table}"
        ))?;
    }
    // There is one task, and it comes back with the others.
    database.execute_batch("DELETE FROM reminder; DELETE FROM task")?;
    for (table, change) in &tables {
        statements.push((
            database.prepare(&format!("UPDATE one_{table} SET {change}"))?,
            database.prepare(&format!("INSERT INTO {table} SELECT * FROM one_{table}"))?,
        ));
    }
    for number in 0..DOCUMENTS {
        for (change, copy) in &mut statements {
            change.execute(named_params! { ":number": number })?;
            copy.execute([])?;
        }
    }
    Ok(())
}

/// What can be searched for in each of them.
fn copy_words(database: &Connection) -> Result<()> {
    let mut index = database.prepare(
        "INSERT INTO search (rowid, title, sender, body) VALUES (?1, ?2, 'wasserwerk lindental', ?3)",
    )?;
    for number in 0..DOCUMENTS {
        let words = (0..WORDS.0).map(|it| word(number.wrapping_mul(7919) + it * it));
        let words: Vec<String> = words.collect();
        index.execute(params![10 + number, word(number), words.join(" ")])?;
    }
    Ok(())
}

/// Anna moves in.
fn join(ground: &Ground, daemon: &Daemon) -> Result<()> {
    use std::io::Write;
    let mut command = daemon.command(ground);
    let mut child = command
        .args(["person", "add", NAME])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let mut stdin = child.stdin.take().context("a pipe")?;
    writeln!(stdin, "{SECRET}")?;
    drop(stdin);
    ensure!(child.wait()?.success(), "nobody could be added");
    Ok(())
}

const NAME: &str = "Anna";
const SECRET: &str = "Anna keeps a secret";

/// Her browser.
struct Person<'a> {
    client: reqwest::Client,
    daemon: &'a Daemon,
}

impl<'a> Person<'a> {
    async fn enter(daemon: &'a Daemon) -> Result<Self> {
        let client = reqwest::Client::builder().cookie_store(true).build()?;
        let form = format!("name={NAME}&password={}&next=/me", SECRET.replace(' ', "+"));
        let login = client
            .post(format!("{}/login", daemon.address()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let page = login.send().await?.text().await?;
        ensure!(page.contains(NAME), "she is not let in");
        Ok(Self { client, daemon })
    }

    async fn time(&self, path: &str) -> Result<Duration> {
        let start = std::time::Instant::now();
        let page = self.client.get(format!("{}{path}", self.daemon.address()));
        let page = page.send().await?.error_for_status()?.text().await?;
        let time = start.elapsed();
        ensure!(!page.is_empty(), "{path} is empty");
        Ok(time)
    }
}
