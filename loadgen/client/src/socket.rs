//! The TCP socket under a link, below TLS: counts its bytes, reads the kernel's counters and, if asked, the kernel's
//! receive stamps. Refuses to encrypt or decode.

use crate::kernel_clock::Asked;
use kernel::{Family, TcpInfo};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt::ReceiveTimestampns};
use std::io::{self, IoSliceMut};
use std::os::fd::{AsRawFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use trial::{Bothways, Layers, Leg, Traffic};

/// Segments above this are no network's: Ethernet's largest frames hold 9,000 bytes.
const LARGEST_NETWORK_MSS_BYTES: u32 = 9_000;

/// One connected socket.
pub(super) struct Socket {
    tcp: TcpStream,
    bytes_out: u64,
    bytes_in: u64,
    stamps: Option<Stamps>,
}

/// Which reads ask for a stamp, room for their control message, and what the latest one said.
struct Stamps {
    one_in: u32,
    /// Reads until the next that asks.
    skips: u32,
    control: Vec<u8>,
    /// When the last byte of the latest read reached the kernel, if that read asked.
    latest: Option<Asked>,
}

impl Socket {
    pub(super) const fn new(tcp: TcpStream) -> Self {
        Self { tcp, bytes_out: 0, bytes_in: 0, stamps: None }
    }

    /// Has the kernel stamp what it receives from now on (`SO_TIMESTAMPNS`; the kernel takes a moment to start), and one read
    /// in so many ask for it. From a kernel that refuses no stamp comes: a trial says so, and measures the rest.
    pub(super) fn ask_for_stamps(&mut self, one_in: u32) {
        let _ = setsockopt(&self.tcp, ReceiveTimestampns, &true);
        // Neighbours ask in different reads, so that a tick for all of them finds some that ask.
        let skips = self.tcp.as_raw_fd().unsigned_abs() % one_in.max(1);
        let control = nix::cmsg_space!(nix::sys::time::TimeSpec);
        self.stamps = Some(Stamps { one_in: one_in.max(1), skips, control, latest: None });
    }

    /// The stamp of the latest read, if that asked for one; handed out once.
    pub(super) fn take_stamp(&mut self) -> Option<Asked> {
        self.stamps.as_mut()?.latest.take()
    }

    /// Bytes so far.
    pub(super) const fn bytes(&self) -> Bothways {
        Bothways { out_bytes: self.bytes_out, back_bytes: self.bytes_in }
    }

    /// What has been on the wire so far, if everything that the kernel has received has been read; else nothing.
    pub(super) fn settled(&self) -> Option<Traffic> {
        let info = TcpInfo::read(&self.tcp).ok()?;
        if info.bytes_received? != self.bytes_in { None } else { self.traffic(&info) }
    }

    /// What the socket has carried; read just before it is closed.
    pub(super) fn layers(&self, handshakes: Bothways) -> Layers {
        let info = TcpInfo::read(&self.tcp).unwrap_or_default();
        let whole = self.traffic(&info);
        let local = self.tcp.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
        Layers {
            sockets: 1,
            uncounted: u64::from(whole.is_none()),
            below_tls: self.bytes(),
            handshakes,
            whole: whole.unwrap_or_default(),
            retransmits: u64::from(info.retransmits),
            busy_us: info.busy_us.unwrap_or(0),
            limited_us: info.window_limited_us.unwrap_or(0) + info.buffer_limited_us.unwrap_or(0),
            mss_bytes: info.advertised_mss_bytes,
            loopback: local || info.advertised_mss_bytes > LARGEST_NETWORK_MSS_BYTES,
            ..Layers::default()
        }
    }

    fn traffic(&self, info: &TcpInfo) -> Option<Traffic> {
        let family = match self.tcp.peer_addr().ok()?.ip().to_canonical() {
            std::net::IpAddr::V4(_) => Family::V4,
            std::net::IpAddr::V6(_) => Family::V6,
        };
        Some(Traffic { out: leg(info.sent(family)?), back: leg(info.received(family)?) })
    }
}

const fn leg(leg: kernel::Leg) -> Leg {
    let kernel::Leg { bytes, payload_bytes, segments, data_segments } = leg;
    Leg { bytes, payload_bytes, segments, data_segments }
}

impl Stamps {
    /// One `recvmsg` that does not block; keeps the stamp that came with it.
    fn receive(&mut self, socket: RawFd, into: &mut [u8]) -> io::Result<usize> {
        let mut parts = [IoSliceMut::new(into)];
        let message = recvmsg::<()>(socket, &mut parts, Some(&mut self.control), MsgFlags::empty())?;
        let stamp_ns = message.cmsgs()?.find_map(|control| match control {
            ControlMessageOwned::ScmTimestampns(at) => Some(at.tv_sec() as u64 * 1_000_000_000 + at.tv_nsec() as u64),
            _ => None,
        });
        (self.latest, self.skips) = (Some(Asked(stamp_ns)), self.one_in - 1);
        Ok(message.bytes)
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        #[cfg(debug_assertions)]
        if crate::stuck::next() {
            return Poll::Pending;
        }
        let Self { tcp, bytes_in, stamps, .. } = &mut *self;
        let before = buf.filled().len();
        match stamps {
            Some(stamps) if stamps.skips == 0 => ready!(poll_receive(tcp, stamps, cx, buf))?,
            unasked => {
                ready!(Pin::new(tcp).poll_read(cx, buf))?;
                if let Some(stamps) = unasked {
                    (stamps.latest, stamps.skips) = (None, stamps.skips - 1);
                }
            }
        }
        *bytes_in += (buf.filled().len() - before) as u64;
        Poll::Ready(Ok(()))
    }
}

fn poll_receive(
    tcp: &TcpStream,
    stamps: &mut Stamps,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    loop {
        ready!(tcp.poll_read_ready(cx))?;
        let into = buf.initialize_unfilled();
        let mut read = None;
        let outcome = tcp.try_io(Interest::READABLE, || {
            let length = *read.insert(stamps.receive(tcp.as_raw_fd(), into)?);
            // A read that left room has emptied the socket: as tokio's own reads do, spare the call that would say so.
            if 0 < length && length < into.len() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match (read, outcome) {
            (Some(length), _) => {
                buf.advance(length);
                return Poll::Ready(Ok(()));
            }
            // Not ready after all: ask again, so that the waker is registered.
            (None, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
            (None, outcome) => return Poll::Ready(outcome),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        #[cfg(debug_assertions)]
        if crate::stuck::next() {
            return Poll::Pending;
        }
        let sent = ready!(Pin::new(&mut self.tcp).poll_write(cx, bytes))?;
        self.bytes_out += sent as u64;
        Poll::Ready(Ok(sent))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        #[cfg(debug_assertions)]
        if crate::stuck::next() {
            return Poll::Pending;
        }
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// A socket whose reads ask for stamps, and its peer.
    async fn pair(one_in: u32) -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut socket = Socket::new(TcpStream::connect(listener.local_addr().unwrap()).await.unwrap());
        socket.ask_for_stamps(one_in);
        (socket, listener.accept().await.unwrap().0)
    }

    #[tokio::test]
    async fn a_stamped_read_that_empties_the_socket_asks_no_second_time() {
        let (mut socket, mut peer) = pair(1).await;
        let mut buffer = [0; 64];
        for text in ["one", "two"] {
            peer.write_all(text.as_bytes()).await.unwrap();
            let length = socket.read(&mut buffer).await.unwrap();
            assert_eq!(&buffer[..length], text.as_bytes());
            let ready = poll_fn(|cx| Poll::Ready(socket.tcp.poll_read_ready(cx).is_ready())).await;
            assert!(!ready, "the next read would be a call that finds nothing");
        }
    }

    #[tokio::test]
    async fn one_read_in_so_many_asks() {
        let (mut socket, mut peer) = pair(3).await;
        let mut asked = Vec::new();
        for _ in 0..12 {
            peer.write_all(b"event").await.unwrap();
            assert_eq!(socket.read(&mut [0; 64]).await.unwrap(), 5);
            asked.push(socket.take_stamp().is_some());
        }
        let first = asked.iter().position(|asked| *asked).unwrap();
        assert!(asked.iter().enumerate().all(|(n, asked)| *asked == (n % 3 == first)), "{asked:?}");
        assert_eq!(socket.bytes().back_bytes, 60);
    }
}
