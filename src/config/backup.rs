//! `[backup]`: where copies of everything go, when, and how many are kept.

use std::path::PathBuf;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::source::{self, Environment, Error};
use crate::domain::retention::Keep;

/// `[backup]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Backup {
    /// The folder of the backups, on another disk; empty for none.
    pub folder: PathBuf,
    /// To whom they are sealed: the public key that `age-keygen` prints, `age1…`. Empty: to nobody.
    pub recipient: String,
    /// File that holds words that open them instead of a key; the systemd credential
    /// `backup-passphrase` where it is empty.
    pub passphrase_file: String,
    /// Hour of the day at which one is made, `HH:MM`.
    pub at: String,
    /// The last one of so many days is kept,
    pub keep_daily: u32,
    /// of so many weeks,
    pub keep_weekly: u32,
    /// and of so many months.
    pub keep_monthly: u32,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            folder: PathBuf::new(),
            recipient: String::new(),
            passphrase_file: String::new(),
            at: "03:30".to_owned(),
            keep_daily: 7,
            keep_weekly: 4,
            keep_monthly: 12,
        }
    }
}

impl Backup {
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if self.hour().is_none() {
            return Err(("backup.at", "an hour is like 03:30"));
        }
        if !self.folder.as_os_str().is_empty() && !self.folder.is_absolute() {
            return Err(("backup.folder", "a folder is like /mnt/usb/workmate"));
        }
        let is_key = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
        let recipient = self.recipient.trim();
        // `age1` and 58 characters of Bech32 (age-encryption.org/v1).
        let is_recipient = recipient.len() == 62 && recipient.starts_with("age1");
        let is_recipient = is_recipient && recipient.bytes().all(is_key);
        if !(recipient.is_empty() || is_recipient) {
            let right = "the public key that age-keygen prints: age1…, 62 letters and digits";
            return Err(("backup.recipient", right));
        }
        if !recipient.is_empty() && !self.passphrase_file.is_empty() {
            let right = "backups are opened by a key or by a passphrase: take one of the two out";
            return Err(("backup.passphrase_file", right));
        }
        Ok(())
    }

    /// The words of `passphrase_file` or of the systemd credential, where there are any.
    pub fn passphrase(&self, environment: &Environment) -> Result<Option<String>, Error> {
        source::secret(
            "backup.passphrase_file",
            &self.passphrase_file,
            "backup-passphrase",
            environment,
        )
    }

    /// When one is made; `None` for what is no hour, which is refused at the start.
    pub fn hour(&self) -> Option<Time> {
        self.at.parse().ok()
    }

    /// How many are kept.
    pub const fn keep(&self) -> Keep {
        Keep {
            daily: self.keep_daily,
            weekly: self.keep_weekly,
            monthly: self.keep_monthly,
        }
    }
}
