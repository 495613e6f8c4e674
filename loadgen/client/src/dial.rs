//! Where to dial, and why nobody answered there: name, TCP, TLS. Refuses to read or write on what it has opened.

use super::link::Link;
use super::socket::Socket;
use crate::endpoint::Endpoint;
use crate::recorder::DialTimes;
use crate::tls;
use crate::worker::Worker;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use servers::clock;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
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
    #[error("no free local port towards {0}: fewer connections, or widen net.ipv4.ip_local_port_range")]
    NoPort(SocketAddr),
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
        Ok(Self { host: endpoint.authority.clone(), addresses, tls, limit, stamps: None })
    }

    /// The same, with the kernel's receive stamps in one read of each link in so many, or without.
    pub fn with_stamps(self, one_in: Option<u32>) -> Self {
        Self { stamps: one_in, ..self }
    }

    /// Longest wait for a connection, and for a peer that takes no byte.
    pub const fn limit(&self) -> Duration {
        self.limit
    }

    /// Whether every address is this host's own loopback.
    pub fn is_loopback(&self) -> bool {
        self.addresses.iter().all(|address| address.ip().is_loopback())
    }

    /// How many distinct addresses can be dialled.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
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
            Some((config, name)) => self.handshake(config, name, socket).await?.into(),
        };
        let times = DialTimes { start, tcp: connected, tls: if self.tls.is_some() { clock::now() } else { connected } };
        Ok((Link::new(io, self.limit, worker.cloned()), times))
    }

    async fn connect(&self) -> Result<TcpStream, DialError> {
        let mut last = DialError::Resolve(self.host.clone());
        for &address in &self.addresses {
            last = match timeout(self.limit, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // Nagle is off on both sides, whatever the preset: the generator is no part of what is tuned.
                    return stream.set_nodelay(true).map(|()| stream).map_err(|error| dial_error(address, &error));
                }
                Ok(Err(error)) => dial_error(address, &error),
                Err(_) => DialError::TimedOut(address, self.limit),
            };
        }
        Err(last)
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
