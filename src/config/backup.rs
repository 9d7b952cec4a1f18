//! `[backup]`: where copies of everything go, when, and how many are kept.

use std::path::PathBuf;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::channels;
use super::source::{self, Environment, Error};
use crate::domain::retention::Keep;

/// `[backup]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Backup {
    /// The folder of the backups, on another disk; empty for none.
    pub folder: PathBuf,
    /// A bucket for them, `https://endpoint/bucket` or `https://endpoint/bucket/folder`; empty for none.
    pub bucket: String,
    /// Its region, where it has one.
    pub bucket_region: String,
    /// The name of the key that opens it.
    pub bucket_key: String,
    /// File with the secret of that key; the systemd credential `backup-bucket-secret` where it is empty.
    pub bucket_secret_file: String,
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
            bucket: String::new(),
            bucket_region: "us-east-1".to_owned(),
            bucket_key: String::new(),
            bucket_secret_file: String::new(),
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
        let named = channels::address(&self.bucket).map_err(|reason| ("backup.bucket", reason))?;
        if let Some(url) = named {
            if url.path().trim_matches('/').is_empty() || url.query().is_some() {
                let right = "a bucket is like https://s3.example.org/bucket or …/bucket/folder";
                return Err(("backup.bucket", right));
            }
            if self.bucket_key.trim().is_empty() {
                return Err((
                    "backup.bucket_key",
                    "the name of the key that opens the bucket",
                ));
            }
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

    /// The secret of the bucket's key, from `bucket_secret_file` or the systemd credential.
    pub fn bucket_secret(&self, environment: &Environment) -> Result<Option<String>, Error> {
        source::secret(
            "backup.bucket_secret_file",
            &self.bucket_secret_file,
            "backup-bucket-secret",
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
