//! What was read of a load, counted and timed. Refuses to know how it came.

use crate::{Load, STAMP_BYTES, filler, hex};
use std::fmt;

/// Counts, bytes and times of a load.
#[derive(Debug)]
pub struct Reading {
    /// Events.
    pub events: u64,
    /// Events whose number, size or filler is not the one to be expected.
    pub damaged: u64,
    /// Bytes of payloads.
    pub payload_bytes: u64,
    /// Bytes at the sockets, all of them.
    pub socket_bytes: u64,
    /// Bytes of response heads among them.
    pub head_bytes: u64,
    /// Time for each event behind the first, nanoseconds; 0 when all came at once.
    pub wall_ns_per_event: f64,
    /// CPU time of the reading thread likewise.
    pub cpu_ns_per_event: f64,
    /// CPU time of the server's process likewise; 0 when it was not asked for.
    pub server_cpu_ns_per_event: f64,
    response_ns: Vec<u64>,
    lateness_ns: Vec<u64>,
    fillers: Vec<Vec<u8>>,
}

impl Reading {
    pub(crate) fn of(load: &Load) -> Self {
        let room = (load.connections * load.count) as usize;
        Self {
            events: 0,
            damaged: 0,
            payload_bytes: 0,
            socket_bytes: 0,
            head_bytes: 0,
            wall_ns_per_event: 0.0,
            cpu_ns_per_event: 0.0,
            server_cpu_ns_per_event: 0.0,
            response_ns: Vec::with_capacity(room),
            lateness_ns: Vec::with_capacity(room),
            fillers: (0..36).map(|seq| filler(seq).take(load.payload_bytes - STAMP_BYTES).collect()).collect(),
        }
    }

    /// Counts a payload that should carry number `seq` and was read at `at`.
    pub(crate) fn event(&mut self, seq: u64, payload: &[u8], at: u64) {
        let field = |range| payload.get(range).and_then(hex);
        let filler = &self.fillers[(seq % 36) as usize];
        let sound = field(0..12) == Some(seq) && payload.get(STAMP_BYTES..) == Some(filler);
        self.events += 1;
        self.damaged += u64::from(!sound);
        self.payload_bytes += payload.len() as u64;
        self.response_ns.extend(field(12..28).map(|due| at.saturating_sub(due)));
        self.lateness_ns.extend(field(38..48));
    }

    pub(crate) fn sorted(mut self) -> Self {
        self.response_ns.sort_unstable();
        self.lateness_ns.sort_unstable();
        self
    }

    /// Quantile of received − due, nanoseconds; 0 of nothing.
    pub fn response_ns(&self, q: f64) -> u64 {
        rank(&self.response_ns, q)
    }

    /// Quantile of sent − due, nanoseconds; 0 of nothing.
    pub fn lateness_ns(&self, q: f64) -> u64 {
        rank(&self.lateness_ns, q)
    }
}

fn rank(sorted: &[u64], q: f64) -> u64 {
    sorted.get((sorted.len() as f64 * q) as usize).or(sorted.last()).copied().unwrap_or(0)
}

/// One line of JSON; times in nanoseconds.
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, damaged, payload_bytes, socket_bytes, head_bytes, .. } = self;
        write!(f, "{{\"events\":{events},\"damaged\":{damaged},\"payload_bytes\":{payload_bytes},")?;
        write!(f, "\"socket_bytes\":{socket_bytes},\"head_bytes\":{head_bytes},")?;
        write!(f, "\"p50_ns\":{},\"p99_ns\":{},", self.response_ns(0.5), self.response_ns(0.99))?;
        write!(f, "\"lateness_p50_ns\":{},\"lateness_p99_ns\":{},", self.lateness_ns(0.5), self.lateness_ns(0.99))?;
        write!(f, "\"cpu_ns_per_event\":{:.0},", self.cpu_ns_per_event)?;
        write!(f, "\"server_cpu_ns_per_event\":{:.0}}}", self.server_cpu_ns_per_event)
    }
}
