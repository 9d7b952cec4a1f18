//! The one HTTP client: to addresses that a person configured, checked before anything is sent.
//!
//! A name is looked up once, every address it has is judged, and the connection goes to one of those
//! that passed and to no other, whatever the name says a moment later. Link-local addresses, the
//! metadata services of clouds, 0.0.0.0, groups and our own listener are never spoken to. Redirects are
//! not followed, proxies of the environment not used, and every call has a limit of time and bytes.
//! Whether content may go where a name leads is the caller's question, to [`policy::allows`], before it
//! sends any: [`Reached::destination`] says where that is.
//!
//! [`policy::allows`]: crate::domain::policy::allows

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use super::SendError;
use crate::domain::policy::Destination;

/// How long a server may take to accept a connection.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// Speaks HTTP for the house. Cheap to clone.
#[derive(Clone, Copy, Debug)]
pub struct Http {
    /// Where the house itself listens, which it never calls.
    own: SocketAddr,
}

/// A server whose addresses were looked up and passed.
pub struct Reached {
    client: Client,
    url: Url,
    destination: Destination,
}

impl Http {
    /// For a house that listens at `own`.
    pub const fn new(own: SocketAddr) -> Self {
        Self { own }
    }

    /// Looks up where `url` leads, for calls that take `patience` at most, answer included.
    ///
    /// # Errors
    /// Permanent if it leads to where nothing is sent, transient if it leads nowhere just now.
    pub async fn reach(&self, url: &Url, patience: Duration) -> Result<Reached, SendError> {
        let host = url
            .host()
            .ok_or_else(|| permanent("the address names no host"))?;
        let port = url
            .port_or_known_default()
            .ok_or_else(|| permanent("the address names no port"))?;
        let found = look_up(&host, port).await?;
        let passed: Vec<(SocketAddr, Destination)> = found
            .into_iter()
            .filter_map(|it| Some((it, self.judge(it)?)))
            .collect();
        let widest = passed.iter().map(|(_, it)| *it).max_by_key(|it| width(*it));
        let Some(destination) = widest else {
            return Err(permanent(format!(
                "{host} leads to an address that is never spoken to (link-local, a cloud's metadata, \
                 or workmate itself)"
            )));
        };
        let not_set_up = || permanent("the HTTP client cannot be set up");
        let tls = tls(url.scheme() == "https").map_err(|_| not_set_up())?;
        let addresses: Vec<SocketAddr> = passed.iter().map(|(it, _)| *it).collect();
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .tls_backend_preconfigured(tls)
            .resolve_to_addrs(&host.to_string(), &addresses)
            .connect_timeout(CONNECT_PATIENCE)
            .timeout(patience)
            .build()
            .map_err(|_| not_set_up())?;
        Ok(Reached {
            client,
            url: url.clone(),
            destination,
        })
    }

    /// Where an address is, if it is spoken to at all.
    fn judge(&self, address: SocketAddr) -> Option<Destination> {
        let destination = destination(address.ip())?;
        let is_own = address.port() == self.own.port()
            && (destination == Destination::Loopback
                || address.ip() == self.own.ip()
                || is_this_machine(address));
        (!is_own).then_some(destination)
    }
}

impl Reached {
    /// Where content would go: the farthest of the addresses that may be dialled.
    pub const fn destination(&self) -> Destination {
        self.destination
    }

    /// A `GET` of a path below the address.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(below(&self.url, path))
    }

    /// A `GET` of a path below the address that asks for something.
    pub fn get_with(&self, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = below(&self.url, path);
        url.query_pairs_mut().extend_pairs(query);
        self.client.get(url)
    }

    /// A request of another kind for a path below the address.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, below(&self.url, path))
    }

    /// A request for an address of the same server that carries its signature.
    pub fn signed(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// A `POST` of JSON to a path below the address.
    pub fn post(&self, path: &str, json: String) -> RequestBuilder {
        let request = self.client.post(below(&self.url, path));
        let json_type = "application/json";
        request
            .header(reqwest::header::CONTENT_TYPE, json_type)
            .body(json)
    }
}

/// The whole body, if it has at most `bytes_max` bytes.
///
/// # Errors
/// Transient if it is longer, or ends early.
pub async fn body(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, SendError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|it| trouble(&it))? {
        if body.len() + chunk.len() > bytes_max {
            return Err(SendError::transient("the answer is longer than allowed"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What went wrong on the way, without what was sent.
pub fn trouble(error: &reqwest::Error) -> SendError {
    let reason = if error.is_connect() {
        "the server cannot be reached"
    } else if error.is_timeout() {
        "the server took longer than allowed"
    } else {
        "the connection ended before the answer did"
    };
    SendError::transient(reason)
}

fn permanent(reason: impl Into<String>) -> SendError {
    SendError::permanent(reason)
}

fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let folder = base.path().trim_end_matches('/');
    url.set_path(&format!("{folder}{path}"));
    url
}

async fn look_up(host: &Host<&str>, port: u16) -> Result<Vec<SocketAddr>, SendError> {
    let name = match host {
        Host::Ipv4(it) => return Ok(vec![SocketAddr::from((*it, port))]),
        Host::Ipv6(it) => return Ok(vec![SocketAddr::from((*it, port))]),
        Host::Domain(name) => *name,
    };
    let nowhere = || SendError::transient(format!("there is no address for {name}"));
    let looked_up = tokio::time::timeout(CONNECT_PATIENCE, tokio::net::lookup_host((name, port)));
    let found = looked_up.await.map_err(|_| nowhere())?;
    let found: Vec<SocketAddr> = found.map_err(|_| nowhere())?.collect();
    if found.is_empty() {
        return Err(nowhere());
    }
    Ok(found)
}

const fn width(destination: Destination) -> u8 {
    match destination {
        Destination::Loopback => 0,
        Destination::Lan => 1,
        Destination::Internet => 2,
    }
}

/// Where an address is; `None` for those that are never spoken to.
pub fn destination(address: IpAddr) -> Option<Destination> {
    match address.to_canonical() {
        IpAddr::V4(it) => of_v4(it),
        IpAddr::V6(it) => of_v6(it),
    }
}

/// Metadata services that do not live on link-local addresses: Alibaba, Oracle, Azure.
const METADATA: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];
/// That of Amazon, in the range of local networks.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

fn of_v4(it: Ipv4Addr) -> Option<Destination> {
    let is_nobody = it.octets().first() == Some(&0) || it.is_broadcast() || it.is_multicast();
    if is_nobody || it.is_link_local() || METADATA.contains(&it) {
        return None;
    }
    Some(if it.is_loopback() {
        Destination::Loopback
    } else if it.is_private() {
        Destination::Lan
    } else {
        Destination::Internet
    })
}

fn of_v6(it: Ipv6Addr) -> Option<Destination> {
    if it.is_unspecified() || it.is_multicast() || it.is_unicast_link_local() || it == METADATA_V6 {
        return None;
    }
    // What a translator makes of it (RFC 6052) is judged.
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = it.segments() {
        let bits = (u32::from(high) << 16) | u32::from(low);
        return of_v4(Ipv4Addr::from_bits(bits));
    }
    Some(if it.is_loopback() {
        Destination::Loopback
    } else if it.is_unique_local() {
        Destination::Lan
    } else {
        Destination::Internet
    })
}

/// Whether an address is one of this machine's own: then it would speak to itself from there. Nothing
/// is sent to find that out.
fn is_this_machine(address: SocketAddr) -> bool {
    let any: SocketAddr = if address.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let from = UdpSocket::bind(any).and_then(|it| {
        it.connect(address)?;
        it.local_addr()
    });
    from.is_ok_and(|it| it.ip() == address.ip())
}

/// Trusts the authorities of this machine; nobody where nothing is encrypted.
fn tls(is_encrypted: bool) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    if is_encrypted {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8420);

    fn of(address: &str) -> Option<Destination> {
        destination(address.parse().unwrap())
    }

    #[test]
    fn addresses_are_told_by_how_far_they_are() {
        for near in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(of(near), Some(Destination::Loopback), "{near}");
        }
        for lan in [
            "10.0.0.7",
            "172.31.0.1",
            "192.168.178.20",
            "fd12:3456::1",
            "::ffff:10.0.0.7",
        ] {
            assert_eq!(of(lan), Some(Destination::Lan), "{lan}");
        }
        // Addresses behind a provider's translator are shared with strangers.
        for far in [
            "8.8.8.8",
            "100.64.0.1",
            "172.32.0.1",
            "2a00:1450::1",
            "64:ff9b::808:808",
        ] {
            assert_eq!(of(far), Some(Destination::Internet), "{far}");
        }
    }

    #[test]
    fn some_addresses_are_never_spoken_to() {
        for never in [
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "169.254.169.254",
            "169.254.1.1",
            "fe80::1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fd00:ec2::254",
            "100.100.100.200",
            "168.63.129.16",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert_eq!(of(never), None, "{never}");
        }
    }

    #[tokio::test]
    async fn our_own_listener_is_never_called() {
        let http = Http::new(OWN);
        for own in [
            "http://127.0.0.1:8420",
            "http://localhost:8420",
            "http://[::1]:8420/",
        ] {
            let refused = http.reach(&own.parse().unwrap(), CONNECT_PATIENCE).await;
            assert!(matches!(refused, Err(SendError::Permanent { .. })), "{own}");
        }
        let beside = "http://127.0.0.1:8421".parse().unwrap();
        let reached = http.reach(&beside, CONNECT_PATIENCE).await.unwrap();
        assert_eq!(reached.destination(), Destination::Loopback);
    }

    #[test]
    fn a_path_goes_below_the_address() {
        let at = |base: &str| below(&base.parse().unwrap(), "/api/chat").to_string();
        assert_eq!(at("http://nas:11434"), "http://nas:11434/api/chat");
        assert_eq!(at("https://nas/ollama/"), "https://nas/ollama/api/chat");
    }
}
