//! A household that never tidies up: a hundred thousand open tasks with their reminders, five thousand
//! of which fall into one minute.
//!
//! One task is made as a client makes it. Its row is then copied in the file while the daemon is
//! stopped, so that the daemon starts with all of them still to be planned; a client would need an
//! hour to bring them in.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use jiff::ToSpan;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use rusqlite::{Connection, OpenFlags, named_params, params};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::daemon::{Daemon, Settings, free_port};
use super::figures::{Figure, megabytes, seconds};
use super::process::{kilobytes, processor, written_bytes};
use super::{Ground, say, until};

const TASKS: u32 = 100_000;
const REMINDERS: u32 = 400_000;
const DUE_TOGETHER: u32 = 5_000;
/// Longest wait for anything here.
const PATIENCE: Duration = Duration::from_mins(5);
/// So long nothing is due, and nothing may be done.
const QUIET: Duration = Duration::from_mins(1);
/// What a start leaves to do is over by then.
const SETTLED: Duration = Duration::from_secs(40);
/// From the daemon's start to the minute in which many are due.
const AHEAD: Duration = Duration::from_secs(20);

const METHOD: &str = "100 000 open tasks by hand, due in 30 to 330 days, in a household with a broker (a real mosquitto on the same machine)";

/// Every figure of the many; takes three minutes.
pub async fn all(ground: &Ground) -> Result<Vec<Figure>> {
    let (broker, _folder, daemon) = household(ground).await?;
    let due = ground.today + 30.days();
    let task = json!({"title": "Pay the waterworks", "due": due.to_string()});
    daemon.add_task(&task).await?;
    say("copying a task");
    let daemon = daemon.kill_and_change(ground, copy_the_task).await?;
    let planning = planning(&daemon).await?;
    let resting = resting(&daemon).await?;
    let before = kilobytes(daemon.pid(), "VmHWM")?;
    let mut heard = broker.listen().await?;
    let at = jiff::Timestamp::from_millisecond(milliseconds_now()? + milliseconds(AHEAD))?;
    let daemon = daemon
        .kill_and_change(ground, |file| remind_together(file, at))
        .await?;
    let together = together(&mut heard, at).await?;
    let peak = before.max(kilobytes(daemon.pid(), "VmHWM")?);
    let mut figures = vec![planning];
    figures.push(together);
    figures.extend(resting);
    figures.push(Figure {
        name: "100 000 tasks: memory at the most",
        measured: format!("{} RSS", megabytes(1024 * peak)),
        goal: "≤ 60 MB",
        is_met: Some(1024 * peak <= 60_000_000),
        method: "`VmHWM` in `/proc/PID/status`, after all of this",
    });
    Ok(figures)
}

/// A daemon with a broker and a folder that it watches, which is removed when it is dropped.
pub async fn household(ground: &Ground) -> Result<(Broker, TempDir, Daemon)> {
    let broker = Broker::start().await?;
    let folder = tempfile::tempdir()?;
    let settings: Settings = vec![
        ("WORKMATE_MQTT__URL", broker.url()),
        (
            "WORKMATE_INTAKE__FOLDER",
            folder.path().display().to_string(),
        ),
    ];
    let daemon = Daemon::start_with(ground, settings).await?;
    Ok((broker, folder, daemon))
}

/// Makes one task many, each with a day of its own, all of them still to be planned.
#[expect(
    clippy::disallowed_methods,
    reason = "the file is filled from outside, while no daemon has it"
)]
fn copy_the_task(file: &Path) -> Result<()> {
    let database = Connection::open(file)?;
    database.execute_batch(
        "CREATE TEMP TABLE one AS SELECT * FROM task LIMIT 1;
         UPDATE one SET plan = 1, look_at = NULL;
         DELETE FROM reminder;
         DELETE FROM task;
         BEGIN",
    )?;
    {
        let mut change = database.prepare(
            "UPDATE one SET id = substr(id, 1, 16) || printf('%010d', :number),
                            due = date('now', (30 + :number % 300) || ' days')",
        )?;
        let mut copy = database.prepare("INSERT INTO task SELECT * FROM one")?;
        for number in 0..TASKS {
            change.execute(named_params! { ":number": number })?;
            copy.execute([])?;
        }
    }
    database.execute_batch("COMMIT")?;
    Ok(())
}

/// Lets a person choose the same moment for many tasks.
#[expect(
    clippy::disallowed_methods,
    reason = "the file is changed from outside, while no daemon has it"
)]
fn remind_together(file: &Path, at: jiff::Timestamp) -> Result<()> {
    let moments = format!("[{}]", at.as_millisecond());
    let changed = Connection::open(file)?.execute(
        "UPDATE task SET remind_at = ?1, plan = 1
          WHERE rowid IN (SELECT rowid FROM task ORDER BY id LIMIT ?2)",
        params![moments, DUE_TOGETHER],
    )?;
    ensure!(changed == usize::try_from(DUE_TOGETHER)?, "{changed} tasks");
    Ok(())
}

fn counted(daemon: &Daemon, what: &str) -> Result<u32> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = Connection::open_with_flags(daemon.database(), flags)?;
    database.busy_timeout(PATIENCE)?;
    Ok(database.query_row(what, [], |row| row.get(0))?)
}

async fn planning(daemon: &Daemon) -> Result<Figure> {
    say("planning from scratch");
    let start = Instant::now();
    until(PATIENCE, "planning", || async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(counted(daemon, "SELECT count(*) FROM task WHERE plan = 1")? == 0)
    })
    .await?;
    let time = start.elapsed();
    let planned = "SELECT count(*) FROM reminder WHERE state = 'planned'";
    let planned = counted(daemon, planned)?;
    ensure!(planned >= REMINDERS, "only {planned} reminders are planned");
    Ok(Figure {
        name: "100 000 tasks: planning from scratch",
        measured: format!("{} s ({planned} reminders)", seconds(time)),
        goal: "≤ 10 s",
        is_met: Some(time <= Duration::from_secs(10)),
        method: METHOD,
    })
}

/// When the database was last written to, and how long it is with its log.
fn files(daemon: &Daemon) -> Result<Vec<(SystemTime, u64)>> {
    let database = daemon.database();
    let log = database.with_extension("sqlite-wal");
    let known = [database, log].into_iter().map(|it| {
        let about = std::fs::metadata(it)?;
        Ok((about.modified()?, about.len()))
    });
    known.collect()
}

async fn resting(daemon: &Daemon) -> Result<Vec<Figure>> {
    say("resting");
    tokio::time::sleep(SETTLED).await;
    let pid = daemon.pid();
    let before = (files(daemon)?, written_bytes(pid)?, processor(pid)?);
    tokio::time::sleep(QUIET).await;
    let busy = processor(pid)?.saturating_sub(before.2);
    let written = written_bytes(pid)? - before.1;
    let has_written = written > 0 || files(daemon)? != before.0;
    let percent = 100.0 * busy.as_secs_f64() / QUIET.as_secs_f64();
    Ok(vec![
        Figure {
            name: "100 000 tasks: a minute with nothing due, processor",
            measured: format!("{percent:.3} % of a core"),
            goal: "< 0.1 %",
            is_met: Some(percent < 0.1),
            method: "`/proc/PID/stat` before and after, in steps of 10 ms",
        },
        Figure {
            name: "100 000 tasks: a minute with nothing due, writes",
            measured: if has_written {
                format!("{written} bytes")
            } else {
                "none".to_owned()
            },
            goal: "none",
            is_met: Some(!has_written),
            method: "`write_bytes` in `/proc/PID/io`, and time and length of the database and its log",
        },
    ])
}

async fn together(heard: &mut Heard, at: jiff::Timestamp) -> Result<Figure> {
    say("the due minute");
    let mut deliveries = BTreeSet::new();
    let hear = async {
        while deliveries.len() < usize::try_from(DUE_TOGETHER)? {
            deliveries.insert(heard.delivery().await?);
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, hear)
        .await
        .context("not all were said")??;
    let late = milliseconds_now()? - at.as_millisecond();
    let time = Duration::from_millis(u64::try_from(late).context("said too early")?);
    Ok(Figure {
        name: "100 000 tasks: 5 000 deliveries of one minute",
        measured: format!("{} s", seconds(time)),
        goal: "≤ 5 s",
        is_met: Some(time <= Duration::from_secs(5)),
        method: "a moment that a person chose for 5 000 of them, until another client of the broker has heard the last; each is recorded before, acknowledged by the broker and recorded after",
    })
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a daemon outside is measured by the machine's clock"
)]
fn milliseconds_now() -> Result<i64> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(milliseconds(now))
}

/// A mosquitto of its own, which lets everybody of this machine in.
pub struct Broker {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Broker {
    async fn start() -> Result<Self> {
        let (folder, port) = (tempfile::tempdir()?, free_port()?);
        let config = folder.path().join("mosquitto.conf");
        // A listener that falls behind is told everything all the same.
        let text =
            format!("listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n");
        std::fs::write(&config, text)?;
        let usual = Path::new("/usr/sbin/mosquitto");
        let program = if usual.exists() {
            usual
        } else {
            Path::new("mosquitto")
        };
        let process = Command::new(program)
            .arg("-c")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("mosquitto is not installed")?;
        until(PATIENCE, "the broker", || async {
            let answer = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
            Ok(answer.is_ok())
        })
        .await?;
        Ok(Self {
            process,
            port,
            _folder: folder,
        })
    }

    fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Another client, which hears reminders from now on.
    async fn listen(&self) -> Result<Heard> {
        let options = MqttOptions::new("listener", "127.0.0.1", self.port);
        let (client, events) = AsyncClient::new(options, 10);
        client
            .subscribe("workmate/reminder", QoS::AtLeastOnce)
            .await?;
        let mut heard = Heard {
            _client: client,
            events,
        };
        while !matches!(
            heard.events.poll().await?,
            Event::Incoming(Packet::SubAck(_))
        ) {}
        Ok(heard)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It is gone already if this fails.
        self.process.kill().unwrap_or_default();
        self.process.wait().map(drop).unwrap_or_default();
    }
}

/// What another client hears.
struct Heard {
    _client: AsyncClient,
    events: rumqttc::EventLoop,
}

impl Heard {
    /// The id of the next delivery.
    async fn delivery(&mut self) -> Result<String> {
        loop {
            if let Event::Incoming(Packet::Publish(publish)) = self.events.poll().await? {
                let said: Value = serde_json::from_slice(&publish.payload)?;
                let id = said.get("delivery").and_then(Value::as_str);
                return Ok(id.context("no delivery")?.to_owned());
            }
        }
    }
}
