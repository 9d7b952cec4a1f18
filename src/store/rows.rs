//! Columns to domain types. A column that cannot be read is [`Error::Corrupt`], never a default.

use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::FromSql;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Error;
use crate::domain::document::Visibility;
use crate::domain::id::PersonId;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A row of one table, read column by column by name.
pub struct Columns<'a, 'r> {
    row: &'a Row<'r>,
    table: &'static str,
}

impl<'a, 'r> Columns<'a, 'r> {
    /// Looks at `row` as one of `table`.
    pub const fn of(table: &'static str, row: &'a Row<'r>) -> Self {
        Self { row, table }
    }

    /// As SQLite keeps it.
    pub fn plain<T: FromSql>(&self, column: &str) -> Result<T, Error> {
        self.row.get(column).map_err(Error::from)
    }

    /// Text that has a form.
    pub fn parsed<T>(&self, column: &str) -> Result<T, Error>
    where
        T: FromStr,
        T::Err: Into<Cause>,
    {
        let text: String = self.plain(column)?;
        text.parse().map_err(|cause: T::Err| self.corrupt(cause))
    }

    /// Text that has a form, or nothing.
    pub fn parsed_or_none<T>(&self, column: &str) -> Result<Option<T>, Error>
    where
        T: FromStr,
        T::Err: Into<Cause>,
    {
        let text: Option<String> = self.plain(column)?;
        text.map(|it| it.parse().map_err(|cause: T::Err| self.corrupt(cause)))
            .transpose()
    }

    /// JSON, or nothing.
    pub fn json_or_none<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, Error> {
        let text: Option<String> = self.plain(column)?;
        text.map(|it| serde_json::from_str(&it).map_err(|cause| self.corrupt(cause)))
            .transpose()
    }

    /// JSON.
    pub fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, Error> {
        let text: String = self.plain(column)?;
        serde_json::from_str(&text).map_err(|cause| self.corrupt(cause))
    }

    /// An instant in milliseconds.
    pub fn instant(&self, column: &str) -> Result<Timestamp, Error> {
        let milliseconds: i64 = self.plain(column)?;
        Timestamp::from_millisecond(milliseconds).map_err(|cause| self.corrupt(cause))
    }

    /// An instant in milliseconds, or nothing.
    pub fn instant_or_none(&self, column: &str) -> Result<Option<Timestamp>, Error> {
        let milliseconds: Option<i64> = self.plain(column)?;
        milliseconds
            .map(|it| Timestamp::from_millisecond(it).map_err(|cause| self.corrupt(cause)))
            .transpose()
    }

    /// A number that is never negative.
    pub fn count(&self, column: &str) -> Result<u64, Error> {
        let number: i64 = self.plain(column)?;
        u64::try_from(number).map_err(|cause| self.corrupt(cause))
    }

    /// Who may see it.
    pub fn visibility(&self) -> Result<Visibility, Error> {
        let persons: Option<String> = self.plain("visible_to")?;
        let Some(persons) = persons else {
            return Ok(Visibility::Household);
        };
        let persons: Vec<PersonId> =
            serde_json::from_str(&persons).map_err(|cause| self.corrupt(cause))?;
        Ok(Visibility::Persons(persons))
    }

    /// This row makes no sense.
    pub fn corrupt(&self, cause: impl Into<Cause>) -> Error {
        Error::Corrupt {
            table: self.table,
            cause: cause.into(),
        }
    }
}

/// The column `visible_to`.
pub fn visibility_column(visible_to: &Visibility) -> Option<String> {
    match visible_to {
        Visibility::Household => None,
        Visibility::Persons(persons) => Some(json(persons)),
    }
}

/// JSON for a column; what the domain holds can always be written.
pub fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        log::error!(error:display; "a value could not be written as JSON");
        "null".to_owned()
    })
}

/// The part of a WHERE that hides what the viewer may not see; needs `:viewer`.
pub const VISIBLE: &str = "(:viewer IS NULL OR visible_to IS NULL OR EXISTS \
     (SELECT 1 FROM json_each(visible_to) WHERE value = :viewer))";
