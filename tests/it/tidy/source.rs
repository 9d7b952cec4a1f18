//! How the rules see a file: its code without prose and unit tests, and the paths that it names.

use std::fs;
use std::path::{Path, PathBuf};

/// A file below `src`, as the rules see it.
pub struct SourceFile {
    /// From `src` on, as `web/auth.rs`.
    pub path: PathBuf,
    pub text: String,
    /// Without comments, the insides of strings, and the unit tests.
    pub code: String,
}

impl SourceFile {
    fn new(path: PathBuf, text: String) -> Self {
        let production = text.split("#[cfg(test)]").next().unwrap_or("");
        let code = without_prose(production);
        Self { path, text, code }
    }

    /// The first folder, or the name of the file.
    pub fn room(&self) -> &str {
        let first = self
            .path
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Whether it is `place` or lies in it; `store` is `store.rs` and `store/…`.
    pub fn is_in(&self, place: &str) -> bool {
        self.path == Path::new(place) || self.path.starts_with(place) || self.room() == place
    }

    pub fn names_crate(&self, name: &str) -> bool {
        ["::", " as ", ";"].iter().any(|end| {
            let wanted = format!("{name}{end}");
            self.code.match_indices(&wanted).any(|(at, _)| {
                let before = self.code[..at].chars().next_back().unwrap_or(' ');
                // `domain::image::x` is a module of ours; a lone `name;` counts after `use` only.
                let stands_alone = !before.is_alphanumeric() && before != '_' && before != ':';
                stands_alone && (*end == "::" || self.code[..at].ends_with("use "))
            })
        })
    }

    /// Every path below the crate's root that is named, cut to two parts.
    pub fn crate_paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for (at, _) in self.code.match_indices("crate::") {
            tree(&self.code[at + "crate::".len()..], &[], &mut paths);
        }
        // `super` often enough is the root as well.
        let climb = "super::".repeat(self.path.components().count());
        for (at, _) in self.code.match_indices(&climb) {
            tree(&self.code[at + climb.len()..], &[], &mut paths);
        }
        paths
    }
}

/// Follows one tree of a `use` or a path from `text` on, and returns where it ended.
fn tree(text: &str, prefix: &[String], paths: &mut Vec<String>) -> usize {
    let mut at = text.len() - text.trim_start().len();
    if text[at..].starts_with('{') {
        at += 1;
        while at < text.len() && !text[at..].starts_with('}') {
            let start = at;
            at += tree(&text[at..], prefix, paths);
            at += text[at..].len() - text[at..].trim_start_matches([',', ' ', '\n']).len();
            if at == start {
                break;
            }
        }
        return at + 1;
    }
    let name: String = text[at..]
        .chars()
        .take_while(|it| it.is_alphanumeric() || *it == '_' || *it == '*')
        .collect();
    at += name.len();
    let mut path = prefix.to_vec();
    path.push(name);
    if path.len() < 2 && text[at..].starts_with("::") {
        return at + 2 + tree(&text[at + 2..], &path, paths);
    }
    paths.push(path.join("::"));
    // The rest of a longer path says nothing more about rooms.
    let mut depth = 0;
    for character in text[at..].chars() {
        match character {
            '{' => depth += 1,
            '}' | ',' | ';' | ')' | '\n' if depth == 0 => break,
            '}' => depth -= 1,
            _ => (),
        }
        at += character.len_utf8();
    }
    at
}

pub fn path_is(path: &str, allowed: &str) -> bool {
    path == allowed || path.starts_with(&format!("{allowed}::"))
}

/// `text` with comments and the insides of strings taken out, so that only code is left.
fn without_prose(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |it| it + 2)
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").map_or(rest.len(), |it| it + 2)
        } else if character == '"' {
            string_length(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else {
            code.push(character);
            rest = &rest[character.len_utf8()..];
            continue;
        };
        rest = &rest[skipped..];
    }
    code
}

/// The bytes of the string that `text` begins with, both quotes included.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn source_files() -> Vec<SourceFile> {
    let files = files_below(&root().join("src"));
    assert!(
        !files.is_empty(),
        "no sources were found, so nothing was checked"
    );
    files
}

pub fn test_files() -> Vec<SourceFile> {
    files_below(&root().join("tests"))
}

fn files_below(folder: &Path) -> Vec<SourceFile> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(current) = open.pop() {
        for entry in fs::read_dir(&current).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push(SourceFile::new(
                    path.strip_prefix(folder).unwrap().to_owned(),
                    text,
                ));
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

#[test]
fn the_scanner_sees_code_and_not_prose() {
    let file = SourceFile::new(
        PathBuf::from("web/pages/today.rs"),
        r##"//! crate::config is not named here
use crate::{domain::id::TaskId, work::{Wake, Board}};
const QUERY: &str = "rusqlite::Connection"; // tokio::spawn
fn quote() -> char { '"' }
use super::super::super::store::Store;
/* ort::Session */ const RAW: &str = r#"image::open"#;
use hayro as renderer;
#[cfg(test)]
mod tests { use crate::app; }
"##
        .to_owned(),
    );
    assert_eq!(
        file.crate_paths(),
        ["domain::id", "work::Wake", "work::Board", "store::Store"]
    );
    assert_eq!(file.room(), "web");
    assert!(file.names_crate("hayro"));
    for absent in ["rusqlite", "ort", "image"] {
        assert!(!file.names_crate(absent), "{absent}");
    }
    assert!(!file.code.contains("tokio::spawn"));
}
