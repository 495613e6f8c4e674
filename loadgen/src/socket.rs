//! The TCP socket under a link, below TLS: counts its bytes, reads the kernel's counters and, if asked, the kernel's
//! receive stamps. Refuses to encrypt or decode.

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
pub(crate) struct Socket {
    tcp: TcpStream,
    bytes_out: u64,
    bytes_in: u64,
    stamps: Option<Stamps>,
}

/// Room for the control message of one read, and what the latest one said.
struct Stamps {
    control: Vec<u8>,
    /// `CLOCK_REALTIME` nanoseconds at which the last byte of the latest read reached the kernel.
    latest_ns: Option<u64>,
}

impl Socket {
    pub(crate) const fn new(tcp: TcpStream) -> Self {
        Self { tcp, bytes_out: 0, bytes_in: 0, stamps: None }
    }

    /// Has the kernel stamp what it receives from now on (`SO_TIMESTAMPNS`; the kernel takes a moment to start).
    pub(crate) fn ask_for_stamps(&mut self) -> io::Result<()> {
        setsockopt(&self.tcp, ReceiveTimestampns, &true)?;
        self.stamps = Some(Stamps { control: nix::cmsg_space!(nix::sys::time::TimeSpec), latest_ns: None });
        Ok(())
    }

    /// The stamp of the latest read; handed out once.
    pub(crate) fn take_stamp(&mut self) -> Option<u64> {
        self.stamps.as_mut()?.latest_ns.take()
    }

    /// Bytes so far.
    pub(crate) const fn bytes(&self) -> Bothways {
        Bothways { out_bytes: self.bytes_out, back_bytes: self.bytes_in }
    }

    /// What has been on the wire so far, if everything that the kernel has received has been read; else nothing.
    pub(crate) fn settled(&self) -> Option<Traffic> {
        let info = TcpInfo::read(&self.tcp).ok()?;
        if info.bytes_received? != self.bytes_in { None } else { self.traffic(&info) }
    }

    /// What the socket has carried; read just before it is closed.
    pub(crate) fn layers(&self, handshakes: Bothways) -> Layers {
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
        self.latest_ns = message.cmsgs()?.find_map(|control| match control {
            ControlMessageOwned::ScmTimestampns(at) => Some(at.tv_sec() as u64 * 1_000_000_000 + at.tv_nsec() as u64),
            _ => None,
        });
        Ok(message.bytes)
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { tcp, bytes_in, stamps, .. } = &mut *self;
        let before = buf.filled().len();
        match stamps {
            None => ready!(Pin::new(tcp).poll_read(cx, buf))?,
            Some(stamps) => ready!(poll_receive(tcp, stamps, cx, buf))?,
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
        match tcp.try_io(Interest::READABLE, || stamps.receive(tcp.as_raw_fd(), into)) {
            Ok(length) => {
                buf.advance(length);
                return Poll::Ready(Ok(()));
            }
            // Not ready after all: ask again, so that the waker is registered.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Poll::Ready(Err(error)),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = ready!(Pin::new(&mut self.tcp).poll_write(cx, bytes))?;
        self.bytes_out += sent as u64;
        Poll::Ready(Ok(sent))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
