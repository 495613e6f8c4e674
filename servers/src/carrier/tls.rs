//! TLS 1.3 by rustls before HTTP/1.1: full handshakes alone, and one protocol that both ends agree on. Refuses to wait for ever
//! for a handshake.

use super::certificate::Certificate;
use crate::ServeError;
use crate::connection_guard::ConnectionGuard;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::NoServerSessionStorage;
use rustls::version::TLS13;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use wire::Carrier;

/// Longest handshake: many round trips of any network.
const LONGEST: Duration = Duration::from_secs(10);

/// What every connection of a carrier over TLS begins with.
#[derive(Clone)]
pub(crate) struct Handshake(TlsAcceptor);

impl Handshake {
    /// Handshakes that show this certificate, and in which the carrier's protocol is agreed on.
    ///
    /// # Errors
    /// [`ServeError::Certificate`] where the key is not the certificate's.
    pub(super) fn new(certificate: &Certificate, carrier: Carrier) -> Result<Self, ServeError> {
        let refused = |error: rustls::Error| ServeError::Certificate(error.to_string());
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_protocol_versions(&[&TLS13]).map_err(refused)?.with_no_client_auth();
        let (chain, key) = certificate.parts();
        let mut config = builder.with_single_cert(chain, key).map_err(refused)?;
        config.alpn_protocols = carrier.alpn().into_iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        // No session is resumed: each connection costs the same, and nothing but events follows the handshake.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// What stands after the handshake; `None` where there is none in time, or the server ends.
    pub(super) async fn shake(&self, stream: TcpStream, guard: &ConnectionGuard) -> Option<Encrypted> {
        let mut closing = guard.worker().state.watch_closing();
        let shaken = Box::pin(timeout(LONGEST, self.0.accept(stream)));
        tokio::select! {
            biased;
            _ = closing.wait_for(|&closed| closed) => None,
            shaken = shaken => shaken.ok()?.ok().map(|stream| Encrypted(Box::new(stream))),
        }
    }
}

/// A connection after its handshake, on the heap, since it is a kilobyte and is moved several times. Whoever drops it says so to
/// the client (RFC 8446, section 6.1), as far as the kernel has room for that: an upgraded connection is dropped and not shut down.
pub(super) struct Encrypted(Box<TlsStream<TcpStream>>);

impl Drop for Encrypted {
    fn drop(&mut self) {
        let (socket, session) = self.0.get_mut();
        session.send_close_notify();
        let mut farewell = Vec::new();
        while session.wants_write() && session.write_tls(&mut farewell).is_ok() {}
        let _ = socket.try_write(&farewell);
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
