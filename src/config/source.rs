//! Where configuration comes from: a TOML file, the environment, files that hold secrets.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// The process's environment, read once.
pub type Environment = BTreeMap<String, String>;

const PREFIX: &str = "WORKMATE_";

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("the configuration {path} cannot be read", path = file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// Something in the file is wrong at a place.
    #[error("{path}, line {line}: {reason}", path = file.display())]
    Line {
        /// Which file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// What.
        reason: String,
    },
    /// An environment variable names no key.
    #[error("the environment variable {name} names no key{hint}")]
    Variable {
        /// Its name.
        name: String,
        /// The nearest known one.
        hint: String,
    },
    /// A value makes no sense.
    #[error("`{key}` is wrong: {reason}")]
    Value {
        /// Which key.
        key: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A file that should hold a secret cannot be read.
    #[error("the file {path} of `{key}` cannot be read", path = file.display())]
    Secret {
        /// Which key names it.
        key: &'static str,
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
}

/// Reads `file`, checks that it knows only keys of `T::default()`, lays the environment over it.
pub fn load<T>(file: Option<&Path>, environment: &Environment) -> Result<T, Error>
where
    T: DeserializeOwned + serde::Serialize + Default,
{
    let known = Table::try_from(T::default()).map_err(|error| Error::Value {
        key: "default".to_owned(),
        reason: error.to_string(),
    })?;
    let mut table = match file {
        Some(file) => read(file, &known)?,
        None => Table::new(),
    };
    overlay(&mut table, &known, environment)?;
    table
        .try_into()
        .map_err(|error: toml::de::Error| Error::Value {
            key: "configuration".to_owned(),
            reason: error.message().to_owned(),
        })
}

fn read(file: &Path, known: &Table) -> Result<Table, Error> {
    let text = fs::read_to_string(file).map_err(|cause| Error::File {
        file: file.to_owned(),
        cause,
    })?;
    let at = |offset: usize, reason: String| {
        let line = text
            .get(..offset)
            .map_or(1, |before| before.matches('\n').count() + 1);
        Error::Line {
            file: file.to_owned(),
            line,
            reason,
        }
    };
    let parsed = DeTable::parse(&text).map_err(|error| {
        at(
            error.span().map_or(0, |it| it.start),
            error.message().to_owned(),
        )
    })?;
    let mut table = Table::new();
    for (section, values) in parsed.get_ref() {
        let name = section.get_ref().as_ref();
        let here = |reason: String| at(section.span().start, reason);
        let there = |(offset, reason): (usize, String)| at(offset, reason);
        let value = match (known.get(name), values.get_ref()) {
            (Some(Value::Table(known)), DeValue::Table(values)) => {
                Value::Table(keys(name, values, known).map_err(there)?)
            }
            (Some(Value::Array(known)), DeValue::Array(entries)) => {
                Value::Array(list(name, entries, known).map_err(there)?)
            }
            (Some(Value::Table(_)), _) => {
                return Err(here(format!("`{name}` is a section: write it as [{name}]")));
            }
            (Some(Value::Array(_)), _) => {
                let reason = format!("`{name}` is a list: write each as [[{name}]]");
                return Err(here(reason));
            }
            _ => {
                let hint = nearest(name, known.keys());
                return Err(here(format!("there is no section `{name}`{hint}")));
            }
        };
        table.insert(name.to_owned(), value);
    }
    Ok(table)
}

/// The entries of a list of sections, which have the keys of its first known one.
fn list(
    name: &str,
    entries: &[Spanned<DeValue<'_>>],
    known: &[Value],
) -> Result<Vec<Value>, (usize, String)> {
    let nothing = Table::new();
    let known = known.first().and_then(Value::as_table).unwrap_or(&nothing);
    let entry = |it: &Spanned<DeValue<'_>>| {
        let DeValue::Table(values) = it.get_ref() else {
            let reason = format!("`{name}` is a list: write each as [[{name}]]");
            return Err((it.span().start, reason));
        };
        keys(name, values, known).map(Value::Table)
    };
    entries.iter().map(entry).collect()
}

/// The keys of a section, each known and of the right type; else where it is wrong, and why.
fn keys(name: &str, values: &DeTable<'_>, known: &Table) -> Result<Table, (usize, String)> {
    let mut section = Table::new();
    for (key, value) in values {
        let key_name = key.get_ref().as_ref();
        let Some(default) = known.get(key_name) else {
            let hint = nearest(key_name, known.keys());
            let reason = format!("there is no key `{name}.{key_name}`{hint}");
            return Err((key.span().start, reason));
        };
        let value = typed(value, default).map_err(|expected| {
            let reason = format!("`{name}.{key_name}` is {expected}");
            (key.span().start, reason)
        })?;
        section.insert(key_name.to_owned(), value);
    }
    Ok(section)
}

/// The value, if it has the type of the default; else what it should be.
fn typed(value: &Spanned<DeValue<'_>>, default: &Value) -> Result<Value, &'static str> {
    match (value.get_ref(), default) {
        (DeValue::String(text), Value::String(_)) => Ok(Value::String(text.to_string())),
        (DeValue::Boolean(it), Value::Boolean(_)) => Ok(Value::Boolean(*it)),
        (DeValue::Integer(number), Value::Integer(_)) => number
            .to_string()
            .parse()
            .map(Value::Integer)
            .map_err(|_| "a number, written in digits"),
        (DeValue::Array(texts), Value::Array(_)) => {
            let text = |it: &Spanned<DeValue<'_>>| {
                let DeValue::String(text) = it.get_ref() else {
                    return Err("a list of texts in quotes");
                };
                Ok(Value::String(text.to_string()))
            };
            let texts: Result<Vec<Value>, _> = texts.iter().map(text).collect();
            texts.map(Value::Array)
        }
        (_, Value::Array(_)) => Err("a list of texts in quotes"),
        (_, Value::String(_)) => Err("a text in quotes"),
        (_, Value::Boolean(_)) => Err("true or false"),
        (_, Value::Integer(_)) => Err("a whole number"),
        _ => Err("of another type"),
    }
}

fn overlay(table: &mut Table, known: &Table, environment: &Environment) -> Result<(), Error> {
    let names = || {
        known.iter().flat_map(|(section, keys)| {
            let keys = keys.as_table().into_iter().flat_map(Table::keys);
            keys.map(move |key| variable(section, key))
        })
    };
    for (name, text) in environment
        .iter()
        .filter(|(name, _)| name.starts_with(PREFIX))
    {
        // Names without a section are not configuration (WORKMATE_CONFIG names the file).
        let Some((section, key)) = name.get(PREFIX.len()..).and_then(|it| it.split_once("__"))
        else {
            continue;
        };
        let (section, key) = (section.to_lowercase(), key.to_lowercase());
        let default = known.get(&section).and_then(|it| it.get(&key));
        let Some(default) = default else {
            let hint = nearest_of(name, names()).unwrap_or_default();
            return Err(Error::Variable {
                name: name.clone(),
                hint,
            });
        };
        let wrong = |reason: &str| Error::Value {
            key: name.clone(),
            reason: reason.to_owned(),
        };
        let value = match default {
            Value::Integer(_) => {
                Value::Integer(text.parse().map_err(|_| wrong("it is a whole number"))?)
            }
            Value::Boolean(_) => {
                Value::Boolean(text.parse().map_err(|_| wrong("it is true or false"))?)
            }
            Value::String(_)
            | Value::Float(_)
            | Value::Datetime(_)
            | Value::Array(_)
            | Value::Table(_) => Value::String(text.clone()),
        };
        let section = table
            .entry(section)
            .or_insert_with(|| Value::Table(Table::new()));
        if let Some(section) = section.as_table_mut() {
            section.insert(key, value);
        }
    }
    Ok(())
}

fn variable(section: &str, key: &str) -> String {
    format!("{PREFIX}{}__{}", section.to_uppercase(), key.to_uppercase())
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> String {
    let best = known
        .map(|it| (strsim::damerau_levenshtein(name, it), it))
        .min_by_key(|(distance, _)| *distance);
    match best {
        Some((distance, it)) if distance <= 3 => format!("; did you mean `{it}`?"),
        _ => String::new(),
    }
}

fn nearest_of(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let (distance, it) = known
        .map(|it| (strsim::damerau_levenshtein(name, &it), it))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= 4).then(|| format!("; did you mean {it}?"))
}

/// An address of `http` or `https` with a host, and without user, password or question; `None` for others.
pub fn plain_address(text: &str) -> Option<url::Url> {
    let url = url::Url::parse(text.trim()).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none();
    is_plain.then_some(url)
}

/// A secret: of the named file, else of the systemd credential, else none. The end of its line does
/// not belong to it.
pub fn secret(
    key: &'static str,
    file: &str,
    credential: &str,
    environment: &Environment,
) -> Result<Option<String>, Error> {
    let file = if file.is_empty() {
        let folder = environment.get("CREDENTIALS_DIRECTORY").map(Path::new);
        match folder
            .map(|it| it.join(credential))
            .filter(|it| it.exists())
        {
            Some(file) => file,
            None => return Ok(None),
        }
    } else {
        PathBuf::from(file)
    };
    let text = fs::read_to_string(&file).map_err(|cause| Error::Secret { key, file, cause })?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}
