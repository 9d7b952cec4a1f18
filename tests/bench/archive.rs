//! An archive of many years: a hundred thousand documents with a task each and a million entries of the
//! journal. How soon the house is there, and how soon it shows a page.
//!
//! One letter is brought in as a client brings it. Its rows are then copied in the file while the daemon
//! is stopped, each with a name, a day and words of its own.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use rusqlite::{Connection, named_params, params};
use sha2::{Digest, Sha256};
use workmate::domain::document::Sha256Hash;
use workmate::domain::journal::{Actor, Entity, Entry};

use super::daemon::{Daemon, Settings};
use super::figures::{Figure, LETTER, milliseconds, seconds};
use super::{Ground, median, percentile, say};

const DOCUMENTS: u32 = 100_000;
/// Entries of the journal for each of them.
const ENTRIES: u32 = 10;
/// Words of a letter, and how many the language has.
const WORDS: (u32, u32) = (150, 20_000);
/// Numbers of a letter that stand in no other, as a rule, and amounts of money.
const OWN: u32 = 4;
const AMOUNTS: u32 = 6;
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
    figures.push(backup(ground, &daemon)?);
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
                searched_for(number)
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

/// What people type: a rare word and a usual one; a part of a word, and of a number.
fn searched_for(number: u32) -> String {
    let usual = word(usual(number * 37));
    match number % 4 {
        0 => {
            let part: String = usual.chars().take(3).collect();
            format!("{part}+{}", word(number * 191))
        }
        1 => format!("{}-{}", number % 7, number % 90 + 10),
        _ => format!("{}+{usual}", word(number * 191)),
    }
}

/// A backup behind one since which nothing was changed.
fn backup(ground: &Ground, daemon: &Daemon) -> Result<Figure> {
    say("a backup");
    let disk = tempfile::tempdir()?;
    lay_files(&daemon.data().join("data/blobs"), disk.path())?;
    let mut times = Vec::new();
    for _ in 0..2 {
        let start = Instant::now();
        let mut command = daemon.command(ground);
        let made = command.arg("backup").arg(disk.path()).output()?;
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        ensure!(made.status.success(), "no backup: {said}");
        times.push(start.elapsed());
    }
    let [first, again] = times.as_slice() else {
        bail!("two backups");
    };
    Ok(Figure {
        name: "Archive: a backup of what has not changed",
        measured: format!("{} s (the first: {} s)", seconds(*again), seconds(*first)),
        goal: "≤ 5 s",
        is_met: Some(*again <= Duration::from_secs(5)),
        method: "`workmate backup` to another folder twice, with 100 000 files; the first copies and checks the database, and reads every file",
    })
}

/// A file for each document, in the house and in the folder of the backups, as if an earlier backup had
/// not come to its end.
fn lay_files(house: &Path, disk: &Path) -> Result<()> {
    let files = disk.join("files");
    fs::write(disk.join("workmate-backup.json"), br#"{"format":1}"#)?;
    for number in 0..=u8::MAX {
        let folder = format!("{number:02x}");
        fs::create_dir_all(house.join(&folder))?;
        fs::create_dir_all(files.join(&folder))?;
    }
    for number in 0..DOCUMENTS {
        let name = HEXLOWER.encode(&Sha256::digest(number.to_be_bytes()));
        let folder = name.get(..2).context("a name")?;
        let path = house.join(folder).join(&name);
        fs::write(&path, number.to_be_bytes().repeat(500))?;
        fs::hard_link(&path, files.join(folder).join(&name))?;
    }
    Ok(())
}

/// A word of an invented language, of one to three of its six hundred syllables (three to twelve letters,
/// some more than German's six); the same number is the same word.
fn word(number: u32) -> String {
    const BEGIN: [&str; 20] = [
        "b", "d", "f", "fr", "g", "h", "k", "kl", "l", "m", "n", "p", "r", "s", "sch", "st", "t",
        "tr", "v", "z",
    ];
    const MIDDLE: [&str; 6] = ["a", "e", "i", "o", "u", "ei"];
    const END: [&str; 5] = ["", "n", "r", "ng", "st"];
    let mut chance = mixed(u64::from(number % WORDS.1));
    let mut of = |parts: &[&'static str]| {
        let length = u64::try_from(parts.len()).unwrap_or(1);
        let at = usize::try_from(chance % length).unwrap_or(0);
        chance /= length;
        parts.get(at).copied().unwrap_or_default()
    };
    let mut word = String::new();
    for _ in 0..=number % 3 {
        for part in [of(&BEGIN), of(&MIDDLE), of(&END)] {
            word.push_str(part);
        }
    }
    word
}

/// The number of a word as often as letters use it: a few stand in most of them, most in a few.
fn usual(chance: u32) -> u32 {
    let share = u64::from(chance % 1000);
    let number = u64::from(WORDS.1) * share.pow(3) / 1_000_000_000;
    u32::try_from(number).unwrap_or(0)
}

/// Chance that is the same in every run (`SplitMix64`).
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
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
    copy_entries(&database)?;
    database.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// Entries of the journal about each of them, chained to those that are there.
fn copy_entries(database: &Connection) -> Result<()> {
    let columns =
        "sequence, at, entity, entity_id, version, actor, channel, change, commitment, hash";
    let last = format!("SELECT {columns} FROM journal ORDER BY sequence DESC LIMIT 1");
    let (mut entry, mut hash): (Entry, [u8; 32]) = database.query_row(&last, [], |row| {
        let entity: String = row.get(2)?;
        let entry = Entry {
            sequence: row.get::<_, i64>(0)?.unsigned_abs(),
            at: Timestamp::from_millisecond(row.get(1)?).unwrap_or_default(),
            entity: entity.parse().unwrap_or(Entity::Document),
            entity_id: row.get(3)?,
            version: row.get::<_, i64>(4)?.unsigned_abs(),
            actor: Actor {
                name: row.get(5)?,
                channel: row.get(6)?,
            },
            change: row.get(7)?,
            fields: Vec::new(),
            commitment: Sha256Hash(row.get(8)?),
        };
        Ok((entry, row.get(9)?))
    })?;
    let mut copy = database.prepare(&format!(
        "INSERT INTO journal ({columns}, fields) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '[]')"
    ))?;
    for number in 0..DOCUMENTS * ENTRIES {
        entry.sequence += 1;
        entry.entity_id.truncate(10);
        write!(entry.entity_id, "{:016}", number / ENTRIES)?;
        let mut hasher = Sha256::new();
        hasher.update(hash);
        hasher.update(entry.bytes());
        hash = hasher.finalize().into();
        copy.execute(params![
            entry.sequence.cast_signed(),
            entry.at.as_millisecond(),
            entry.entity.as_str(),
            entry.entity_id,
            entry.version.cast_signed(),
            entry.actor.name,
            entry.actor.channel,
            entry.change,
            entry.commitment.0,
            hash,
        ])?;
    }
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

/// What can be searched for in each of them: words of the language, the sender, and numbers and amounts of
/// which most stand in one letter alone.
fn copy_words(database: &Connection) -> Result<()> {
    let mut known: HashMap<String, i64> = HashMap::new();
    let mut add = database.prepare("INSERT INTO word (text) VALUES (?1)")?;
    let mut add_part = database.prepare("INSERT INTO word_part (rowid, text) VALUES (?1, ?2)")?;
    let mut index = database.prepare("INSERT INTO search (rowid, words) VALUES (?1, ?2)")?;
    database.execute_batch("DELETE FROM search; DELETE FROM word")?;
    database.execute_batch("INSERT INTO word_part (word_part) VALUES ('rebuild')")?;
    for number in 0..DOCUMENTS {
        let chance = |it: u32| mixed(u64::from(number) << 32 | u64::from(it)) >> 40;
        let words = (0..WORDS.0).map(|it| {
            let chance = u32::try_from(chance(it)).unwrap_or(0);
            if it < OWN {
                format!("{}-{chance}", number % 7)
            } else if it < OWN + AMOUNTS {
                format!("{},{:02}", chance % 300, chance % 97)
            } else {
                word(usual(chance))
            }
        });
        let mut words: BTreeSet<String> = words.collect();
        words.extend([word(number), "wasserwerk".into(), "lindental".into()]);
        let mut numbers = Vec::with_capacity(words.len());
        for word in words {
            let number = if let Some(number) = known.get(&word) {
                *number
            } else {
                add.execute([&word])?;
                let number = database.last_insert_rowid();
                add_part.execute(params![number, word])?;
                known.insert(word, number);
                number
            };
            numbers.push(number.to_string());
        }
        index.execute(params![10 + number, numbers.join(" ")])?;
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
        let start = Instant::now();
        let page = self.client.get(format!("{}{path}", self.daemon.address()));
        let page = page.send().await?.error_for_status()?.text().await?;
        let time = start.elapsed();
        ensure!(!page.is_empty(), "{path} is empty");
        Ok(time)
    }
}
