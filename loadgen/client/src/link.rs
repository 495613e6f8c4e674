//! One dialled TCP or TLS stream, its deadlines and its meter: the same one under every client. Refuses to decode anything.

use super::patience::Patience;
use super::socket::Socket;
use crate::kernel_clock::Asked;
use crate::worker::Worker;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio_rustls::client::TlsStream;
use trial::{Bothways, Traffic};

/// Bytes and calls on one link. Above TLS, where there is TLS.
#[derive(Debug, Default)]
pub struct Meter {
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    reads: AtomicU64,
}

impl Meter {
    /// Bytes received.
    pub fn bytes_in(&self) -> u64 {
        self.bytes_in.load(Relaxed)
    }

    /// Bytes sent.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Relaxed)
    }

    /// Read calls that returned bytes.
    pub fn reads(&self) -> u64 {
        self.reads.load(Relaxed)
    }
}

/// One open stream. What its socket carried is folded into the worker when it is dropped.
pub struct Link {
    io: Io,
    meter: Arc<Meter>,
    handshake: Bothways,
    patience: Patience,
    worker: Option<Worker>,
}

/// What lies under a link.
pub(super) enum Io {
    Tcp(Socket),
    Tls(Box<TlsStream<Socket>>),
}

impl From<Socket> for Io {
    fn from(socket: Socket) -> Self {
        Self::Tcp(socket)
    }
}

impl From<TlsStream<Socket>> for Io {
    fn from(stream: TlsStream<Socket>) -> Self {
        Self::Tls(Box::new(stream))
    }
}

impl Link {
    /// A stream that stands, with its handshakes behind it.
    pub(super) fn new(io: Io, limit: Duration, worker: Option<Worker>) -> Self {
        let handshake = io.socket().bytes();
        Self { io, meter: Arc::default(), handshake, patience: Patience::new(limit), worker }
    }

    /// The link's meter; it outlives the link.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    /// From now on, what the peer owes must come within `limit`: behind it every read and write fails with
    /// [`Overdue`](super::Overdue), also while bytes keep coming. The next call begins anew.
    pub fn expect(&mut self, limit: Duration) {
        self.patience.expect(limit);
    }

    /// Writes what the outbox holds and takes out what the peer has taken, so that a wait may be given up and begun again.
    ///
    /// # Errors
    /// When the connection broke, or the peer does not read.
    pub async fn send(&mut self, outbox: &mut Vec<u8>) -> io::Result<()> {
        while !outbox.is_empty() {
            let taken = self.write(outbox).await?;
            if taken == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            outbox.drain(..taken);
        }
        self.flush().await
    }

    /// What has been on the wire so far, if all that the kernel has received has been read; about a microsecond.
    pub fn settled(&self) -> Option<Traffic> {
        self.io.socket().settled()
    }

    /// The kernel's stamp of the latest read, where that asked for one.
    pub fn take_stamp(&mut self) -> Option<Asked> {
        match &mut self.io {
            Io::Tcp(socket) => socket.take_stamp(),
            Io::Tls(stream) => stream.get_mut().0.take_stamp(),
        }
    }
}

impl Io {
    fn socket(&self) -> &Socket {
        match self {
            Self::Tcp(socket) => socket,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(worker) = &self.worker {
            // A socket that outlives its trial counts for nobody.
            let _ = worker.record(|recorder| recorder.layers.add(&self.io.socket().layers(self.handshake)));
        }
    }
}

impl AsyncRead for Link {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { io, meter, patience, .. } = self.get_mut();
        let before = buf.filled().len();
        ready!(patience.read(cx, |cx| match io {
            Io::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Io::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }))?;
        let received = (buf.filled().len() - before) as u64;
        if received > 0 {
            meter.bytes_in.fetch_add(received, Relaxed);
            meter.reads.fetch_add(1, Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Link {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { io, meter, patience, .. } = self.get_mut();
        let sent = ready!(patience.write(cx, |cx| match io {
            Io::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Io::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }))?;
        meter.bytes_out.fetch_add(sent as u64, Relaxed);
        Poll::Ready(Ok(sent))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, patience, .. } = self.get_mut();
        patience.write(cx, |cx| match io {
            Io::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Io::Tls(stream) => Pin::new(stream).poll_flush(cx),
        })
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, patience, .. } = self.get_mut();
        patience.write(cx, |cx| match io {
            Io::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Io::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        })
    }
}
