//! What clients connect to, one file a carrier beside cleartext HTTP/1.1: each is listened for on a port of its own, and comes to
//! the same [`connection::serve`].

pub(crate) mod args;
mod certificate;
mod tls;

use crate::connection::{refuse, serve};
use crate::connection_guard::ConnectionGuard;
use crate::options::ServeOptions;
use crate::{ServeError, listener};
use axum::Router;
use certificate::Certificate;
use hyper_util::service::TowerToHyperService;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use tokio::net::TcpStream;
use wire::Carrier;

/// What is done to a connection before HTTP is spoken on it.
#[derive(Clone)]
pub(crate) enum Opening {
    /// Nothing.
    H1,
    /// A TLS handshake.
    H1Tls(tls::Handshake),
}

impl Opening {
    /// Serves a connection to its end, or says that it is one too many, in a task of its own.
    pub(crate) fn serve(
        &self,
        stream: TcpStream,
        (guard, fits): (Arc<ConnectionGuard>, bool),
        router: TowerToHyperService<Router>,
    ) {
        match self {
            Self::H1 if fits => drop(tokio::spawn(serve(stream, guard, router))),
            Self::H1 => drop(tokio::spawn(refuse(stream, guard))),
            Self::H1Tls(handshake) => {
                let handshake = handshake.clone();
                tokio::spawn(async move {
                    match handshake.shake(stream, &guard).await {
                        Some(stream) if fits => serve(stream, guard, router).await,
                        Some(stream) => refuse(stream, guard).await,
                        // Who does not get through it has been told why, in an alert.
                        None => {}
                    }
                });
            }
        }
    }
}

/// A listening socket of one thread.
pub(crate) struct Entrance {
    /// The socket.
    pub(crate) listener: TcpListener,
    /// What happens to what it accepts.
    pub(crate) opening: Opening,
}

/// Every port of a server.
pub(crate) struct Entrances {
    /// Where cleartext HTTP/1.1 is served.
    pub(crate) addr: SocketAddr,
    /// For each thread its listening sockets.
    pub(crate) of_threads: Vec<Vec<Entrance>>,
    /// The ports of the other carriers.
    pub(crate) ports: BTreeMap<Carrier, u16>,
    /// The certificate that carriers over TLS show, in PEM.
    pub(crate) certificate: Option<String>,
}

impl Entrances {
    /// Listens for cleartext HTTP/1.1 and for each further carrier.
    ///
    /// # Errors
    /// [`ServeError`] when an address, a knob or a certificate is refused.
    pub(crate) fn open(options: &ServeOptions) -> Result<Self, ServeError> {
        let bind = options.bind;
        let certificate = match &options.carriers[..] {
            [] => None,
            _ => Some(Certificate::of(options.certificate.as_ref(), bind.ip())?),
        };
        let mut all = Self {
            addr: bind,
            of_threads: (0..options.threads.max(1)).map(|_| Vec::new()).collect(),
            ports: BTreeMap::new(),
            certificate: certificate.as_ref().map(Certificate::pem),
        };
        all.addr = all.listen(bind, options, &Opening::H1)?;
        for &(carrier, port) in &options.carriers {
            let opening = opening(carrier, certificate.as_ref())?;
            let addr = all.listen(SocketAddr::new(bind.ip(), port), options, &opening)?;
            all.ports.insert(carrier, addr.port());
        }
        Ok(all)
    }

    fn listen(
        &mut self,
        bind: SocketAddr,
        options: &ServeOptions,
        opening: &Opening,
    ) -> Result<SocketAddr, ServeError> {
        let listeners = listener::listen(bind, &options.tuning, self.of_threads.len())?;
        let addr = listeners[0].local_addr().map_err(|source| listener::cannot_bind(bind, source))?;
        for (thread, listener) in self.of_threads.iter_mut().zip(listeners) {
            thread.push(Entrance { listener, opening: opening.clone() });
        }
        Ok(addr)
    }
}

/// The one place that knows which carriers a server has.
fn opening(carrier: Carrier, certificate: Option<&Certificate>) -> Result<Opening, ServeError> {
    match (carrier, certificate) {
        (Carrier::H1Tls, Some(certificate)) => Ok(Opening::H1Tls(tls::Handshake::new(certificate, carrier)?)),
        (Carrier::H1 | Carrier::H1Tls | Carrier::H2 | Carrier::H2Tls | Carrier::H3, _) => {
            Err(ServeError::Flag { flag: "--carrier", expected: "h1+tls: other carriers are not supported yet" })
        }
    }
}
