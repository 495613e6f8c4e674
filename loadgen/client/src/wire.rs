//! What lies between a connection's bytes and a framing: heads, bodies and their ends. HTTP/1.1 is the only one today;
//! another carrier is another file that implements [`Wire`].

use super::{DecodeError, Framing, Head, Signal, Sink};

/// What a wire found at the front of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A response head, which is now [`Wire::head`]; one of 1xx announces another.
    Head,
    /// Bytes of a body; `ends` when they complete one of the wire's own units, such as a chunk.
    Body { bytes: &'a [u8], ends: bool },
    /// Bytes of a body that the wire does not delimit: it is over when the framing or the connection is.
    Rest(&'a [u8]),
    /// The end of the body.
    End,
}

/// Bytes received that are neither payload nor framing of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overhead {
    /// The head that answers the first request; zero until it has come.
    pub head_bytes: u64,
    /// What exists only because the stream has ended: the last chunk, a close frame.
    pub end_bytes: u64,
}

/// The peer's half of one connection, read piece by piece. After an error a wire is spent.
pub(super) trait Wire {
    /// Takes the next piece off the front of `bytes`; `None` when they are used up.
    fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Piece<'a>>, DecodeError>;

    /// Takes the end of the connection; whether it ends a body cleanly.
    fn close(&mut self) -> Result<bool, DecodeError>;

    /// Begins the next answer: a request was, or will be, sent again.
    fn again(&mut self);

    /// Ends a body that is not delimited: whatever comes now is ignored.
    fn stop(&mut self);

    /// Whether nothing more is expected.
    fn is_over(&self) -> bool;

    /// The latest response head; an empty one with status 0 before the first has come.
    fn head(&self) -> &Head;

    /// What heads and ends took.
    fn overhead(&self) -> Overhead;

    /// Takes the next bytes of the connection, cut anywhere, and has a framing read the bodies.
    fn push<F: Framing, S: Sink + ?Sized>(
        &mut self,
        framing: &mut F,
        mut bytes: &[u8],
        sink: &mut S,
    ) -> Result<(), DecodeError> {
        while let Some(piece) = self.next(&mut bytes)? {
            match piece {
                Piece::Body { bytes, ends } => framing.push_chunk(bytes, ends, sink)?,
                Piece::Rest(bytes) => {
                    framing.push(bytes, sink)?;
                    if framing.is_over() {
                        self.stop();
                    }
                }
                Piece::Head => {
                    sink.signal(Signal::Head(self.head()));
                    if self.head().is_final() {
                        framing.accept(self.head(), bytes)?;
                    }
                }
                Piece::End => self.end(framing, sink)?,
            }
        }
        Ok(())
    }

    /// Takes the end of the connection: was it a clean one?
    fn finish<F: Framing, S: Sink + ?Sized>(&mut self, framing: &mut F, sink: &mut S) -> Result<(), DecodeError> {
        if self.close()? { self.end(framing, sink) } else { Ok(()) }
    }

    /// Ends a body, and begins the next answer where another one follows.
    fn end<F: Framing, S: Sink + ?Sized>(&mut self, framing: &mut F, sink: &mut S) -> Result<(), DecodeError> {
        framing.finish(sink)?;
        if F::REPEATS && !framing.is_over() {
            self.again();
        }
        sink.signal(Signal::ResponseEnd);
        Ok(())
    }
}
