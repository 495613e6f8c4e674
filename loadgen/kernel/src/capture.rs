//! Frames as an interface carries them, counted: the truth that the formula of [`crate::wire_bytes`] is held against.
//!
//! Sees all interfaces of the calling thread's network namespace, and needs `CAP_NET_RAW` there. A frame that the kernel
//! has not yet cut up (segmentation offload) is counted as the segments that it will become. Refuses to keep payload.

use crate::option;
use nix::libc::{ETH_P_ALL, PF_PACKET, SOL_PACKET};
use nix::sys::socket::{setsockopt, sockopt::RcvBufForce};
use socket2::{Domain, Protocol, Socket, Type};
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::os::fd::AsFd;

/// `PACKET_VNET_HDR` (include/uapi/linux/if_packet.h): ten bytes before each frame, which tell the size of its segments.
const PACKET_VNET_HDR: i32 = 15;
/// `PACKET_STATISTICS`, likewise: frames and lost frames since the last reading, two `unsigned int`.
const PACKET_STATISTICS: i32 = 6;
/// `struct virtio_net_hdr`.
const VNET_BYTES: usize = 10;
const ETHERNET_BYTES: usize = 14;
const TIMESTAMPS_BYTES: usize = 12;
/// Largest frame: a segment before offload, its headers and the virtio header.
const ROOM: usize = (64 << 10) + 256;
/// Receive buffer, so that nothing is lost between two drains: what the host grants anybody is too small for that.
const QUEUE_BYTES: usize = 64 << 20;

/// One direction of one connection, as captured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Bytes of Ethernet frames.
    pub bytes: u64,
    /// Bytes of TCP payload among them.
    pub payload_bytes: u64,
    /// Segments.
    pub segments: u64,
    /// Bytes of options that are neither a SYN's nor timestamps: SACK blocks, the sign of loss, disorder or duplicates.
    pub sack_bytes: u64,
}

/// One connection of the watched server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    /// From the client to the server, up to the client's FIN or RST.
    pub out: Seen,
    /// From the server to the client, until then.
    pub back: Seen,
    /// What came with the client's FIN and behind it, both directions: what closing adds.
    pub closing: Seen,
    closed: bool,
}

/// An open capture of all interfaces.
#[derive(Debug)]
pub struct Capture {
    socket: Socket,
    buffer: Vec<u8>,
}

/// What matters of one TCP frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Segments {
    source: u16,
    destination: u16,
    ends: bool,
    seen: Seen,
}

impl Capture {
    /// Starts to capture.
    ///
    /// # Errors
    /// What the kernel says; `PermissionDenied` without `CAP_NET_RAW` and `CAP_NET_ADMIN`.
    pub fn open() -> io::Result<Self> {
        let protocol = i32::from((ETH_P_ALL as u16).to_be());
        let socket = Socket::new(Domain::from(PF_PACKET), Type::RAW, Some(Protocol::from(protocol)))?;
        option::write_int(socket.as_fd(), SOL_PACKET, PACKET_VNET_HDR, 1)?;
        setsockopt(&socket, RcvBufForce, &QUEUE_BYTES)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, buffer: vec![0; ROOM] })
    }

    /// Adds the frames so far to the connections of the server on `port`, by the client's port.
    ///
    /// # Errors
    /// What the kernel says, or that it had to drop frames: then what was counted is not the truth.
    pub fn drain(&mut self, port: u16, flows: &mut BTreeMap<u16, Flow>) -> io::Result<()> {
        loop {
            let length = match self.socket.read(&mut self.buffer) {
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return self.complete(),
                Err(error) => return Err(error),
            };
            if let Some(segments) = parse(&self.buffer[..length]) {
                note(&segments, port, flows);
            }
        }
    }

    fn complete(&self) -> io::Result<()> {
        let mut statistics = [0; 8];
        option::read(self.socket.as_fd(), SOL_PACKET, PACKET_STATISTICS, &mut statistics)?;
        let [.., a, b, c, d] = statistics;
        match u32::from_ne_bytes([a, b, c, d]) {
            0 => Ok(()),
            lost => Err(io::Error::other(format!("the capture lost {lost} frames: drain it more often"))),
        }
    }
}

fn note(segments: &Segments, port: u16, flows: &mut BTreeMap<u16, Flow>) {
    let outward = segments.destination == port;
    if !outward && segments.source != port {
        return;
    }
    let flow = flows.entry(if outward { segments.source } else { segments.destination }).or_default();
    flow.closed |= outward && segments.ends;
    let side = match (flow.closed, outward) {
        (true, _) => &mut flow.closing,
        (false, true) => &mut flow.out,
        (false, false) => &mut flow.back,
    };
    side.bytes += segments.seen.bytes;
    side.payload_bytes += segments.seen.payload_bytes;
    side.segments += segments.seen.segments;
    side.sack_bytes += segments.seen.sack_bytes;
}

/// Reads a virtio header, an Ethernet header, an IP header and a TCP header; `None` for any other frame.
fn parse(frame: &[u8]) -> Option<Segments> {
    let segment_bytes = u64::from(u16::from_ne_bytes([*frame.get(4)?, *frame.get(5)?]));
    let ip = frame.get(VNET_BYTES + ETHERNET_BYTES..)?;
    let (header, total) = ip_lengths(ip)?;
    let tcp = ip.get(header..)?;
    let word = |at: usize| Some(u16::from_be_bytes([*tcp.get(at)?, *tcp.get(at + 1)?]));
    let headers = header + usize::from(*tcp.get(12)? >> 4).max(5) * 4;
    let payload_bytes = total.checked_sub(headers)? as u64;
    let segments = if segment_bytes == 0 { 1 } else { payload_bytes.div_ceil(segment_bytes).max(1) };
    let bytes = payload_bytes + segments * (ETHERNET_BYTES + headers) as u64;
    const FIN_OR_RST: u8 = 0b101;
    const SYN: u8 = 0b10;
    let flags = *tcp.get(13)?;
    let options = headers - header - 20;
    let sack_bytes = if flags & SYN == 0 { options.saturating_sub(TIMESTAMPS_BYTES) as u64 } else { 0 };
    Some(Segments {
        source: word(0)?,
        destination: word(2)?,
        ends: flags & FIN_OR_RST != 0,
        seen: Seen { bytes, payload_bytes, segments, sack_bytes },
    })
}

/// Length of the header and of the whole packet, where it is TCP (RFC 791; RFC 8200, no extension headers).
fn ip_lengths(ip: &[u8]) -> Option<(usize, usize)> {
    const TCP: u8 = 6;
    let word = |at: usize| Some(usize::from(u16::from_be_bytes([*ip.get(at)?, *ip.get(at + 1)?])));
    match ip.first()? >> 4 {
        4 if *ip.get(9)? == TCP => Some((usize::from(ip[0] & 15) * 4, word(2)?)),
        6 if *ip.get(6)? == TCP => Some((40, 40 + word(4)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A frame with 32 bytes of TCP header.
    fn frame(payload: usize, segment_bytes: u16, flags: u8) -> Vec<u8> {
        let mut frame = vec![0; VNET_BYTES + ETHERNET_BYTES + 52 + payload];
        frame[4..6].copy_from_slice(&segment_bytes.to_ne_bytes());
        let ip = &mut frame[VNET_BYTES + ETHERNET_BYTES..];
        (ip[0], ip[9]) = (0x45, 6);
        ip[2..4].copy_from_slice(&((52 + payload) as u16).to_be_bytes());
        ip[20..24].copy_from_slice(&[0, 5, 0, 9]);
        (ip[32], ip[33]) = (8 << 4, flags);
        frame
    }

    #[test]
    fn a_frame_before_offload_counts_as_the_segments_that_it_becomes() {
        let one = parse(&frame(100, 0, 0)).unwrap();
        assert_eq!((one.source, one.destination, one.ends), (5, 9, false));
        assert_eq!(one.seen, Seen { bytes: 166, payload_bytes: 100, segments: 1, sack_bytes: 0 });
        let many = parse(&frame(16_000, 1_448, 0)).unwrap().seen;
        assert_eq!((many.bytes, many.payload_bytes, many.segments), (16_000 + 12 * 66, 16_000, 12));
    }

    #[test]
    fn what_closing_adds_is_kept_apart() {
        let mut flows = BTreeMap::new();
        for flags in [0, 1, 0] {
            note(&parse(&frame(0, 0, flags)).unwrap(), 9, &mut flows);
        }
        let flow = flows[&5];
        assert_eq!((flow.out.segments, flow.closing.segments, flow.back.segments), (1, 2, 0));
    }

    proptest! {
        #[test]
        fn no_frame_is_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
