//! What one trial measured: counters, bytes, usage and whole distributions. Refuses to hold a percentile.

mod merge;

use crate::{Distribution, ExactPass, HeapAccount, KernelStamps, Layers, LlmCounts, LoopTurn, Metric, Second, Stalls};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use wire::{Charged, Vitals};

/// Everything that one trial measured. What a scenario does not measure stays empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Measurement {
    /// Length of the measured window in nanoseconds.
    pub window_ns: u64,
    /// Counts of events, connections and faults.
    pub counters: Counters,
    /// Bytes at the socket by cause.
    pub bytes: Bytes,
    /// Durations, whole; written with diagnostics [coarsened](Distribution::coarsened).
    #[serde(serialize_with = "coarsened")]
    pub distributions: BTreeMap<Metric, Distribution>,
    /// One entry for each second of the window, or for each tenth of a window that is shorter than ten seconds.
    #[serde(deserialize_with = "crate::second::bounded")]
    pub timeline: Vec<Second>,
    /// What the server process used during the window.
    pub server: Option<Usage>,
    /// What the same schedule cost the same server process with nobody subscribed, for the events that it stands for.
    pub schedule: Option<Usage>,
    /// What the load generator process used during the window.
    pub client: Option<Usage>,
    /// Memory at rising numbers of connections (scenario `memory`).
    pub memory: Vec<MemoryPoint>,
    /// What a connection has the server request of its allocator; `None` in trials without that account.
    pub heap: Option<HeapAccount>,
    /// Heads and upstream probe (scenario `handshake`).
    pub exchange: Option<Exchange>,
    /// Cost of decoding in memory (scenario `codec`).
    pub costs: Vec<Cost>,
    /// Live probes (scenario `browser`).
    pub browsers: Vec<LiveBrowser>,
    /// Bytes below the application; `None` where no socket was read.
    pub layers: Option<Layers>,
    /// Counts of an instrumented server (scenario `exact`).
    pub exact: Option<ExactPass>,
    /// Kernel receive stamps, where the cell asks for them.
    pub stamps: Option<KernelStamps>,
    /// How much an event's duration says about the next one's; `None` in records that did not look.
    pub dependence: Option<Dependence>,
    /// Requests to a language model (scenario `llm`).
    pub llm: Option<LlmCounts>,
    /// Turns of a tool loop, in order (scenario `tool-loop`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<LoopTurn>,
    /// Who was late; `None` where nothing is paced, and in records that did not look.
    pub stalls: Option<Stalls>,
}

fn coarsened<S: Serializer>(distributions: &BTreeMap<Metric, Distribution>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(distributions.iter().map(|(metric, whole)| {
        let written = if metric.is_diagnostic() { Cow::Owned(whole.coarsened()) } else { Cow::Borrowed(whole) };
        (metric, written)
    }))
}

/// Exact counts over a whole trial, unless the name says window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// TCP connections opened.
    pub connections: u64,
    /// Connections that could not be opened.
    pub connection_failures: u64,
    /// Streams that ended before their time.
    pub disconnects: u64,
    /// HTTP requests sent.
    pub requests: u64,
    /// Events expected of all streams together; `None` for endless and foreign streams.
    pub expected: Option<u64>,
    /// Events received, duplicates included.
    pub received: u64,
    /// Events due inside the window (foreign streams: received inside it).
    pub in_window: u64,
    /// Payload bytes of the events in the window.
    pub window_payload_bytes: u64,
    /// Distinct sequence numbers that never came.
    pub lost: u64,
    /// Events whose sequence number had come before.
    pub duplicates: u64,
    /// Events behind a later one.
    pub reordered: u64,
    /// Events whose payload is not what the server was to send.
    pub corrupt: u64,
    /// Messages sent by the client (echo).
    pub messages_sent: u64,
    /// SSE comments and WebSocket pings received.
    pub heartbeats: u64,
    /// Read calls that returned bytes.
    pub reads: u64,
    /// Events that the server released before it had sent the one before on the same stream: they shared a wake-up.
    pub together: u64,
}

/// Bytes at the client's sockets, above TCP and below any decoder, over the whole trial.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bytes {
    /// First request of each connection.
    pub connect_out: u64,
    /// First response head of each connection.
    pub connect_in: u64,
    /// Everything sent later: polls, posts, frames, pongs.
    pub stream_out: u64,
    /// Everything received later.
    pub stream_in: u64,
    /// Payload inside `stream_in`.
    pub payload_in: u64,
    /// Payload inside `stream_out`.
    pub payload_out: u64,
    /// Bytes that exist only because the stream ends: last chunk, close frames (inside `stream_in`).
    pub close_in: u64,
}

/// What a process used between two instants. One over a longer time is the greater one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Wall time between the two readings in nanoseconds.
    pub elapsed_ns: u64,
    /// CPU time in nanoseconds.
    pub cpu_ns: u64,
    /// Voluntary and involuntary context switches.
    pub switches: u64,
    /// Events that the process sent (server) or received (generator) between the two readings.
    pub events: u64,
    /// Events that `drop-oldest` threw away between the two readings.
    pub dropped: u64,
    /// Proportional set size at the end, bytes.
    pub pss_bytes: u64,
    /// Whose books `cpu_ns` is from.
    pub cpu_source: CpuSource,
    /// Nanoseconds that the process's threads waited, runnable, for a CPU; `None` where the kernel does not say.
    pub run_queue_ns: Option<u64>,
    /// CPU time of the whole host between the two readings: all CPUs less their idle time, nanoseconds.
    pub host_cpu_ns: Option<u64>,
}

/// Whose books a CPU time is from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CpuSource {
    /// `CLOCK_PROCESS_CPUTIME_ID`.
    #[default]
    ProcessClock,
    /// cgroup v2 `cpu.stat` of a control group that holds the process and nothing else.
    Cgroup,
}

impl Usage {
    /// Share of the time that threads wait for a CPU from which on the host is said to be full.
    const STARVED: f64 = 0.1;

    /// Time that the process's threads waited for a CPU over the wall time; above 1 where several waited at a time.
    pub fn waited_share(&self) -> Option<f64> {
        let waited_ns = self.run_queue_ns.filter(|_| self.elapsed_ns > 0)?;
        Some(waited_ns as f64 / self.elapsed_ns as f64)
    }

    /// The same where that is enough to call the host full.
    pub fn starved(&self) -> Option<f64> {
        self.waited_share().filter(|&share| share > Self::STARVED)
    }

    /// The difference of two readings of a server.
    pub fn between(before: &Vitals, after: &Vitals) -> Self {
        let switches = |vitals: &Vitals| vitals.voluntary_switches + vitals.involuntary_switches;
        let elapsed_ns = after.at.nanos_since(before.at);
        let cgroup_ns = grown(before.charged.cgroup_cpu_ns, after.charged.cgroup_cpu_ns);
        let process_ns = after.cpu_ns.saturating_sub(before.cpu_ns);
        Self {
            elapsed_ns,
            cpu_ns: cgroup_ns.unwrap_or(process_ns),
            cpu_source: cgroup_ns.map_or(CpuSource::ProcessClock, |_| CpuSource::Cgroup),
            run_queue_ns: grown(before.charged.run_queue_ns, after.charged.run_queue_ns),
            host_cpu_ns: host_cpu_ns(elapsed_ns, &before.charged, &after.charged),
            switches: switches(after).saturating_sub(switches(before)),
            events: after.events_sent.saturating_sub(before.events_sent),
            dropped: after.events_dropped.saturating_sub(before.events_dropped),
            pss_bytes: after.pss_bytes,
        }
    }
}

/// How much a count grew; `None` where one of the readings lacks it.
fn grown(before: Option<u64>, after: Option<u64>) -> Option<u64> {
    Some(after?.saturating_sub(before?))
}

fn host_cpu_ns(elapsed_ns: u64, before: &Charged, after: &Charged) -> Option<u64> {
    let idle_ns = grown(before.host_idle_ns, after.host_idle_ns)?;
    Some((elapsed_ns * u64::from(after.host_cpus)).saturating_sub(idle_ns))
}

/// Rank autocorrelation of successive durations of one worker (Spearman, lag 1), over its first events in the window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dependence {
    /// Correlation of each duration's rank with the next one's, in `[-1, 1]`; about 0 for independent events.
    pub rank_lag1: f64,
    /// Events looked at.
    pub events: u64,
}

/// Memory with so many connections open and quiet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryPoint {
    /// Connections open.
    pub connections: u64,
    /// Server process, proportional set size in bytes.
    pub server_bytes: u64,
    /// Load generator process, proportional set size in bytes.
    pub client_bytes: u64,
    /// Kernel slabs of the host (both ends when they share it); `None` where it cannot be read.
    pub kernel_bytes: Option<u64>,
}

/// What stood on the wire when a connection was opened, and whether the client could then speak.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Request head as sent.
    pub request: String,
    /// Response head as received.
    pub response: String,
    /// Status code.
    pub status: u16,
    /// What the client wrote on the open connection.
    pub upstream_sent: String,
    /// Messages that reached the server's application through it, by the server's own count.
    pub upstream_received: u64,
    /// Events received on the same connection.
    pub events: u64,
}

/// CPU cost of one way to decode, in memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// `lean` or `library`.
    pub decoder: String,
    /// Payload size in bytes.
    pub payload_bytes: u64,
    /// CPU nanoseconds an event: the least of several rounds.
    pub ns_per_event: f64,
    /// Lines of code of the decoder without tests and blank lines; `None` for a library.
    pub lines: Option<u32>,
}

/// One browser on this machine against our server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveBrowser {
    /// Executable name.
    pub name: String,
    /// Version, as it reports it.
    pub version: String,
    /// Events asked for over each transport.
    pub asked: u64,
    /// Events received through `EventSource`; `None` when it did not open.
    pub sse_events: Option<u64>,
    /// Events received through `WebSocket`; `None` when it did not open.
    pub websocket_events: Option<u64>,
    /// Whether `EventSource` came back by itself behind the last id after the server cut the stream.
    pub sse_resumed: Option<bool>,
    /// Whether `WebSocket` came back by itself after the server cut the stream.
    pub websocket_resumed: Option<bool>,
    /// Why nothing was measured, in one line.
    pub failure: Option<String>,
}
