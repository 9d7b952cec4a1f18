//! Mail: each reminder a message with a plain and an HTML part, handed to the household's mail server
//! by SMTP (RFC 5321) with STARTTLS (RFC 3207), TLS from the first byte (RFC 8314), or, for a relay on
//! the local network, neither.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::header::{self, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::{self, AsyncSmtpTransport};
use lettre::{AsyncTransport, Tokio1Executor};
use percent_encoding::percent_decode_str;
use url::Url;

use super::SendError;
use super::message::{AnswerLink, Message};

/// Seconds for one command of the conversation.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Seconds for a whole message.
const SEND_TIMEOUT: Duration = Duration::from_secs(90);

/// Which server, and who writes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `smtps://user@host:465` (TLS), `smtp://user@host:587` (STARTTLS, which must succeed), or
    /// `smtp+plain://host:25` (no encryption, and no password).
    pub url: String,
    /// The password; else the one in the url.
    pub password: Option<String>,
    /// `workmate <workmate@example.org>`.
    pub from: String,
    /// PEM file of the authority that signed the server's certificate; else the system's.
    pub ca_file: Option<PathBuf>,
}

/// What is wrong with the settings; never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The url is no address of a mail server.
    #[error(
        "`mail.url` is like smtps://user@mail.example.org:465, smtp://user@mail.example.org:587 or smtp+plain://relay.lan:25"
    )]
    Url,
    /// A password would cross the network for everybody to read.
    #[error(
        "`mail.url` has a user, and smtp+plain would send the password for everybody to read: use smtp:// or smtps://"
    )]
    PasswordInTheOpen,
    /// A user without a password.
    #[error("`mail.url` has a user but there is no password: set `mail.password_file`")]
    NoPassword,
    /// The sender is no address.
    #[error("`mail.from` is like workmate@example.org or workmate <workmate@example.org>")]
    From,
    /// The authority's file is of no use.
    #[error("`mail.ca_file` {path} cannot be read as PEM")]
    Authority {
        /// Which.
        path: PathBuf,
    },
    /// No encryption can be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] smtp::Error),
}

/// The household's mail server.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// A password never shows.
impl std::fmt::Debug for Mailer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Mailer")
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl Mailer {
    /// Understands the settings; nothing is dialled yet.
    pub fn open(settings: &Settings) -> Result<Self, SettingsError> {
        let url = Url::parse(&settings.url).map_err(|_| SettingsError::Url)?;
        let host = url.host_str().ok_or(SettingsError::Url)?;
        let parameters = || tls(host, settings.ca_file.as_deref());
        let (tls, port) = match url.scheme() {
            "smtps" => (Tls::Wrapper(parameters()?), 465),
            "smtp" => (Tls::Required(parameters()?), 587),
            "smtp+plain" => (Tls::None, 25),
            _ => return Err(SettingsError::Url),
        };
        let is_open = matches!(tls, Tls::None);
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(url.port().unwrap_or(port))
            .tls(tls)
            .timeout(Some(TIMEOUT));
        if !url.username().is_empty() {
            if is_open {
                return Err(SettingsError::PasswordInTheOpen);
            }
            let in_url = || url.password().map(decoded);
            let password = settings.password.clone().or_else(in_url);
            let password = password.ok_or(SettingsError::NoPassword)?;
            transport = transport.credentials(Credentials::new(decoded(url.username()), password));
        }
        Ok(Self {
            transport: transport.build(),
            from: settings.from.parse().map_err(|_| SettingsError::From)?,
        })
    }

    /// Whether the server answers and takes the password.
    pub async fn check(&self) -> Result<(), SendError> {
        let answer = tokio::time::timeout(SEND_TIMEOUT, self.transport.test_connection());
        match answer.await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(SendError::transient("the mail server does not answer")),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(too_slow()),
        }
    }

    /// Sends `message` to the mail address `to`. The server has taken it when this returns.
    pub async fn send(&self, to: &str, message: &Message) -> Result<(), SendError> {
        let mail = self.letter(to, message)?;
        match tokio::time::timeout(SEND_TIMEOUT, self.transport.send(mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(too_slow()),
        }
    }

    fn letter(&self, to: &str, message: &Message) -> Result<lettre::Message, SendError> {
        let to: Mailbox = to
            .parse()
            .map_err(|_| SendError::permanent("the mail address is none"))?;
        let domain = self.from.email.domain();
        let written = lettre::Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&message.title)
            // The same delivery has the same id: a mail that comes twice is shown once.
            .message_id(Some(format!("<{}@{domain}>", message.delivery)))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(
                MultiPart::alternative()
                    .singlepart(part(ContentType::TEXT_PLAIN, plain(message)))
                    .singlepart(part(ContentType::TEXT_HTML, html(message))),
            );
        written.map_err(|_| SendError::permanent("the mail cannot be written"))
    }
}

fn tls(host: &str, authority: Option<&Path>) -> Result<TlsParameters, SettingsError> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = authority {
        let unusable = || SettingsError::Authority {
            path: path.to_owned(),
        };
        let pem = std::fs::read(path).map_err(|_| unusable())?;
        let certificate = Certificate::from_pem(&pem).map_err(|_| unusable())?;
        parameters = parameters
            .certificate_store(CertificateStore::None)
            .add_root_certificate(certificate);
    }
    parameters.build_rustls().map_err(SettingsError::Tls)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn too_slow() -> SendError {
    SendError::transient("the mail server was too slow")
}

/// The reason is the server's code and the kind of trouble, not its text, which may quote the mail.
fn failure(error: &smtp::Error) -> SendError {
    if let Some(code) = error.status() {
        let reason = format!("the mail server answered {code}");
        return if error.is_permanent() {
            SendError::permanent(reason)
        } else {
            SendError::transient(reason)
        };
    }
    let reason = if error.is_timeout() {
        "the mail server was too slow"
    } else if error.is_tls() {
        "no encrypted connection to the mail server: its certificate is not trusted, or it offers none"
    } else if error.is_client() {
        "the mail server does not offer what is needed"
    } else {
        "the mail server cannot be reached"
    };
    SendError::transient(reason)
}

fn part(kind: ContentType, body: String) -> SinglePart {
    SinglePart::builder()
        .header(kind)
        .header(header::ContentTransferEncoding::QuotedPrintable)
        .body(body)
}

fn plain(message: &Message) -> String {
    let mut text = message.text();
    for answer in &message.answers {
        text.push_str("\n\n");
        text.push_str(&answer.label);
        text.push_str(": ");
        text.push_str(&answer.url);
    }
    text.push('\n');
    text
}

/// How a button looks in a mail, where no style sheet is read.
const BUTTON: &str = "display:inline-block;margin:0 8px 8px 0;padding:10px 16px;\
    border:1px solid #c8d0da;border-radius:8px;color:#1c4f8f;text-decoration:none";

fn html(message: &Message) -> String {
    let paragraph = |it: &String| format!("<p style=\"margin:0 0 8px\">{}</p>", escaped(it));
    let body: String = message.lines.iter().map(paragraph).collect();
    let button = |it: &AnswerLink| {
        let (url, label) = (escaped(&it.url), escaped(&it.label));
        format!("<a href=\"{url}\" style=\"{BUTTON}\">{label}</a>")
    };
    let buttons: String = message.answers.iter().map(button).collect();
    let title = escaped(&message.title);
    let title = match &message.url {
        Some(url) => format!(
            "<a href=\"{}\" style=\"color:#17202b\">{title}</a>",
            escaped(url)
        ),
        None => title,
    };
    format!(
        "<!doctype html><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\"><div style=\"max-width:34rem;font:16px/1.5 sans-serif;color:#17202b\"><h1 style=\"font-size:20px;margin:0 0 12px\">{title}</h1>{body}<p style=\"margin:16px 0 0\">{buttons}</p></div>\n"
    )
}

/// Text inside HTML or an attribute of it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::id::DeliveryId;
    use crate::domain::reminder::Level;

    fn settings(url: &str) -> Settings {
        Settings {
            url: url.to_owned(),
            password: None,
            from: "workmate <workmate@example.org>".to_owned(),
            ca_file: None,
        }
    }

    #[test]
    fn a_password_is_never_sent_in_the_open() {
        let refused = |url: &str| Mailer::open(&settings(url)).unwrap_err().to_string();
        assert!(refused("smtp+plain://anna:secret@relay.lan").contains("everybody to read"));
        assert!(refused("smtps://anna@mail.example.org").contains("password_file"));
        assert!(refused("https://mail.example.org").contains("`mail.url` is like"));
        assert!(Mailer::open(&settings("smtp://an%40na:s%20t@mail.example.org")).is_ok());
        assert!(Mailer::open(&settings("smtp+plain://relay.lan")).is_ok());
    }

    #[test]
    fn what_a_letter_says_is_text_in_the_mail_and_nothing_else() {
        let mailer = Mailer::open(&settings("smtp+plain://relay.lan")).unwrap();
        let message = Message {
            delivery: DeliveryId::new(Timestamp::UNIX_EPOCH, 7),
            title: "Müller & <b>Söhne</b>\r\nBcc: evil@example.org".to_owned(),
            lines: vec!["Due <today> \"now\"".to_owned()],
            level: Level::Urgent,
            url: Some("http://nas.lan:8420/tasks/1".to_owned()),
            answers: vec![AnswerLink {
                label: "Done".to_owned(),
                url: "http://nas.lan:8420/answer/abc".to_owned(),
            }],
        };
        let mail = mailer.letter("anna@example.org", &message).unwrap();
        let text = String::from_utf8(mail.formatted()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let body = body.replace("=\r\n", "");
        assert!(!head.to_lowercase().contains("\r\nbcc:"), "{head}");
        assert!(head.contains("Message-ID: <00000000000000000000000007@example.org>"));
        assert!(head.contains("Auto-Submitted: auto-generated"));
        assert!(body.contains("Due &lt;today&gt; &quot;now&quot;"), "{body}");
        assert!(body.contains("Done: http://nas.lan:8420/answer/abc"));
        let nobody = mailer.letter("not an address", &message).unwrap_err();
        assert!(matches!(nobody, SendError::Permanent { .. }));
    }
}
