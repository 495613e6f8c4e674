//! Where to dial and from where, and why nobody answered there: name, TCP, TLS. Refuses to read or write on what it has
//! opened.

use super::link::Link;
use super::socket::Socket;
use crate::endpoint::Endpoint;
use crate::recorder::DialTimes;
use crate::tls;
use crate::worker::Worker;
use nix::sys::socket::{setsockopt, sockopt::IpBindAddressNoPort};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use servers::clock;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Where to dial and how long to wait, resolved once for all connections.
#[derive(Clone)]
pub struct Dialer {
    host: String,
    addresses: Vec<SocketAddr>,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    limit: Duration,
    /// One read in so many asks for a stamp; `None`: none does.
    stamps: Option<u32>,
    /// Where connections come from, each from the next; empty: the kernel chooses.
    sources: Vec<IpAddr>,
    /// Connections dialled so far, by all clones together.
    dialled: Arc<AtomicUsize>,
}

/// Why a connection could not be opened. Each text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The name has no address.
    #[error("cannot resolve '{0}': check the host name")]
    Resolve(String),
    /// Nobody listens there.
    #[error("{0} refused the connection: is the server running, and is the port right?")]
    Refused(SocketAddr),
    /// No answer in time.
    #[error("no answer from {0} within {limit}: unreachable, or a firewall drops it", limit = humantime::format_duration(*.1))]
    TimedOut(SocketAddr, Duration),
    /// The host has no free port left for this destination.
    #[error(
        "no free local port towards {0}: fewer connections, more addresses to come from (--source-address), or widen \
         net.ipv4.ip_local_port_range"
    )]
    NoPort(SocketAddr),
    /// This host does not have the address that connections are to come from.
    #[error("this host has no address {0}: 'ip address' shows those that it has")]
    NoAddress(IpAddr),
    /// IPv4 sources for an IPv6 address, or the other way round.
    #[error("{0} cannot be dialled from any of the addresses given: one is IPv4, the other IPv6")]
    NoSource(SocketAddr),
    /// The process may open no more files.
    #[error("no free file descriptor: fewer connections, or raise 'ulimit -n'")]
    NoDescriptor,
    /// The peer answered a TLS greeting with something else.
    #[error("{0} does not speak TLS there: use http:// or ws:// instead of https:// or wss://")]
    NotTls(String),
    /// The peer speaks TLS, and does not say that what it speaks inside is what was asked for (ALPN).
    #[error("{0} did not agree to speak {1} over TLS (ALPN): is the port that of an HTTP server?")]
    NoAgreement(String, String),
    /// The peer's certificate is not trusted.
    #[error("certificate of {0} is not trusted: {1}")]
    Certificate(String, String),
    /// Any other failure of the operating system.
    #[error("cannot connect to {0}: {1}")]
    Other(String, String),
}

impl Dialer {
    /// Resolves the endpoint's host and keeps the TLS configuration.
    ///
    /// # Errors
    /// [`DialError::Resolve`] when the name has no address.
    pub async fn resolve(
        endpoint: &Endpoint,
        tls: Option<Arc<ClientConfig>>,
        limit: Duration,
    ) -> Result<Self, DialError> {
        let unresolved = || DialError::Resolve(endpoint.host.clone());
        let lookup = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port));
        let addresses: Vec<_> =
            timeout(limit, lookup).await.map_err(|_| unresolved())?.map_err(|_| unresolved())?.collect();
        let name = ServerName::try_from(endpoint.host.clone()).map_err(|_| unresolved())?;
        if addresses.is_empty() {
            return Err(unresolved());
        }
        let tls = tls.filter(|_| endpoint.tls).map(|config| (config, name));
        let (host, dialled) = (endpoint.authority.clone(), Arc::default());
        Ok(Self { host, addresses, tls, limit, stamps: None, sources: Vec::new(), dialled })
    }

    /// The same, with the kernel's receive stamps in one read of each link in so many, or without.
    pub fn with_stamps(self, one_in: Option<u32>) -> Self {
        Self { stamps: one_in, ..self }
    }

    /// The same, with connections that come from these addresses in turn, as many from each; none: the kernel chooses.
    pub fn from_sources(self, sources: &[IpAddr]) -> Self {
        Self { sources: sources.to_vec(), ..self }
    }

    /// Longest wait for a connection, and for a peer that takes no byte.
    pub const fn limit(&self) -> Duration {
        self.limit
    }

    /// Whether every address is this host's own loopback.
    pub fn is_loopback(&self) -> bool {
        self.addresses.iter().all(|address| address.ip().is_loopback())
    }

    /// The addresses that can be dialled.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The address that is dialled first, and from how many addresses connections to it come.
    pub fn route(&self) -> Option<(SocketAddr, usize)> {
        let to = *self.addresses.first()?;
        Some((to, alike(&self.sources, to).count().max(1)))
    }

    /// Opens one link: the first address that answers, Nagle off, then TLS where the endpoint wants it. What its socket
    /// carries is `worker`'s to record; `None`: nobody's, as of connections that are not measured.
    ///
    /// # Errors
    /// [`DialError`] of the last address that was tried.
    pub async fn dial(&self, worker: Option<&Worker>) -> Result<(Link, DialTimes), DialError> {
        let start = clock::now();
        let tcp = self.connect().await?;
        let connected = clock::now();
        let mut socket = Socket::new(tcp);
        if let Some(one_in) = self.stamps {
            socket.ask_for_stamps(one_in);
        }
        let io = match &self.tls {
            None => socket.into(),
            // In a box: whoever dials in the clear has no room for it.
            Some((config, name)) => Box::pin(self.handshake(config, name, socket)).await?.into(),
        };
        let times = DialTimes { start, tcp: connected, tls: if self.tls.is_some() { clock::now() } else { connected } };
        Ok((Link::new(io, self.limit, worker.cloned()), times))
    }

    async fn connect(&self) -> Result<TcpStream, DialError> {
        let mut last = DialError::Resolve(self.host.clone());
        let turn = self.dialled.fetch_add(1, Relaxed);
        for &address in &self.addresses {
            last = match timeout(self.limit, self.connect_to(address, turn)).await {
                Ok(Ok(stream)) => {
                    // Nagle is off on both sides, whatever the preset: the generator is no part of what is tuned.
                    return stream.set_nodelay(true).map(|()| stream).map_err(|error| dial_error(address, &error));
                }
                Ok(Err(error)) => error,
                Err(_) => DialError::TimedOut(address, self.limit),
            };
        }
        Err(last)
    }

    /// A connection from the source whose turn it is, where there are sources.
    async fn connect_to(&self, to: SocketAddr, turn: usize) -> Result<TcpStream, DialError> {
        let refused = |error: io::Error| dial_error(to, &error);
        if self.sources.is_empty() {
            return TcpStream::connect(to).await.map_err(refused);
        }
        let sources = alike(&self.sources, to);
        let source = sources.clone().nth(turn % sources.count().max(1)).ok_or(DialError::NoSource(to))?;
        let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(refused)?;
        // The port is chosen with the connection: chosen here, it would be taken from every destination.
        setsockopt(&socket, IpBindAddressNoPort, &true).map_err(|error| refused(error.into()))?;
        socket.bind(SocketAddr::new(source, 0)).map_err(|error| match error.kind() {
            io::ErrorKind::AddrNotAvailable => DialError::NoAddress(source),
            _ => refused(error),
        })?;
        socket.connect(to).await.map_err(refused)
    }

    async fn handshake(
        &self,
        config: &Arc<ClientConfig>,
        name: &ServerName<'static>,
        socket: Socket,
    ) -> Result<TlsStream<Socket>, DialError> {
        let connect = TlsConnector::from(Arc::clone(config)).connect(name.clone(), socket);
        match timeout(self.limit, connect).await {
            Ok(Ok(stream)) => match &config.alpn_protocols[..] {
                [asked] if stream.get_ref().1.alpn_protocol() != Some(asked) => {
                    Err(DialError::NoAgreement(self.host.clone(), String::from_utf8_lossy(asked).into_owned()))
                }
                _ => Ok(stream),
            },
            Ok(Err(error)) => Err(tls_error(&self.host, &error)),
            Err(_) => Err(DialError::Other(self.host.clone(), "TLS handshake timed out".to_owned())),
        }
    }
}

/// The sources that can reach an address: those of its kind.
fn alike(sources: &[IpAddr], to: SocketAddr) -> impl Iterator<Item = IpAddr> + Clone {
    sources.iter().copied().filter(move |source| source.is_ipv4() == to.is_ipv4())
}

fn dial_error(address: SocketAddr, error: &io::Error) -> DialError {
    const NO_DESCRIPTOR: [i32; 2] = [nix::libc::EMFILE, nix::libc::ENFILE];
    match error.kind() {
        io::ErrorKind::ConnectionRefused => DialError::Refused(address),
        io::ErrorKind::AddrNotAvailable => DialError::NoPort(address),
        _ if error.raw_os_error().is_some_and(|code| NO_DESCRIPTOR.contains(&code)) => DialError::NoDescriptor,
        _ => DialError::Other(address.to_string(), error.to_string()),
    }
}

fn tls_error(host: &str, error: &io::Error) -> DialError {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidMessage(_)) => DialError::NotTls(host.to_owned()),
        Some(rustls::Error::InvalidCertificate(why)) => DialError::Certificate(host.to_owned(), tls::advice(why)),
        _ => DialError::Other(host.to_owned(), format!("TLS handshake failed: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::net::TcpListener;

    /// A listener, and what dials it from these addresses.
    async fn dialer(at: &str, sources: &[IpAddr]) -> (TcpListener, Dialer) {
        let listener = TcpListener::bind(at).unwrap();
        let endpoint = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let dialer = Dialer::resolve(&endpoint, None, Duration::from_secs(5)).await.unwrap();
        (listener, dialer.from_sources(sources))
    }

    #[tokio::test]
    async fn connections_are_spread_evenly_over_their_sources() {
        let sources = ["127.0.0.2", "::1", "127.0.0.3"].map(|source| source.parse().unwrap());
        let (listener, dialer) = dialer("127.0.0.1:0", &sources).await;
        assert_eq!(dialer.route(), Some((listener.local_addr().unwrap(), 2)));
        let mut from = BTreeMap::new();
        for _ in 0..3 {
            // Clones take turns.
            for dialer in [&dialer, &dialer.clone()] {
                let link = dialer.dial(None).await.unwrap();
                *from.entry(listener.accept().unwrap().1.ip()).or_insert(0) += 1;
                drop(link);
            }
        }
        assert_eq!(from, BTreeMap::from([(sources[0], 3), (sources[2], 3)]));
    }

    #[tokio::test]
    async fn a_source_that_cannot_be_used_is_named() {
        let far = IpAddr::from([192, 0, 2, 1]);
        let (listener, dialer) = dialer("127.0.0.1:0", &[far]).await;
        assert_eq!(dialer.dial(None).await.err(), Some(DialError::NoAddress(far)));
        let other = dialer.from_sources(&[std::net::Ipv6Addr::LOCALHOST.into()]);
        assert_eq!(other.dial(None).await.err(), Some(DialError::NoSource(listener.local_addr().unwrap())));
    }

    #[tokio::test]
    async fn without_sources_the_kernel_chooses() {
        let (listener, dialer) = dialer("127.0.0.1:0", &[]).await;
        let _link = dialer.dial(None).await.unwrap();
        assert_eq!(listener.accept().unwrap().1.ip(), listener.local_addr().unwrap().ip());
        assert_eq!(dialer.route().map(|(_, sources)| sources), Some(1));
    }
}
