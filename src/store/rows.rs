//! Columns to domain types. A column that cannot be read is [`Error::Corrupt`], never a default.

use std::cell::Cell;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError};
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
    /// Behind the column that was read last: they are asked for mostly in the order of the table.
    next: Cell<usize>,
}

impl<'a, 'r> Columns<'a, 'r> {
    /// Looks at `row` as one of `table`.
    pub const fn of(table: &'static str, row: &'a Row<'r>) -> Self {
        let next = Cell::new(0);
        Self { row, table, next }
    }

    /// Which column has this name.
    fn index(&self, column: &str) -> Result<usize, Error> {
        let statement = self.row.as_ref();
        let count = statement.column_count();
        let mut from_next = (self.next.get()..count).chain(0..self.next.get().min(count));
        let is_it = |it: &usize| statement.column_name(*it).is_ok_and(|name| name == column);
        let index = from_next.find(is_it);
        let unknown = || rusqlite::Error::InvalidColumnName(column.to_owned());
        let index = index.ok_or_else(unknown)?;
        self.next.set(index + 1);
        Ok(index)
    }

    /// As SQLite keeps it.
    pub fn plain<T: FromSql>(&self, column: &str) -> Result<T, Error> {
        Ok(self.row.get(self.index(column)?)?)
    }

    /// Text, where it lies.
    fn text_or_none(&self, column: &str) -> Result<Option<&str>, Error> {
        let value = self.row.get_ref(self.index(column)?)?;
        value.as_str_or_null().map_err(|cause| self.corrupt(cause))
    }

    fn text(&self, column: &str) -> Result<&str, Error> {
        let text = self.text_or_none(column)?;
        text.ok_or_else(|| self.corrupt(FromSqlError::InvalidType))
    }

    /// Text that has a form.
    pub fn parsed<T>(&self, column: &str) -> Result<T, Error>
    where
        T: FromStr,
        T::Err: Into<Cause>,
    {
        let parsed = self.text(column)?.parse();
        parsed.map_err(|cause: T::Err| self.corrupt(cause))
    }

    /// Text that has a form, or nothing.
    pub fn parsed_or_none<T>(&self, column: &str) -> Result<Option<T>, Error>
    where
        T: FromStr,
        T::Err: Into<Cause>,
    {
        let parsed = self.text_or_none(column)?.map(str::parse).transpose();
        parsed.map_err(|cause: T::Err| self.corrupt(cause))
    }

    /// JSON, or nothing.
    pub fn json_or_none<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, Error> {
        let text = self.text_or_none(column)?;
        let read = text.map(serde_json::from_str).transpose();
        read.map_err(|cause| self.corrupt(cause))
    }

    /// JSON.
    pub fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, Error> {
        let read = serde_json::from_str(self.text(column)?);
        read.map_err(|cause| self.corrupt(cause))
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
