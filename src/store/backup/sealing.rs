//! Backups that only a key opens, in the age format (age-encryption.org/v1): the key of `age-keygen`, or
//! one that a passphrase guards, in `key.age` beside the backups.
//!
//! Every file is sealed to a public key, so that the house that makes backups cannot read those it lost.
//! A passphrase takes a second to try, too long for each file: it guards a key that was made for it.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use age::secrecy::{ExposeSecret, SecretString};
use age::x25519;
use age::{DecryptError, Decryptor, EncryptError, Encryptor};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::folder::{private, write_through};
use super::{BackupError, at};

/// Bytes that are read at a time.
const CHUNK: usize = 64 << 10;
/// How the secret half of a key begins in a file of `age-keygen`.
const SECRET: &str = "AGE-SECRET-KEY-";

/// To whom backups are sealed.
#[derive(Clone, Debug, Default)]
pub enum Sealing {
    /// To nobody: whoever holds the disk reads them.
    #[default]
    Open,
    /// To whoever has the secret half of this key.
    Recipient(Recipient),
    /// To whoever knows these words.
    Passphrase(Passphrase),
}

/// The public half of a key: `age1…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient(x25519::Recipient);

impl std::fmt::Display for Recipient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Words that open backups. They are never shown.
#[derive(Clone, Debug)]
pub struct Passphrase(SecretString);

impl Passphrase {
    /// These words.
    pub fn new(words: String) -> Self {
        Self(SecretString::from(words))
    }
}

/// What opens backups.
#[derive(Clone)]
pub enum Key {
    /// The secret half of a key.
    Identity(x25519::Identity),
    /// Words.
    Passphrase(Passphrase),
}

/// That is no key of age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    /// Neither the public half.
    #[error("a recipient is the public key that `age-keygen` prints: age1…")]
    Recipient,
    /// Nor a file with the secret half.
    #[error("the key is a file of `age-keygen`, with a line that begins with {SECRET}")]
    Identity,
}

impl std::str::FromStr for Recipient {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        text.trim().parse().map(Self).map_err(|_| NoKey::Recipient)
    }
}

/// A file of `age-keygen`.
impl std::str::FromStr for Key {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let mut lines = text.lines().map(str::trim);
        let line = lines.find(|it| it.starts_with(SECRET));
        let identity = line.and_then(|it| it.parse().ok());
        identity.map(Self::Identity).ok_or(NoKey::Identity)
    }
}

/// What a folder of backups asks for before it gives them back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Nothing.
    Open,
    /// The secret half of this key.
    Key(Recipient),
    /// The words they were made with.
    Passphrase,
}

/// Makes a key for a folder, and leaves its secret half in `file`, which the words open.
pub(super) fn make_key(file: &Path, words: &Passphrase) -> Result<Recipient, BackupError> {
    let identity = x25519::Identity::generate();
    let mut sealed = Vec::new();
    let recipient = age::scrypt::Recipient::new(words.0.clone());
    let mut writer = sealer(&[&recipient], &mut sealed).map_err(at(file))?;
    let text = format!("{}\n", identity.to_string().expose_secret());
    let written = writer.write_all(text.as_bytes());
    written.and_then(|()| writer.finish()).map_err(at(file))?;
    write_through(file, &sealed)?;
    Ok(Recipient(identity.to_public()))
}

/// Opens the key in `file` by the words.
pub(super) fn open_key(file: &Path, words: &Passphrase) -> Result<x25519::Identity, BackupError> {
    let sealed = File::open(file).map_err(at(file))?;
    let opener = age::scrypt::Identity::new(words.0.clone());
    let mut text = String::new();
    let mut reader = opened(BufReader::new(sealed), &opener).map_err(|it| it.at(file))?;
    let read = reader.read_to_string(&mut text);
    read.map_err(at(file))?;
    match text.parse() {
        Ok(Key::Identity(identity)) => Ok(identity),
        _ => Err(BackupError::Damaged {
            what: format!("`{}` holds no key", file.display()),
        }),
    }
}

/// The public half of a key.
pub(super) fn public(identity: &x25519::Identity) -> Recipient {
    Recipient(identity.to_public())
}

/// Copies a file and flushes it to the disk, sealed where there is somebody to seal it to; the length and
/// SHA-256 of what lies there then, or `None` where there is nothing to copy.
pub(super) fn copy_out(
    from: &Path,
    to: &Path,
    recipient: Option<&Recipient>,
) -> Result<Option<(u64, String)>, BackupError> {
    let mut to_whom: Vec<&dyn age::Recipient> = Vec::new();
    if let Some(recipient) = recipient {
        to_whom.push(&recipient.0);
    }
    let mut source = match File::open(from) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(at(from))?,
    };
    let mut target = Hashed::new(private(to)?);
    seal(&mut source, &mut target, &to_whom).map_err(at(to))?;
    target.inner.sync_all().map_err(at(to))?;
    Ok(Some(target.ended()))
}

/// Seals a file and opens what was written again, by a key that nobody has after this: the length and
/// SHA-256 of the sealed file.
pub(super) fn seal_and_look(
    from: &Path,
    to: &Path,
    recipient: &Recipient,
) -> Result<(u64, String), BackupError> {
    let own = x25519::Identity::generate();
    let mut source = Hashed::new(File::open(from).map_err(at(from))?);
    let mut target = Hashed::new(private(to)?);
    seal(&mut source, &mut target, &[&recipient.0, &own.to_public()]).map_err(at(to))?;
    target.inner.sync_all().map_err(at(to))?;
    let mut found = Hashed::new(io::sink());
    let sealed = BufReader::with_capacity(CHUNK, File::open(to).map_err(at(to))?);
    let mut reader = opened(sealed, &own).map_err(|it| it.at(to))?;
    pour(&mut reader, &mut found).map_err(changed(to, to))?;
    if found.ended() != source.ended() {
        return Err(BackupError::Damaged {
            what: "what was encrypted does not become the same again".to_owned(),
        });
    }
    Ok(target.ended())
}

/// Copies a file back and flushes it to the disk, opened where it is sealed; the length and SHA-256 of what
/// lay there, or `None` where nothing lies.
pub(super) fn copy_back(
    from: &Path,
    to: &Path,
    identity: Option<&x25519::Identity>,
) -> Result<Option<(u64, String)>, BackupError> {
    let mut source = match File::open(from) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => Hashed::new(opened.map_err(at(from))?),
    };
    let mut target = private(to)?;
    if let Some(identity) = identity {
        let mut sealed = BufReader::with_capacity(CHUNK, &mut source);
        let mut reader = opened(&mut sealed, identity).map_err(|it| it.at(from))?;
        pour(&mut reader, &mut target).map_err(changed(from, to))?;
        // What might follow the end belongs to the file as well.
        pour(&mut sealed, &mut io::sink()).map_err(at(from))?;
    } else {
        pour(&mut source, &mut target).map_err(at(to))?;
    }
    target.sync_all().map_err(at(to))?;
    Ok(Some(source.ended()))
}

/// Reads a file to its end; its length and SHA-256, in hexadecimal digits.
pub(super) fn hash(path: &Path) -> Result<(u64, String), BackupError> {
    let mut source = Hashed::new(File::open(path).map_err(at(path))?);
    pour(&mut source, &mut io::sink()).map_err(at(path))?;
    Ok(source.ended())
}

fn seal(
    source: &mut impl Read,
    target: &mut impl Write,
    to_whom: &[&dyn age::Recipient],
) -> io::Result<()> {
    if to_whom.is_empty() {
        return pour(source, target);
    }
    let mut writer = sealer(to_whom, target)?;
    pour(source, &mut writer)?;
    writer.finish().map(|_| ())
}

fn sealer<W: Write>(
    to_whom: &[&dyn age::Recipient],
    target: W,
) -> io::Result<age::stream::StreamWriter<W>> {
    let encryptor = Encryptor::with_recipients(to_whom.iter().copied());
    let encryptor = encryptor.map_err(|error| match error {
        EncryptError::Io(cause) => cause,
        EncryptError::EncryptedIdentities(_)
        | EncryptError::IncompatibleRecipients { .. }
        | EncryptError::InvalidRecipientLabels(_)
        | EncryptError::MissingRecipients
        | EncryptError::MixedRecipientAndPassphrase => io::Error::other(error.to_string()),
    })?;
    encryptor.wrap_output(target)
}

/// Why a sealed file did not open.
enum Shut {
    Wrong,
    Damaged(String),
    Unread(io::Error),
}

impl Shut {
    fn at(self, path: &Path) -> BackupError {
        match self {
            Self::Wrong => BackupError::WrongKey,
            Self::Damaged(why) => BackupError::Damaged {
                what: format!("`{}` does not open: {why}", path.display()),
            },
            Self::Unread(cause) => at(path)(cause),
        }
    }
}

fn opened<R: io::BufRead>(
    sealed: R,
    by: &dyn age::Identity,
) -> Result<age::stream::StreamReader<R>, Shut> {
    let opened = Decryptor::new_buffered(sealed).and_then(|it| it.decrypt(std::iter::once(by)));
    opened.map_err(|error| match error {
        DecryptError::NoMatchingKeys
        | DecryptError::KeyDecryptionFailed
        | DecryptError::DecryptionFailed => Shut::Wrong,
        DecryptError::Io(cause) => Shut::Unread(cause),
        DecryptError::ExcessiveWork { .. }
        | DecryptError::InvalidHeader
        | DecryptError::InvalidMac
        | DecryptError::UnknownFormat => Shut::Damaged(error.to_string()),
    })
}

/// What does not open in the middle is not what was written to `sealed`; everything else happened at `to`.
fn changed(sealed: &Path, to: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let (what, to) = (
        format!("`{}` is not as it was written", sealed.display()),
        to.to_owned(),
    );
    let broken = [io::ErrorKind::InvalidData, io::ErrorKind::UnexpectedEof];
    move |cause| {
        if broken.contains(&cause.kind()) {
            return BackupError::Damaged { what };
        }
        at(&to)(cause)
    }
}

/// Writes all that can be read.
fn pour(source: &mut impl Read, target: &mut impl Write) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = source.read(&mut chunk)?;
        let Some(bytes) = chunk.get(..read).filter(|it| !it.is_empty()) else {
            return target.flush();
        };
        target.write_all(bytes)?;
    }
}

/// Counts and hashes what goes through it.
struct Hashed<T> {
    inner: T,
    hasher: Sha256,
    length: u64,
}

impl<T> Hashed<T> {
    fn new(inner: T) -> Self {
        Self {
            inner,
            hasher: Sha256::new(),
            length: 0,
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.length += u64::try_from(bytes.len()).unwrap_or(0);
    }

    fn ended(self) -> (u64, String) {
        (self.length, HEXLOWER.encode(&self.hasher.finalize()))
    }
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.count(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Removes what lay open for a moment.
pub(super) fn remove(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(at(path)(cause)),
        _ => Ok(()),
    }
}
