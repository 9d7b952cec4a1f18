//! A bucket of objects that speaks the protocol of S3: of a NAS (`MinIO`, Garage, Ceph), or of somebody far away.
//!
//! Requests are signed in their address ([Signature Version 4][sigv4]); the secret itself never goes over the
//! wire. The name of the bucket is a part of the path, which all of them understand.
//!
//! [sigv4]: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use md5::Md5;
use reqwest::{Method, Response, StatusCode};
use rusty_s3::actions::{
    CompleteMultipartUploadResponse, CreateMultipartUpload, ListObjectsV2, ListObjectsV2Response,
};
use rusty_s3::{Credentials, S3Action, UrlStyle};
use sha2::{Digest, Sha256};
use url::Url;

use super::SendError;
use super::http::{self, Http, Reached};
use crate::domain::policy::Destination;

/// For one request, answer included: a part of a file over a slow line.
const PATIENCE: Duration = Duration::from_mins(5);
/// For a file that comes back.
const FETCH_PATIENCE: Duration = Duration::from_hours(6);
/// How long a signed address is good: longer than a request may take.
const SIGNED_FOR: Duration = Duration::from_mins(15);
/// Bytes that go at a time, the least that the protocol allows.
const PART_BYTES: usize = 5 << 20;
/// Parts of a file at the most.
const PARTS_MAX: u16 = 10_000;
/// Bytes of an answer that is no file: a thousand names.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// How long it is waited before each further try.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(15),
];

/// A bucket that somebody configured, and the folder in it that is ours.
#[derive(Clone)]
pub struct Bucket {
    http: Http,
    endpoint: Url,
    address: rusty_s3::Bucket,
    credentials: Credentials,
    prefix: String,
}

/// Secrets never show.
impl std::fmt::Debug for Bucket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Bucket({})", self.name())
    }
}

/// An object: its name below our folder, and its length in bytes.
pub type Object = (String, u64);

impl Bucket {
    /// The one at `url`, `https://endpoint/bucket` or `https://endpoint/bucket/folder`, in a region, opened by
    /// the key's name and its secret; `None` where `url` names no bucket.
    pub fn new(http: Http, url: &Url, region: &str, (key, secret): (&str, &str)) -> Option<Self> {
        let (name, folder) = parts(url)?;
        let mut endpoint = url.clone();
        endpoint.set_path("/");
        endpoint.set_query(None);
        let bucket = rusty_s3::Bucket::new(
            endpoint.clone(),
            UrlStyle::Path,
            name.to_owned(),
            region.to_owned(),
        );
        Some(Self {
            http,
            address: bucket.ok()?,
            credentials: Credentials::new(key, secret),
            prefix: folder.map_or_else(String::new, |it| format!("{it}/")),
            endpoint,
        })
    }

    /// How people know it.
    pub fn name(&self) -> String {
        let name = format!("{}{}/{}", self.endpoint, self.address.name(), self.prefix);
        name.trim_end_matches('/').to_owned()
    }

    /// Looks up where it is.
    ///
    /// # Errors
    /// Permanent if it is where nothing is sent, transient if it is nowhere just now.
    pub async fn open(self) -> Result<Opened, SendError> {
        let reached = self.http.reach(&self.endpoint, PATIENCE).await?;
        Ok(Opened {
            bucket: self,
            reached,
        })
    }
}

/// The name of the bucket in an address, and of the folder in it.
pub fn parts(url: &Url) -> Option<(&str, Option<&str>)> {
    let path = url.path().trim_matches('/');
    let (name, folder) = match path.split_once('/') {
        Some((name, folder)) => (name, Some(folder)),
        None => (path, None),
    };
    (!name.is_empty()).then_some((name, folder))
}

/// A bucket that was found.
pub struct Opened {
    bucket: Bucket,
    reached: Reached,
}

impl Opened {
    /// How far what is put there goes.
    pub const fn destination(&self) -> Destination {
        self.reached.destination()
    }

    /// Puts a file there, and returns once its content was compared on the other side: by its hash where it goes
    /// in one piece, else by reading it again.
    pub async fn put(&self, name: &str, from: &Path) -> Result<(), SendError> {
        let mut file = File::open(from).map_err(|error| unread(&error))?;
        let key = self.key(name);
        let first = part(&mut file)?;
        if first.len() < PART_BYTES {
            // Of all sums the one that every server knows (RFC 1864); against accidents it is good enough.
            let sum = BASE64.encode(&Md5::digest(&first));
            let sign = |it: &Bucket| {
                let action = it.address.put_object(Some(&it.credentials), &key);
                action.sign(SIGNED_FOR)
            };
            let headers = [("content-md5", sum.as_str())];
            let sent = self.ask((Method::PUT, PATIENCE), sign, &headers, first);
            return expect(sent.await?).await.map(drop);
        }
        let upload = self.begin(&key).await?;
        let sent = self.send_parts((&key, &upload), first, &mut file).await;
        let sha256 = match sent {
            Ok(sha256) => sha256,
            Err(error) => {
                // What was sent of it costs somebody's money until it is taken back.
                drop(self.give_up(&key, &upload).await);
                return Err(error);
            }
        };
        let mut found = Sha256::new();
        self.fetch(name, |chunk| {
            found.update(chunk);
            Ok(())
        })
        .await?;
        if HEXLOWER.encode(&found.finalize()) != sha256 {
            return Err(SendError::transient(
                "what was put there does not come back the same",
            ));
        }
        Ok(())
    }

    async fn begin(&self, key: &str) -> Result<String, SendError> {
        let sign = |it: &Bucket| {
            let action = it
                .address
                .create_multipart_upload(Some(&it.credentials), key);
            action.sign(SIGNED_FOR)
        };
        let begun = self.ask((Method::POST, PATIENCE), sign, &[], Bytes::new());
        let begun = text(expect(begun.await?).await?).await?;
        let begun = CreateMultipartUpload::parse_response(&begun).map_err(|_| no_s3())?;
        Ok(begun.upload_id().to_owned())
    }

    /// Sends a file in parts; its SHA-256.
    async fn send_parts(
        &self,
        (key, upload): (&str, &str),
        first: Bytes,
        file: &mut File,
    ) -> Result<String, SendError> {
        let (mut tags, mut hash) = (Vec::new(), Sha256::new());
        let mut next = first;
        for number in 1..=PARTS_MAX {
            hash.update(&next);
            let following = part(file)?;
            let sign = |it: &Bucket| {
                let credentials = Some(&it.credentials);
                let action = it.address.upload_part(credentials, key, number, upload);
                action.sign(SIGNED_FOR)
            };
            let sent = self.ask((Method::PUT, PATIENCE), sign, &[], next);
            let sent = expect(sent.await?).await?;
            let tag = sent.headers().get("etag").and_then(|it| it.to_str().ok());
            tags.push(tag.unwrap_or_default().to_owned());
            if following.is_empty() {
                self.complete((key, upload), &tags).await?;
                return Ok(HEXLOWER.encode(&hash.finalize()));
            }
            next = following;
        }
        Err(SendError::permanent("the file is too large for a bucket"))
    }

    async fn complete(
        &self,
        (key, upload): (&str, &str),
        tags: &[String],
    ) -> Result<(), SendError> {
        let action = |it: &Bucket| -> (Url, String) {
            let (tags, credentials) = (tags.iter().map(String::as_str), Some(&it.credentials));
            let action = it
                .address
                .complete_multipart_upload(credentials, key, upload, tags);
            (action.sign(SIGNED_FOR), action.body())
        };
        let (_, body) = action(&self.bucket);
        let sign = |it: &Bucket| action(it).0;
        let asked = self.ask((Method::POST, PATIENCE), sign, &[], Bytes::from(body));
        let answer = text(expect(asked.await?).await?).await?;
        // An answer of 200 may hold an error all the same.
        let parsed = CompleteMultipartUploadResponse::parse(&answer);
        parsed
            .map_err(|_| refused(StatusCode::OK, &answer))
            .map(drop)
    }

    async fn give_up(&self, key: &str, upload: &str) -> Result<(), SendError> {
        let sign = |it: &Bucket| {
            let action = it
                .address
                .abort_multipart_upload(Some(&it.credentials), key, upload);
            action.sign(SIGNED_FOR)
        };
        let asked = self.ask((Method::DELETE, PATIENCE), sign, &[], Bytes::new());
        expect(asked.await?).await.map(drop)
    }

    /// Brings an object into a file; whether it was there.
    pub async fn get(&self, name: &str, to: &Path) -> Result<bool, SendError> {
        let mut file = File::create(to).map_err(|error| unread(&error))?;
        self.fetch(name, |chunk| {
            file.write_all(chunk).map_err(|error| unread(&error))
        })
        .await
    }

    async fn fetch(
        &self,
        name: &str,
        mut take: impl FnMut(&[u8]) -> Result<(), SendError>,
    ) -> Result<bool, SendError> {
        let key = self.key(name);
        let sign = |it: &Bucket| {
            let action = it.address.get_object(Some(&it.credentials), &key);
            action.sign(SIGNED_FOR)
        };
        let asked = self.ask((Method::GET, FETCH_PATIENCE), sign, &[], Bytes::new());
        let answer = asked.await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return match text(answer).await? {
                answer if answer.contains("NoSuchBucket") => {
                    Err(refused(StatusCode::NOT_FOUND, &answer))
                }
                _ => Ok(false),
            };
        }
        let mut answer = expect(answer).await?;
        while let Some(chunk) = answer.chunk().await.map_err(|it| http::trouble(&it))? {
            take(&chunk)?;
        }
        Ok(true)
    }

    /// What lies below `prefix`, in the order of the alphabet.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Object>, SendError> {
        let (mut found, mut next) = (Vec::new(), None);
        loop {
            let page = self.page(prefix, next.as_deref(), None).await?;
            found.extend(self.objects(&page));
            next = page.next_continuation_token;
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// Whatever lies there first, a few names.
    pub async fn first(&self) -> Result<Vec<Object>, SendError> {
        let page = self.page("", None, Some(10)).await?;
        Ok(self.objects(&page).collect())
    }

    fn objects(&self, page: &ListObjectsV2Response) -> impl Iterator<Item = Object> {
        let prefix = &self.bucket.prefix;
        page.contents.iter().filter_map(move |it| {
            let name = it.key.strip_prefix(prefix)?;
            Some((name.to_owned(), it.size.unwrap_or_default()))
        })
    }

    async fn page(
        &self,
        prefix: &str,
        after: Option<&str>,
        at_most: Option<usize>,
    ) -> Result<ListObjectsV2Response, SendError> {
        let prefix = self.key(prefix);
        let sign = |it: &Bucket| {
            let mut action = it.address.list_objects_v2(Some(&it.credentials));
            action.with_prefix(prefix.as_str());
            if let Some(after) = after {
                action.with_continuation_token(after);
            }
            if let Some(at_most) = at_most {
                action.with_max_keys(at_most);
            }
            action.sign(SIGNED_FOR)
        };
        let asked = self.ask((Method::GET, PATIENCE), sign, &[], Bytes::new());
        let answer = text(expect(asked.await?).await?).await?;
        let page = ListObjectsV2::parse_response(&answer);
        page.map_err(|_| no_s3())
    }

    /// Removes an object; one that is not there is removed already.
    pub async fn remove(&self, name: &str) -> Result<(), SendError> {
        let key = self.key(name);
        let sign = |it: &Bucket| {
            let action = it.address.delete_object(Some(&it.credentials), &key);
            action.sign(SIGNED_FOR)
        };
        let asked = self.ask((Method::DELETE, PATIENCE), sign, &[], Bytes::new());
        match asked.await? {
            answer if answer.status() == StatusCode::NOT_FOUND => Ok(()),
            answer => expect(answer).await.map(drop),
        }
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.bucket.prefix)
    }

    /// Asks, again after a while where that may help. Each try is signed anew.
    async fn ask(
        &self,
        (method, patience): (Method, Duration),
        sign: impl Fn(&Bucket) -> Url,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Response, SendError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let mut request = self.reached.signed(method.clone(), sign(&self.bucket));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            if method != Method::GET {
                request = request.header(reqwest::header::CONTENT_LENGTH, body.len());
            }
            let asked = request.timeout(patience).body(body.clone()).send().await;
            let error = match asked {
                Ok(answer) if !is_passing(answer.status()) => return Ok(answer),
                Ok(answer) => {
                    let status = answer.status();
                    refused(status, &text(answer).await.unwrap_or_default())
                }
                Err(error) => http::trouble(&error),
            };
            let Some(pause) = pauses.next() else {
                return Err(error);
            };
            tokio::time::sleep(pause).await;
        }
    }
}

/// The next part of a file, shorter than [`PART_BYTES`] only at its end.
fn part(file: &mut File) -> Result<Bytes, SendError> {
    let mut part = Vec::new();
    let read = file
        .take(u64::try_from(PART_BYTES).unwrap_or(u64::MAX))
        .read_to_end(&mut part);
    read.map_err(|error| unread(&error))?;
    Ok(part.into())
}

fn no_s3() -> SendError {
    SendError::permanent("the answer is none of S3: look at the address in `backup.bucket`")
}

fn unread(error: &std::io::Error) -> SendError {
    SendError::transient(format!("a file of this machine cannot be used: {error}"))
}

fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500..=599)
}

async fn expect(answer: Response) -> Result<Response, SendError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let text = text(answer).await.unwrap_or_default();
    Err(refused(status, &text))
}

async fn text(answer: Response) -> Result<String, SendError> {
    let body = http::body(answer, ANSWER_BYTES_MAX).await?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Why, in words, from an error of the protocol
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
fn refused(status: StatusCode, answer: &str) -> SendError {
    let code = answer
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"));
    let code = code.map_or("", |(code, _)| code);
    let known: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(60)
        .collect();
    let what = match known.as_str() {
        "NoSuchBucket" => "there is no bucket of that name: make it, or change `backup.bucket`",
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidSecurity" => {
            "it does not know the key: look at `backup.bucket_key` and `backup.bucket_secret_file`"
        }
        "AccessDenied" => "the key may not do that there: let it list, read, write and delete",
        "RequestTimeTooSkewed" => "the clocks differ: set the clock of this machine",
        "AuthorizationHeaderMalformed"
        | "PermanentRedirect"
        | "IllegalLocationConstraintException" => {
            "it is in another region: look at `backup.bucket_region` and the address"
        }
        "QuotaExceeded" | "XMinioStorageFull" | "StorageFull" => "the bucket is full",
        _ => "",
    };
    let status = status.as_u16();
    let reason = match (what, known.as_str()) {
        ("", "") => format!("it answered {status}"),
        ("", code) => format!("it answered {status} ({code})"),
        (what, _) => what.to_owned(),
    };
    SendError::transient(reason)
}
