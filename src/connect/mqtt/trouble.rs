//! Why a connection ended, in words that say what to mend.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the errors are other crates'; what they add later is named in general words"
)]

use rumqttc::mqttbytes::Error as PacketError;
use rumqttc::{ConnectReturnCode, ConnectionError, StateError, TlsError};

/// What was in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// A sentence without secrets.
    pub(super) reason: String,
    /// The broker holds a message that is too large to be read. It would send it again at every
    /// connection, so the next one asks it to forget what it holds.
    pub(super) is_poisoned: bool,
}

impl Trouble {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            is_poisoned: false,
        }
    }
}

impl From<ConnectionError> for Trouble {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::ConnectionRefused(code) => Self::new(refused(code)),
            ConnectionError::NetworkTimeout | ConnectionError::FlushTimeout => Self::new(
                "the broker does not answer; is its address right, and is it switched on?",
            ),
            ConnectionError::Io(error) => Self::new(unreachable(&error)),
            ConnectionError::Tls(error) => Self::new(untrusted(&error)),
            ConnectionError::NotConnAck(_) => {
                Self::new("what answers there does not speak MQTT 3.1.1")
            }
            ConnectionError::MqttState(error) => state(&error),
            ConnectionError::RequestsDone => Self::new("workmate is stopping"),
        }
    }
}

fn refused(code: ConnectReturnCode) -> String {
    match code {
        ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => {
            "the broker refuses the user name or the password (mqtt.url, mqtt.password_file)"
                .to_owned()
        }
        ConnectReturnCode::BadClientId => {
            "the broker refuses the client's name; mqtt.prefix names it".to_owned()
        }
        ConnectReturnCode::ServiceUnavailable => "the broker is busy or starting".to_owned(),
        ConnectReturnCode::RefusedProtocolVersion | ConnectReturnCode::Success => {
            "the broker does not speak MQTT 3.1.1".to_owned()
        }
    }
}

fn unreachable(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused => "nothing answers at the broker's address".to_owned(),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => {
            "the network of the broker cannot be reached".to_owned()
        }
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
            "the broker closed the connection".to_owned()
        }
        // Name resolution has no kind of its own.
        _ if error.to_string().contains("lookup") => {
            "the broker's name is not known to this network".to_owned()
        }
        // So the framing says that a packet was cut off.
        _ if error.to_string().contains("bytes remaining") => {
            "what answers there hung up in the middle of a message; does it speak MQTT?".to_owned()
        }
        _ => error.to_string(),
    }
}

fn untrusted(error: &TlsError) -> String {
    match error {
        TlsError::TLS(error) => certificate(error),
        // The handshake's failures come wrapped.
        TlsError::Io(error) => error
            .get_ref()
            .and_then(|it| it.downcast_ref::<rustls::Error>())
            .map_or_else(|| interrupted(error), certificate),
        TlsError::DNSName(_) => "the broker's name cannot stand in a certificate".to_owned(),
        other => other.to_string(),
    }
}

/// A broker that expects plain MQTT hangs up when it hears TLS.
fn interrupted(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            NOT_TLS.to_owned()
        }
        _ => unreachable(error),
    }
}

const NOT_TLS: &str = "what answers there does not speak TLS; is it the port for mqtt://?";

fn certificate(error: &rustls::Error) -> String {
    use rustls::CertificateError;
    let rustls::Error::InvalidCertificate(problem) = error else {
        return NOT_TLS.to_owned();
    };
    match problem {
        // A bad signature is an authority that has the right name and another key: made anew.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the broker's certificate comes from an authority that is not trusted here (mqtt.ca_file)"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the broker's certificate has expired"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the broker's certificate is not valid yet; is this machine's clock right?"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the broker's certificate is for another name than the one in mqtt.url"
        }
        _ => return format!("the broker's certificate is not accepted: {problem}"),
    }
    .to_owned()
}

fn state(error: &StateError) -> Trouble {
    match error {
        StateError::Deserialization(PacketError::PayloadSizeLimitExceeded(size)) => Trouble {
            reason: format!("the broker sent a message of {size} bytes, which is too large"),
            is_poisoned: true,
        },
        StateError::Io(error) | StateError::Deserialization(PacketError::Io(error)) => {
            Trouble::new(unreachable(error))
        }
        StateError::ConnectionAborted => Trouble::new("the broker closed the connection"),
        StateError::AwaitPingResp => Trouble::new("the broker does not answer any more"),
        _ => Trouble::new("the broker sent what makes no sense"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_password_is_named_as_such() {
        let error = ConnectionError::ConnectionRefused(ConnectReturnCode::NotAuthorized);
        assert!(Trouble::from(error).reason.contains("password"));
    }

    #[test]
    fn a_message_that_is_too_large_poisons_the_session() {
        let error = StateError::Deserialization(PacketError::PayloadSizeLimitExceeded(2_000_000));
        assert!(Trouble::from(ConnectionError::MqttState(error)).is_poisoned);
    }
}
