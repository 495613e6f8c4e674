//! Bytes below the application: between TLS and TCP, and on the wire, summed over the client's sockets. Refuses to
//! compute them: formula and counters are in `kernel`, the reading in `loadgen`.
//!
//! ```text
//!  application   payload + framing                       trial::Bytes     counted in the codec
//!  below TLS     + 22 bytes a record, + handshakes       below_tls        counted under rustls; equal on cleartext
//!  wire          + 66 or 86 bytes a segment              whole, span      from TCP_INFO of the client's socket
//! ```

use serde::{Deserialize, Serialize};

/// Both directions of something, as the client sees them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Traffic {
    /// From the client to the server.
    pub out: Leg,
    /// From the server to the client.
    pub back: Leg,
}

/// One direction on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Leg {
    /// Bytes of Ethernet frames, without FCS, preamble and gap.
    pub bytes: u64,
    /// TCP payload among them.
    pub payload_bytes: u64,
    /// Segments; those without payload are SYN, FIN and pure ACKs.
    pub segments: u64,
    /// Segments with payload.
    pub data_segments: u64,
}

/// Bytes of a byte stream in both directions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bothways {
    /// From the client to the server.
    pub out_bytes: u64,
    /// From the server to the client.
    pub back_bytes: u64,
}

/// What the client's sockets carried below the application, over a whole trial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layers {
    /// Sockets whose counters were read just before they were closed; what closing adds is not in `whole`.
    pub sockets: u64,
    /// Sockets whose kernel counts too little for `whole`; they are missing in it.
    pub uncounted: u64,
    /// Bytes between TLS and TCP, handshakes included.
    pub below_tls: Bothways,
    /// TLS handshakes among them; zero on cleartext.
    pub handshakes: Bothways,
    /// On the wire, from the SYN on.
    pub whole: Traffic,
    /// On the wire between two instants of each stream at which the application had read all that had come: the first
    /// behind the response head, the second before the last event. Only events lie in between.
    pub span: Traffic,
    /// Events in `span`.
    pub span_events: u64,
    /// Segments that a client's socket sent again.
    pub retransmits: u64,
    /// Largest segment that any of the interfaces takes, bytes.
    pub mss_bytes: u32,
    /// The sockets ran over loopback (address, or a segment above 9,000 bytes): what is counted in segments says
    /// nothing about a network.
    pub loopback: bool,
}

impl Traffic {
    /// Adds another socket's.
    pub const fn add(&mut self, other: &Self) {
        self.out.add(&other.out);
        self.back.add(&other.back);
    }

    /// What was added since `earlier`.
    pub const fn since(&self, earlier: &Self) -> Self {
        Self { out: self.out.since(&earlier.out), back: self.back.since(&earlier.back) }
    }
}

impl Leg {
    const fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.payload_bytes += other.payload_bytes;
        self.segments += other.segments;
        self.data_segments += other.data_segments;
    }

    const fn since(&self, earlier: &Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(earlier.bytes),
            payload_bytes: self.payload_bytes.saturating_sub(earlier.payload_bytes),
            segments: self.segments.saturating_sub(earlier.segments),
            data_segments: self.data_segments.saturating_sub(earlier.data_segments),
        }
    }

    /// Segments without payload.
    pub const fn pure_acks(&self) -> u64 {
        self.segments.saturating_sub(self.data_segments)
    }
}

impl Bothways {
    const fn add(&mut self, other: &Self) {
        self.out_bytes += other.out_bytes;
        self.back_bytes += other.back_bytes;
    }
}

impl Layers {
    /// Adds another worker's sockets.
    pub fn add(&mut self, other: &Self) {
        self.sockets += other.sockets;
        self.uncounted += other.uncounted;
        self.below_tls.add(&other.below_tls);
        self.handshakes.add(&other.handshakes);
        self.whole.add(&other.whole);
        self.span.add(&other.span);
        self.span_events += other.span_events;
        self.retransmits += other.retransmits;
        self.mss_bytes = self.mss_bytes.max(other.mss_bytes);
        self.loopback |= other.loopback;
    }
}
