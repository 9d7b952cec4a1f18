//! The house rules that cargo cannot enforce inside one crate: who may know whom, and how files look.
//!
//! The tables at the top are the rules; each carries its reason, which is what a failure prints. A
//! unit test stands at the end of its file, after `#[cfg(test)]`, and may name what it likes.

use std::fmt::Write as _;
use std::fs;

mod source;

use source::{SourceFile, path_is, root, source_files, test_files};

/// A folder or file of `src`, and the rooms of the house that it may name with `crate::`.
struct Room {
    name: &'static str,
    /// `store` allows all of it, `work::intake` one thing of it.
    may_name: &'static [&'static str],
    reason: &'static str,
}

const ROOMS: &[Room] = &[
    Room {
        name: "domain",
        may_name: &[],
        reason: "the domain is pure: it knows nothing but itself",
    },
    Room {
        name: "config",
        may_name: &["domain"],
        reason: "config is read before anything else exists",
    },
    Room {
        name: "store",
        may_name: &["domain"],
        reason: "the store keeps domain values and decides nothing",
    },
    Room {
        name: "reading",
        may_name: &["domain", "config"],
        reason: "reading runs on hostile bytes, far from the store and the network",
    },
    Room {
        name: "understanding",
        may_name: &["domain", "config"],
        reason: "understanding runs in the reader process: words in, findings out",
    },
    Room {
        name: "connect",
        may_name: &["domain", "config"],
        reason: "connectors do not know each other, nor the store",
    },
    Room {
        name: "work",
        may_name: &[
            "domain",
            "config",
            "store",
            "reading",
            "understanding",
            "connect",
        ],
        reason: "workers look at the store and do the next thing; they know neither web nor commands",
    },
    Room {
        name: "web",
        may_name: &[
            "domain",
            "config",
            "store",
            "work::intake",
            "work::archive",
            "work::Wake",
            "work::Board",
            "work::board",
            "work::Readings",
            "work::progress",
            "work::quick_add",
            "work::updates",
        ],
        reason: "the web is thin: of work it knows the one door, who makes copies, how to wake, the board, \
                 what is being read, what a typed line means, and what takes updates of the box",
    },
];

/// Rooms that know everything, because they wire it.
/// `control` is the socket on which commands reach the daemon, `logging` what it says of itself.
const WIRING: &[&str] = &[
    "app",
    "lifecycle",
    "control",
    "logging",
    "cli",
    "main",
    "lib",
    "bin",
];

/// Crates that only some places may name.
struct Place {
    crates: &'static [&'static str],
    only_in: &'static [&'static str],
    reason: &'static str,
}

const PLACES: &[Place] = &[
    Place {
        crates: &["rusqlite", "rusqlite_migration"],
        only_in: &["store"],
        reason: "no SQL row leaves the store",
    },
    Place {
        crates: &[
            "hayro",
            "hayro_interpret",
            "hayro_syntax",
            "image",
            "exif",
            "tesseract_rs",
            "rqrr",
            "rxing",
            "webp",
            "tiff",
            "hayro_ccitt",
            "hayro_write",
            "pdf_writer",
            "fax",
            "flate2",
            "zip",
            "mail_parser",
        ],
        only_in: &["reading"],
        reason: "files are parsed in the reader process and nowhere else",
    },
    Place {
        crates: &["landlock", "seccompiler"],
        only_in: &["reading"],
        reason: "the sandbox is the reader's",
    },
    Place {
        crates: &["ort", "ndarray", "libloading"],
        only_in: &["understanding"],
        reason: "models stand behind one seam in understanding",
    },
    Place {
        crates: &["ort_tract"],
        only_in: &["bin", "understanding"],
        reason: "the reader brings it, or the linker would carry it into the daemon",
    },
    Place {
        crates: &["roxmltree"],
        only_in: &["understanding"],
        reason: "what the data of an e-invoice means is understanding",
    },
    Place {
        crates: &["whatlang"],
        only_in: &["understanding"],
        reason: "what language a text is in is understanding",
    },
    Place {
        crates: &["lettre", "rumqttc"],
        only_in: &["connect"],
        reason: "connect speaks to the outside",
    },
    Place {
        crates: &["reqwest"],
        only_in: &["connect"],
        reason: "there is one HTTP client, and it goes only where a person said",
    },
    Place {
        crates: &["askama"],
        only_in: &["web"],
        reason: "pages are the web's",
    },
    Place {
        crates: &["axum", "tower_http", "utoipa", "utoipa_axum"],
        // The control socket speaks HTTP too.
        only_in: &["web", "cli", "app"],
        reason: "HTTP ends in the web",
    },
    Place {
        crates: &["toml"],
        only_in: &["config"],
        reason: "one place reads configuration files",
    },
    Place {
        crates: &["clap", "clap_complete", "clap_mangen"],
        only_in: &["cli", "main"],
        reason: "arguments are the commands' business",
    },
    Place {
        crates: &["anyhow"],
        only_in: &["app", "cli", "main"],
        reason: "elsewhere somebody acts on the error, so it has a type",
    },
    Place {
        crates: &["systemd_journal_logger", "sd_notify"],
        only_in: &["app", "lifecycle", "logging"],
        reason: "one place speaks to the service manager",
    },
];

/// What the domain may be made of.
const DOMAIN_CRATES: &[&str] = &["jiff", "serde", "thiserror", "ulid", "std", "core", "alloc"];
/// Crates whose names would show that the domain does something.
const NOT_IN_DOMAIN: &[&str] = &[
    "tokio",
    "serde_json",
    "log",
    "futures_util",
    "rustix",
    "getrandom",
    "sha2",
    "url",
    "toml",
];

/// Words in code that only some places may say.
struct Word {
    text: &'static str,
    only_in: &'static [&'static str],
    reason: &'static str,
}

const WORDS: &[Word] = &[
    Word {
        text: "tokio::spawn",
        only_in: &["lifecycle"],
        reason: "a stop waits for every task, so one place starts them",
    },
    Word {
        text: "Timestamp::now(",
        only_in: &["domain/clock.rs"],
        reason: "time comes from the clock, so that tests can move it",
    },
    Word {
        text: "Zoned::now(",
        only_in: &["domain/clock.rs"],
        reason: "time comes from the clock, so that tests can move it",
    },
    Word {
        text: "SystemTime::now(",
        only_in: &["domain/clock.rs"],
        reason: "time comes from the clock, so that tests can move it",
    },
    Word {
        text: "env::var",
        // The commands collect it, config makes sense of it.
        only_in: &["config", "cli.rs"],
        reason: "the environment is read once, into the configuration",
    },
    Word {
        text: "env::set_var",
        only_in: &[],
        reason: "the environment of a running process is nobody's to change",
    },
    Word {
        text: "Connection::open",
        only_in: &["store"],
        reason: "the store opens the database, with its pragmas",
    },
    Word {
        text: "Client::new(",
        only_in: &["connect"],
        reason: "there is one HTTP client, with time limits",
    },
    Word {
        text: "unsafe {",
        only_in: &[
            "understanding/models.rs",
            "lifecycle",
            "reading/courtesy.rs",
        ],
        reason: "a foreign library, memory given back, a socket handed over, the disk's queue: each with a proof",
    },
];

/// A name that says nothing about what the thing is.
const EMPTY_NAMES: &[&str] = &["Manager", "Service", "Helper", "Helpers", "Util", "Utils"];
/// A TODO says when it will be done.
const CONDITIONS: &[&str] = &["when ", "once ", "as soon as ", "until ", "after "];
const LINES_MAX: usize = 600;
/// What lies at the top level.
const TOP_LEVEL: &[&str] = &[
    ".ci",
    ".clippy.toml",
    ".gitignore",
    ".rustfmt.toml",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "askama.toml",
    "buildroot",
    "config",
    "deny.toml",
    "models",
    "src",
    "systemd",
    "tests",
];

#[test]
fn rooms_know_only_whom_they_may() {
    let mut broken = String::new();
    for file in source_files() {
        let Some(room) = ROOMS.iter().find(|it| it.name == file.room()) else {
            continue;
        };
        for path in file.crate_paths() {
            let (first, _) = path.split_once("::").unwrap_or((&path, ""));
            let is_room = ROOMS.iter().any(|it| it.name == first) || WIRING.contains(&first);
            let is_own = first == room.name;
            let may = room
                .may_name
                .iter()
                .any(|it| *it == first || path_is(&path, it));
            if is_room && !is_own && !may {
                report(
                    &mut broken,
                    &file,
                    &format!("names crate::{path}"),
                    room.reason,
                );
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn every_room_is_in_the_table() {
    let mut broken = String::new();
    for file in source_files() {
        let room = file.room();
        if !WIRING.contains(&room) && !ROOMS.iter().any(|it| it.name == room) {
            report(
                &mut broken,
                &file,
                "is in no room",
                "a new room says who may know it",
            );
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn crates_are_named_only_in_their_place() {
    let mut broken = String::new();
    for file in source_files() {
        for place in PLACES {
            if place.only_in.iter().any(|it| file.is_in(it)) {
                continue;
            }
            for name in place.crates.iter().filter(|it| file.names_crate(it)) {
                report(
                    &mut broken,
                    &file,
                    &format!("names the crate {name}"),
                    place.reason,
                );
            }
        }
        if file.room() == "domain" {
            for name in NOT_IN_DOMAIN.iter().filter(|it| file.names_crate(it)) {
                let reason = format!("the domain is made of {}", DOMAIN_CRATES.join(", "));
                report(
                    &mut broken,
                    &file,
                    &format!("names the crate {name}"),
                    &reason,
                );
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn some_words_stand_in_one_place() {
    let mut broken = String::new();
    for file in source_files() {
        for rule in WORDS {
            if file.code.contains(rule.text) && !rule.only_in.iter().any(|it| file.is_in(it)) {
                report(
                    &mut broken,
                    &file,
                    &format!("says `{}`", rule.text),
                    rule.reason,
                );
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut broken = String::new();
    for file in source_files().into_iter().chain(test_files()) {
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            let what = format!("has {lines} lines");
            report(
                &mut broken,
                &file,
                &what,
                "a file of more than 600 lines is two files",
            );
        }
        if !file.text.trim_start().starts_with("//!") {
            report(
                &mut broken,
                &file,
                "has no //! at its top",
                "every module says what it is for",
            );
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn comments_promise_nothing_without_a_condition() {
    let mut broken = String::new();
    for file in source_files() {
        for (number, line) in file.text.lines().enumerate() {
            let Some((_, comment)) = line.split_once("//") else {
                continue;
            };
            let says_when = CONDITIONS.iter().any(|it| comment.contains(it));
            let is_empty_promise = comment.contains("TODO") && !says_when;
            if is_empty_promise || comment.contains("FIXME") || comment.contains("XXX") {
                let what = format!("line {}:{comment}", number + 1);
                report(
                    &mut broken,
                    &file,
                    &what,
                    "a TODO says when it will be done",
                );
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn names_say_what_a_thing_is() {
    let mut broken = String::new();
    for file in source_files() {
        for keyword in ["struct ", "enum ", "trait "] {
            for after in file.code.split(keyword).skip(1) {
                let name: String = after
                    .chars()
                    .take_while(|it| it.is_alphanumeric())
                    .collect();
                if EMPTY_NAMES.iter().any(|it| name.ends_with(it)) {
                    report(
                        &mut broken,
                        &file,
                        &format!("has a `{name}`"),
                        "the glossary has a better word",
                    );
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn the_top_level_holds_what_was_agreed_and_nothing_else() {
    let ignored = fs::read_to_string(root().join(".gitignore")).unwrap();
    let ignored: Vec<&str> = ignored
        .lines()
        .filter_map(|it| it.strip_prefix('/'))
        .collect();
    let entries = fs::read_dir(root()).unwrap().flatten();
    let names = entries.map(|it| it.file_name().into_string().unwrap());
    let strange: Vec<String> = names
        .filter(|it| it != ".git" && !TOP_LEVEL.contains(&it.as_str()))
        .filter(|it| !ignored.contains(&it.as_str()))
        .collect();
    assert!(strange.is_empty(), "{strange:?} at the top level");
}

#[test]
fn every_test_file_is_run() {
    for binary in ["it", "live"] {
        let folder = root().join("tests").join(binary);
        let Ok(main) = fs::read_to_string(folder.join("main.rs")) else {
            continue;
        };
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let is_module = path.extension().is_some_and(|it| it == "rs") && stem != "main";
            assert!(
                !is_module || main.contains(&format!("mod {stem};")),
                "tests/{binary}/{stem}.rs is not named in tests/{binary}/main.rs, so nobody runs it"
            );
        }
    }
}

fn report(broken: &mut String, file: &SourceFile, what: &str, reason: &str) {
    writeln!(broken, "{} {what}: {reason}", file.path.display()).unwrap();
}
