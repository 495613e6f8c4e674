//! What a connection put on the wire, from its counters. Refuses to guess where the kernel does not count.
//!
//! ```text
//!  Ethernet 14 │ IPv4 20 or IPv6 40 │ TCP 20 │ timestamps 12 │ payload          no FCS, preamble or gap: they are not
//!  └──────────── 66 or 86 for each segment ─────────────────┘                  in a frame that a host ever sees
//!  SYN and SYN-ACK carry more options instead: MSS 4, timestamps with SACK 12, window scale 4: 8 more than 12
//! ```
//!
//! Exact without loss. `bytes_sent` contains retransmissions. With loss the direction of the ACKs comes out low, because
//! SACK blocks (12 bytes, 8 for each further one) are not counted anywhere.

use crate::TcpInfo;

const ETHERNET_BYTES: u64 = 14;
const TCP_BYTES: u64 = 20;
const TIMESTAMPS_BYTES: u64 = 12;

/// Which Internet protocol carries a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// 20 bytes of header.
    V4,
    /// 40 bytes of header.
    V6,
}

/// One direction of one connection, from its SYN on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leg {
    /// Bytes of Ethernet frames.
    pub bytes: u64,
    /// Bytes of TCP payload among them, retransmissions of the own side included.
    pub payload_bytes: u64,
    /// Segments.
    pub segments: u64,
    /// Segments with payload; the others are SYN, FIN and pure ACKs.
    pub data_segments: u64,
}

impl TcpInfo {
    /// What this end has sent; `None` where the kernel does not count it. Right for the end that connected: the other
    /// one's SYN-ACK is missing in its own counters.
    pub fn sent(&self, family: Family) -> Option<Leg> {
        self.leg(family, self.bytes_sent?, self.segments_out?, self.data_segments_out?)
    }

    /// What this end has received, likewise; retransmissions of the peer that came twice count as segments only.
    pub fn received(&self, family: Family) -> Option<Leg> {
        self.leg(family, self.bytes_received?, self.segments_in?, self.data_segments_in?)
    }

    fn leg(&self, family: Family, payload_bytes: u64, segments: u32, data_segments: u32) -> Option<Leg> {
        let segments = u64::from(segments);
        let bytes = payload_bytes + self.header_bytes(family) * segments + self.syn_extra_bytes();
        Some(Leg { bytes, payload_bytes, segments, data_segments: u64::from(data_segments) })
    }

    /// Headers of a segment that is no SYN.
    fn header_bytes(&self, family: Family) -> u64 {
        let ip = match family {
            Family::V4 => 20,
            Family::V6 => 40,
        };
        ETHERNET_BYTES + ip + TCP_BYTES + if self.has_timestamps() { TIMESTAMPS_BYTES } else { 0 }
    }

    /// What the options of a SYN or SYN-ACK have more than those of any other segment. SACK-permitted shares the
    /// padding of the timestamps, alone it takes a word of its own.
    fn syn_extra_bytes(&self) -> u64 {
        const MSS_BYTES: u64 = 4;
        let sack = if self.options & 2 != 0 && !self.has_timestamps() { 4 } else { 0 };
        let window_scale = if self.options & 4 != 0 { 4 } else { 0 };
        MSS_BYTES + sack + window_scale
    }

    const fn has_timestamps(&self) -> bool {
        self.options & 1 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(options: u8) -> TcpInfo {
        TcpInfo {
            options,
            bytes_sent: Some(1_000),
            bytes_received: Some(78_000),
            segments_out: Some(1_002),
            segments_in: Some(1_001),
            data_segments_out: Some(1),
            data_segments_in: Some(1_000),
            ..TcpInfo::default()
        }
    }

    #[test]
    fn headers_are_66_bytes_over_ipv4_and_86_over_ipv6() {
        let (v4, v6) = (info(7).received(Family::V4).unwrap(), info(7).received(Family::V6).unwrap());
        assert_eq!(v4.bytes, 78_000 + 66 * 1_001 + 8);
        assert_eq!(v6.bytes, 78_000 + 86 * 1_001 + 8);
        assert_eq!(info(7).sent(Family::V4).unwrap().bytes, 1_000 + 66 * 1_002 + 8);
    }

    #[test]
    fn options_that_were_not_agreed_on_take_no_room() {
        assert_eq!(info(6).sent(Family::V4).unwrap().bytes, 1_000 + 54 * 1_002 + 12);
        assert_eq!(info(0).sent(Family::V4).unwrap().bytes, 1_000 + 54 * 1_002 + 4);
    }

    #[test]
    fn what_the_kernel_does_not_count_is_not_guessed() {
        assert_eq!(TcpInfo { bytes_sent: None, ..info(7) }.sent(Family::V4), None);
    }
}
