//! The one reader of sockets: a link and the conversation that is held over it. Whoever hears it, a recorder or the answer
//! of a language model, is passed to each read.

use super::link::Link;
use super::{Conversation, DecodeError, Signal};
use servers::clock;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead as _, ReadBuf};
use wire::MonoTime;

/// One open connection that is read and written.
pub struct Connection {
    /// The socket with its deadlines and accounts.
    pub link: Link,
    /// What is said over it; over a kept connection another one for each request.
    pub conversation: Conversation,
}

/// One read and everything in it.
#[derive(Debug)]
pub struct Received {
    /// When the read returned: the one timestamp of all that came with it.
    pub at: MonoTime,
    /// Bytes that came; 0 when the peer has closed the connection.
    pub bytes: usize,
    /// Whether they were, or the end was, what the transport allows.
    pub heard: Result<(), DecodeError>,
}

impl Connection {
    /// Writes what must be written; a wait may be given up and begun again.
    ///
    /// # Errors
    /// When the connection broke, or the peer does not read.
    pub async fn flush(&mut self) -> io::Result<()> {
        self.link.send(self.conversation.outbox()).await
    }

    /// Reads once into `buffer` and decodes what came; `sink` gets each signal with the time of the read.
    ///
    /// # Errors
    /// When the connection broke, or the peer let the deadline pass.
    pub async fn receive(
        &mut self,
        buffer: &mut [u8],
        sink: &mut impl FnMut(Signal<'_>, MonoTime),
    ) -> io::Result<Received> {
        poll_fn(|cx| self.poll_receive(cx, buffer, sink)).await
    }

    /// The same as one poll, for streams that share a buffer and hold it no longer.
    #[inline]
    pub fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
        sink: &mut impl FnMut(Signal<'_>, MonoTime),
    ) -> Poll<io::Result<Received>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.link).poll_read(cx, &mut buffer))?;
        let (at, bytes) = (clock::now(), buffer.filled());
        let mut sink = |signal: Signal<'_>| sink(signal, at);
        let heard = match bytes {
            [] => self.conversation.eof(&mut sink),
            _ => self.conversation.push(bytes, &mut sink),
        };
        Poll::Ready(Ok(Received { at, bytes: bytes.len(), heard }))
    }
}
