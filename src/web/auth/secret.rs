//! Secrets that a browser, a program or a link carries: 32 random bytes as text. The house keeps
//! only their SHA-256, so that nobody who reads the database can use them.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::document::Sha256Hash;
use crate::store::random_bytes;

/// 32 random bytes as 43 letters that fit into an address or a cookie.
pub fn new_secret() -> String {
    BASE64URL_NOPAD.encode(&random_bytes::<32>())
}

/// What the house keeps of a secret: the SHA-256 of its text.
pub fn hash_of(secret: &str) -> Sha256Hash {
    Sha256Hash(Sha256::digest(secret.as_bytes()).into())
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_and_never_the_same() {
        let (one, other) = (new_secret(), new_secret());
        assert_eq!(one.len(), 43);
        assert!(!is_same(&one, &other));
        assert!(is_same(&one, &one.clone()));
    }
}
