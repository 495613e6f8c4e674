//! `TCP_INFO`, read by length: a kernel that knows fewer fields leaves them `None`. Refuses to divide or to judge.

use crate::option;
use nix::libc::{IPPROTO_TCP, TCP_INFO};
use std::io;
use std::os::fd::AsFd;

/// More than any kernel returns (Linux 6.18: 280).
const ROOM: usize = 512;
/// `TCP_CLOSE_WAIT`: the peer's FIN has come, ours has not gone (include/net/tcp_states.h).
const CLOSE_WAIT: u8 = 8;

/// Counters of one TCP socket over its whole life (`struct tcp_info`, include/uapi/linux/tcp.h). Offsets are ABI.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TcpInfo {
    /// State of the connection (`TCP_ESTABLISHED` is 1).
    pub state: u8,
    /// Negotiated options: bit 0 timestamps, bit 1 selective acknowledgement, bit 2 window scale.
    pub options: u8,
    /// Largest segment that this end sends, bytes.
    pub send_mss_bytes: u32,
    /// Largest segment that this end advertised, bytes: the interface's, above 9,000 on loopback.
    pub advertised_mss_bytes: u32,
    /// Smoothed round trip, microseconds.
    pub rtt_us: u32,
    /// Segments retransmitted.
    pub retransmits: u32,
    /// Payload bytes received in order, without the FIN that the kernel counts as one (Linux 4.1).
    pub bytes_received: Option<u64>,
    /// Segments sent, SYN, FIN and pure ACKs included (Linux 4.2).
    pub segments_out: Option<u32>,
    /// Segments received, likewise (Linux 4.2).
    pub segments_in: Option<u32>,
    /// Bytes in the send queue that have not been sent (Linux 4.6).
    pub not_sent_bytes: Option<u32>,
    /// Segments received that held payload (Linux 4.6).
    pub data_segments_in: Option<u32>,
    /// Segments sent that held payload (Linux 4.6).
    pub data_segments_out: Option<u32>,
    /// Microseconds during which data was in flight or waiting to be sent (Linux 4.9).
    pub busy_us: Option<u64>,
    /// Microseconds of those limited by the peer's window (Linux 4.9).
    pub window_limited_us: Option<u64>,
    /// Microseconds of those limited by the own send buffer (Linux 4.9).
    pub buffer_limited_us: Option<u64>,
    /// Payload bytes sent, retransmissions included (Linux 4.19).
    pub bytes_sent: Option<u64>,
    /// Payload bytes retransmitted, contained in `bytes_sent` (Linux 4.19).
    pub bytes_retransmitted: Option<u64>,
    /// Duplicates that the peer reported (Linux 4.19).
    pub duplicates_reported: Option<u32>,
    /// Segments received out of order (Linux 5.4).
    pub out_of_order_in: Option<u32>,
}

impl TcpInfo {
    /// Reads the counters of a socket; about one microsecond.
    ///
    /// # Errors
    /// What the kernel says of a descriptor that is no TCP socket, or `InvalidData` for an answer too short to be one.
    pub fn read(socket: &impl AsFd) -> io::Result<Self> {
        let mut buffer = [0; ROOM];
        let bytes = option::read(socket.as_fd(), IPPROTO_TCP, TCP_INFO, &mut buffer)?;
        Self::parse(bytes).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "TCP_INFO is too short"))
    }

    /// Takes the fields out of a `struct tcp_info` of any length; `None` below the 104 bytes that every kernel has.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let short = |at: usize| Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let long = |at: usize| Some(u64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        let state = *bytes.first()?;
        Some(Self {
            state,
            options: *bytes.get(5)?,
            send_mss_bytes: short(16)?,
            rtt_us: short(68)?,
            advertised_mss_bytes: short(84)?,
            retransmits: short(100)?,
            // The FIN takes a sequence number, and the kernel counts sequence numbers.
            bytes_received: long(128).map(|bytes| bytes.saturating_sub(u64::from(state == CLOSE_WAIT))),
            segments_out: short(136),
            segments_in: short(140),
            not_sent_bytes: short(144),
            data_segments_in: short(152),
            data_segments_out: short(156),
            busy_us: long(168),
            window_limited_us: long(176),
            buffer_limited_us: long(184),
            bytes_sent: long(200),
            bytes_retransmitted: long(208),
            duplicates_reported: short(216),
            out_of_order_in: short(224),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, listener.accept().unwrap().0)
    }

    #[test]
    fn bytes_are_counted_and_the_peers_fin_is_none_of_them() {
        let (mut client, mut server) = pair();
        client.write_all(&[7; 100]).unwrap();
        server.write_all(&[7; 30]).unwrap();
        client.read_exact(&mut [0; 30]).unwrap();
        let open = TcpInfo::read(&client).unwrap();
        assert_eq!((open.bytes_sent, open.bytes_received, open.bytes_retransmitted), (Some(100), Some(30), Some(0)));
        assert_eq!((open.data_segments_out, open.data_segments_in), (Some(1), Some(1)));
        server.read_exact(&mut [0; 100]).unwrap();
        drop(server);
        assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
        let ended = TcpInfo::read(&client).unwrap();
        assert_eq!((ended.state, ended.bytes_received), (CLOSE_WAIT, Some(30)));
    }

    #[test]
    fn an_older_kernel_knows_fewer_fields_and_a_newer_one_does_no_harm() {
        let mut bytes = vec![0; 600];
        bytes[0] = 1;
        bytes[200..208].copy_from_slice(&9_u64.to_ne_bytes());
        assert_eq!(TcpInfo::parse(&bytes).unwrap().bytes_sent, Some(9));
        let old = TcpInfo::parse(&bytes[..192]).unwrap();
        assert_eq!((old.bytes_sent, old.segments_out, old.busy_us), (None, Some(0), Some(0)));
        assert_eq!(TcpInfo::parse(&bytes[..104]).unwrap().bytes_received, None);
        assert_eq!(TcpInfo::parse(&bytes[..103]), None);
    }

    #[test]
    fn a_descriptor_that_is_no_tcp_socket_is_an_error() {
        let file = std::fs::File::open("/proc/self/stat").unwrap();
        assert!(TcpInfo::read(&file).is_err());
    }
}
