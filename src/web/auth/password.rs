//! Passwords as Argon2id hashes (RFC 9106), computed beside the event loop and never more than two
//! at once: each takes 19 MiB.

use std::sync::LazyLock;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Letters that a password has at least.
pub const LETTERS_MIN: usize = 10;
/// Bytes that a password has at most; hashing more costs without making it better.
pub const BYTES_MAX: usize = 1000;

/// Hashes computed at the same time.
const AT_ONCE: usize = 2;
/// How long somebody waits for their turn, in seconds.
const WAIT_SECONDS_MAX: u64 = 8;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Compared with where the name is unknown, so that the answer takes as long.
static NOBODYS: LazyLock<String> =
    LazyLock::new(|| hash_now(&super::secret::new_secret()).unwrap_or_default());

/// Why a password could not be hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too many others are logging in.
    #[error("too many logins at once: try again in a minute")]
    Busy,
    /// The hashing itself failed: the memory is short, or the stored hash is none.
    #[error("the password could not be hashed")]
    Hashing,
}

/// The form in which a password is kept.
pub async fn hash(password: String) -> Result<String, Error> {
    in_turn(move || hash_now(&password)).await
}

/// Whether `password` belongs to `stored`; takes as long where nothing is stored.
pub async fn matches(password: String, stored: Option<String>) -> Result<bool, Error> {
    let compare = move || {
        let is_known = stored.is_some();
        // Made here for known names too, so that the first unknown one does not take longer.
        let nobodys = LazyLock::force(&NOBODYS);
        let stored = stored.unwrap_or_else(|| nobodys.clone());
        let stored = PasswordHash::new(&stored).map_err(|_| Error::Hashing)?;
        let fits = Argon2::default().verify_password(password.as_bytes(), &stored);
        Ok(fits.is_ok() && is_known)
    };
    in_turn(compare).await
}

/// The form in which a password is kept, computed on this thread: for commands without a runtime.
pub fn hash_now(password: &str) -> Result<String, Error> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|_| Error::Hashing)?.to_string())
}

async fn in_turn<T, F>(work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Error> + Send + 'static,
{
    let wait = Duration::from_secs(WAIT_SECONDS_MAX);
    let turn = tokio::time::timeout(wait, TURNS.acquire()).await;
    let _turn = turn.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Hashing)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone_and_nobody_has_none() {
        let stored = hash("correct horse".to_owned()).await.unwrap();
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        let right = matches("correct horse".to_owned(), Some(stored.clone())).await;
        assert!(right.unwrap());
        let wrong = matches("wrong horse".to_owned(), Some(stored)).await;
        assert!(!wrong.unwrap());
        let nobodys = matches("correct horse".to_owned(), None).await;
        assert!(!nobodys.unwrap());
    }
}
