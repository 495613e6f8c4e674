//! What a server states about itself, as JSON on `/facts`, `/clock` and `/vitals`. Plain data.

use crate::{Carrier, MonoTime, Transport, Tuning};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answer of `/facts`: what does not change while a server runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Must equal the client's [`crate::WIRE_VERSION`].
    pub wire_version: u32,
    /// Version of the package.
    pub version: String,
    /// Commit that was built, or `unknown`.
    pub commit: String,
    /// `release` or `debug`.
    pub profile: String,
    /// The server's process id.
    pub pid: u32,
    /// Identity of the host's boot (`/proc/sys/kernel/random/boot_id`): equal on both ends means one clock.
    pub boot_id: String,
    /// Kernel name and release.
    pub kernel: String,
    /// CPU model.
    pub cpu: String,
    /// CPUs that the process may run on.
    pub cpus: Vec<usize>,
    /// Runtime threads; the pacer has one more of its own.
    pub threads: usize,
    /// Knobs in force.
    pub tuning: Tuning,
    /// Limits in force.
    pub limits: Limits,
    /// Transports that the server offers.
    pub transports: Vec<Transport>,
    /// The language-model service.
    #[serde(default)]
    pub llm: LlmFacts,
    /// Carriers beside cleartext HTTP/1.1, each with the port on which it is listened for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub carriers: BTreeMap<Carrier, u16>,
    /// The certificate (PEM) that carriers over TLS show; records leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

/// How the language-model service of a server is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LlmFacts {
    /// Nanoseconds of computing for each byte of a request's body, before the answer's schedule starts: what a server
    /// pays for reading a history again.
    pub cost_per_byte_ns: u64,
    /// Answers that may be generated at one time; one more is refused with status 429.
    pub max_answers: usize,
    /// Whether requests need a key.
    pub demands_key: bool,
}

/// Bounds that a server puts on what clients may ask.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Connections open at one time.
    pub max_connections: usize,
    /// Events a second on one stream.
    pub max_rate: f64,
    /// Bytes of one payload.
    pub max_payload_bytes: usize,
    /// Bytes of one request body or one client message.
    pub max_request_bytes: usize,
}

impl Eq for Limits {}

/// The answer of `/clock`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReading {
    /// The server's monotonic clock when the request reached its handler.
    pub monotonic_ns: MonoTime,
    /// The server's wall clock, nanoseconds since the Unix epoch, read next.
    pub realtime_ns: u64,
}

/// The answer of `/vitals`: cumulative counters and present sizes of the server process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vitals {
    /// When the figures were read.
    pub at: MonoTime,
    /// CPU time of the process in nanoseconds (`CLOCK_PROCESS_CPUTIME_ID`, exact to the scheduler).
    pub cpu_ns: u64,
    /// Proportional set size in bytes (`smaps_rollup`).
    pub pss_bytes: u64,
    /// Resident set size in bytes.
    pub rss_bytes: u64,
    /// Voluntary context switches.
    pub voluntary_switches: u64,
    /// Involuntary context switches.
    pub involuntary_switches: u64,
    /// Kernel memory of the whole host.
    pub kernel: KernelMemory,
    /// Connections open now.
    pub connections_open: u64,
    /// Connections accepted so far.
    pub connections_accepted: u64,
    /// HTTP requests answered so far.
    pub requests: u64,
    /// Events that schedules released so far.
    pub events_published: u64,
    /// Events handed to a socket so far, once for each subscriber; messages that were posted to it count alike.
    pub events_sent: u64,
    /// Events that `drop-oldest` threw away.
    pub events_dropped: u64,
    /// Subscribers that `disconnect` threw out.
    pub slow_disconnects: u64,
    /// Client messages received (echo, relay).
    pub messages_received: u64,
    /// Answers of the language-model service that were given up before their end.
    #[serde(default)]
    pub answers_cancelled: u64,
    /// Events of such answers that were due and released, but never handed to a socket.
    #[serde(default)]
    pub events_in_vain: u64,
    /// Tokens of those events.
    #[serde(default)]
    pub tokens_in_vain: u64,
    /// Tokens handed to a socket so far.
    #[serde(default)]
    pub tokens_sent: u64,
    /// What the scheduler has charged so far.
    #[serde(default)]
    pub charged: Charged,
}

/// The answer of `/schedule`: what a schedule cost that nobody had subscribed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleCost {
    /// Events released.
    pub released: u64,
    /// CPU time of the server's process meanwhile, nanoseconds.
    pub cpu_ns: u64,
    /// Its context switches, voluntary and not.
    pub switches: u64,
    /// Wall time, nanoseconds.
    pub elapsed_ns: u64,
}

/// What a host's scheduler has charged so far, by its own exact books; `None` where it cannot be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Charged {
    /// CPU time of the control group that the process has to itself (cgroup v2 `cpu.stat`, `usage_usec`), nanoseconds.
    pub cgroup_cpu_ns: Option<u64>,
    /// Nanoseconds that the threads of the process waited, runnable, for a CPU (`schedstat`, second field).
    pub run_queue_ns: Option<u64>,
    /// Idle time of all CPUs of the host together, nanoseconds.
    pub host_idle_ns: Option<u64>,
    /// CPUs of the host that are online.
    pub host_cpus: u32,
}

/// Kernel memory of the whole host, in bytes: both ends on one host, when they share it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelMemory {
    /// Slab caches that a connection occupies; `None` where `/proc/slabinfo` cannot be read.
    pub slab_bytes: Option<u64>,
    /// TCP socket buffers (`/proc/net/sockstat`, pages times page size).
    pub tcp_bytes: u64,
}
