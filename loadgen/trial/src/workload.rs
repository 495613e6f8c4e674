//! What a trial does: one variant a kind, each with the fields that it reads and no others. In plans and records the kind is the
//! key `scenario`, and its fields stand beside it.

use crate::{Arm, ClientKind, Content, Job, LlmLoad, Pace, Push, Search, Timing, ToolLoop};
use serde::{Deserialize, Serialize};
use wire::{Faults, Rate, Sharing};

/// What a trial does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "scenario", rename_all = "kebab-case")]
pub enum Workload {
    /// Subscribe and receive at the server's schedule (open loop).
    Push(Push),
    /// Receive as fast as both ends can (closed by back-pressure: capacity, never latency).
    Saturate {
        /// Streams open at one time.
        connections: u32,
        /// One stream for all, or one each.
        sharing: Sharing,
        /// What an event is.
        #[serde(flatten)]
        content: Content,
        /// How long.
        #[serde(flatten)]
        timing: Timing,
        /// Damage that the server is told to do.
        #[serde(default, skip_serializing_if = "Faults::is_empty")]
        faults: Faults,
    },
    /// Send messages on the client's schedule and receive them back.
    Echo {
        /// Streams open at one time.
        connections: u32,
        /// When messages are due, over all streams.
        #[serde(flatten)]
        pace: Pace,
        /// What a message is.
        #[serde(flatten)]
        content: Content,
        /// How long.
        #[serde(flatten)]
        timing: Timing,
    },
    /// Connect, receive one event, close, again.
    Connect {
        /// What the one event of each connection is.
        #[serde(flatten)]
        content: Content,
        /// How long.
        #[serde(flatten)]
        timing: Timing,
    },
    /// Open rising numbers of quiet connections and read memory.
    Memory {
        /// Numbers of connections, rising.
        steps: Vec<u32>,
        /// What the one event of each connection is.
        #[serde(flatten)]
        content: Content,
        /// Damage that the server is told to do.
        #[serde(default, skip_serializing_if = "Faults::is_empty")]
        faults: Faults,
    },
    /// Open once, keep the heads, try to speak on the open connection.
    Handshake {
        /// What an event is.
        #[serde(flatten)]
        content: Content,
    },
    /// Decode in memory.
    Codec,
    /// Run every browser on this machine against the server.
    Browser,
    /// Publish on the client's schedule to a topic that the client's own streams read: one clock.
    Relay {
        /// Streams open at one time.
        connections: u32,
        /// When events are due.
        #[serde(flatten)]
        pace: Pace,
        /// What an event is.
        #[serde(flatten)]
        content: Content,
        /// How long.
        #[serde(flatten)]
        timing: Timing,
        /// Whether the client asks the kernel when each read's last byte came.
        stamps: bool,
    },
    /// Run the server under instruments that count: instructions and system calls for each event, never a time.
    Exact {
        /// What an event is.
        #[serde(flatten)]
        content: Content,
        /// Damage that the server is told to do.
        #[serde(default, skip_serializing_if = "Faults::is_empty")]
        faults: Faults,
    },
    /// Ask our own language-model service and read its answers.
    Llm {
        /// Streams side by side.
        connections: u32,
        /// Requests a second, where they begin at drawn instants.
        rate: Rate,
        /// What is asked.
        #[serde(flatten)]
        asked: LlmLoad,
        /// How long.
        #[serde(flatten)]
        timing: Timing,
    },
    /// Ask a language model that may be anybody's, for what the command line says.
    Endpoint {
        /// Requests at one time, at most.
        connections: u32,
        /// When requests begin: unpaced for a closed loop.
        #[serde(flatten)]
        pace: Pace,
        /// How long.
        #[serde(flatten)]
        timing: Timing,
    },
    /// Read streams of endpoints that may be anybody's, as they are.
    Read {
        /// Streams open at one time.
        connections: u32,
        /// How long.
        #[serde(flatten)]
        timing: Timing,
    },
    /// Watch jobs of our own service.
    Job(Job),
    /// Run tool loops of an agent against our own language-model service.
    ToolLoop(ToolLoop),
    /// Search for the highest load of pushed events that holds a service level: each step is a trial of a cell of its own.
    Capacity {
        /// The streams whose load is raised.
        #[serde(flatten)]
        push: Push,
        /// What is sought.
        search: Search,
    },
}

/// What a trial is compared by, and the word for it in plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the variants of Workload of the same names")]
pub enum Scenario {
    Push,
    Saturate,
    Echo,
    Connect,
    Memory,
    Handshake,
    Codec,
    Browser,
    Relay,
    Exact,
    Llm,
    ToolLoop,
    Capacity,
    Read,
}

impl Scenario {
    /// Each with one line for `loadgen list`.
    pub const LISTED: [&str; 14] = [
        "push: subscribe and receive at the server's schedule (open loop)",
        "saturate: receive as fast as both ends can (capacity, never latency)",
        "echo: send on the client's schedule, time each reply from its due time",
        "connect: connect, receive one event, close, again",
        "memory: open rising numbers of quiet connections, read memory of both ends",
        "handshake: open once, keep the heads, try to speak on the open connection",
        "codec: decode in memory, no socket",
        "browser: every browser on this machine against the server",
        "relay: publish on the client's schedule to a topic that its own streams read (one clock)",
        "exact: instructions, allocations and system calls per event, under callgrind and strace; never a time",
        "llm: ask a language model for answers of one workload and read them (also: loadgen llm URL)",
        "tool-loop: an agent's loop of requests and tools, by connection and by what a turn sends (also: loadgen agent)",
        "capacity: the highest load of pushed events that holds a service level (also: loadgen capacity)",
        "read: streams of anybody's endpoints as they are (loadgen compare --sse URL --websocket URL)",
    ];
}

/// The field of this name of every kind that has it, shared or to be changed, whichever `$of` is.
macro_rules! timing_of {
    ($of:expr) => {
        match $of {
            Workload::Push(Push { timing, .. })
            | Workload::Capacity { push: Push { timing, .. }, .. }
            | Workload::Saturate { timing, .. }
            | Workload::Echo { timing, .. }
            | Workload::Connect { timing, .. }
            | Workload::Relay { timing, .. }
            | Workload::Llm { timing, .. }
            | Workload::Endpoint { timing, .. }
            | Workload::Read { timing, .. }
            | Workload::Job(Job { timing, .. }) => Some(timing),
            Workload::Memory { .. } | Workload::Handshake { .. } | Workload::Exact { .. } => None,
            Workload::Codec | Workload::Browser | Workload::ToolLoop(_) => None,
        }
    };
}

macro_rules! stamps_of {
    ($of:expr) => {
        match $of {
            Workload::Push(Push { stamps, .. })
            | Workload::Capacity { push: Push { stamps, .. }, .. }
            | Workload::Relay { stamps, .. }
            | Workload::Job(Job { stamps, .. }) => Some(stamps),
            Workload::Saturate { .. } | Workload::Echo { .. } | Workload::Connect { .. } => None,
            Workload::Memory { .. } | Workload::Handshake { .. } | Workload::Codec | Workload::Browser => None,
            Workload::Exact { .. } | Workload::Llm { .. } | Workload::Endpoint { .. } => None,
            Workload::ToolLoop(_) | Workload::Read { .. } => None,
        }
    };
}

impl Workload {
    /// What its trials are compared by: events of jobs come as pushed ones do, answers of any endpoint as those of our service.
    pub const fn scenario(&self) -> Scenario {
        match self {
            Self::Push(_) | Self::Job(_) => Scenario::Push,
            Self::Saturate { .. } => Scenario::Saturate,
            Self::Echo { .. } => Scenario::Echo,
            Self::Connect { .. } => Scenario::Connect,
            Self::Memory { .. } => Scenario::Memory,
            Self::Handshake { .. } => Scenario::Handshake,
            Self::Codec => Scenario::Codec,
            Self::Browser => Scenario::Browser,
            Self::Relay { .. } => Scenario::Relay,
            Self::Exact { .. } => Scenario::Exact,
            Self::Llm { .. } | Self::Endpoint { .. } => Scenario::Llm,
            Self::ToolLoop(_) => Scenario::ToolLoop,
            Self::Capacity { .. } => Scenario::Capacity,
            Self::Read { .. } => Scenario::Read,
        }
    }

    /// Connections open at one time, at most.
    pub fn connections(&self) -> u32 {
        match self {
            Self::Push(Push { connections, .. })
            | Self::Capacity { push: Push { connections, .. }, .. }
            | Self::Saturate { connections, .. }
            | Self::Echo { connections, .. }
            | Self::Relay { connections, .. }
            | Self::Llm { connections, .. }
            | Self::Endpoint { connections, .. }
            | Self::Read { connections, .. }
            | Self::Job(Job { connections, .. }) => *connections,
            Self::Memory { steps, .. } => steps.last().copied().unwrap_or(0),
            Self::Connect { .. } | Self::Handshake { .. } | Self::Codec | Self::Browser => 1,
            Self::Exact { .. } | Self::ToolLoop(_) => 1,
        }
    }

    /// When events or messages are due; `None` where the plan gives them no schedule of this kind.
    pub const fn pace(&self) -> Option<Pace> {
        match self {
            Self::Push(Push { pace, .. })
            | Self::Capacity { push: Push { pace, .. }, .. }
            | Self::Echo { pace, .. }
            | Self::Relay { pace, .. }
            | Self::Endpoint { pace, .. } => Some(*pace),
            Self::Saturate { .. } | Self::Connect { .. } | Self::Memory { .. } | Self::Handshake { .. } => None,
            Self::Codec | Self::Browser | Self::Exact { .. } | Self::Llm { .. } | Self::Job(_) => None,
            Self::ToolLoop(_) | Self::Read { .. } => None,
        }
    }

    /// What an event is; `None` where the plan does not say it.
    pub const fn content(&self) -> Option<Content> {
        match self {
            Self::Push(Push { content, .. })
            | Self::Capacity { push: Push { content, .. }, .. }
            | Self::Saturate { content, .. }
            | Self::Echo { content, .. }
            | Self::Connect { content, .. }
            | Self::Memory { content, .. }
            | Self::Handshake { content }
            | Self::Relay { content, .. }
            | Self::Exact { content, .. } => Some(*content),
            Self::Codec | Self::Browser | Self::Llm { .. } | Self::Endpoint { .. } | Self::Job(_) => None,
            Self::ToolLoop(_) | Self::Read { .. } => None,
        }
    }

    /// Payload bytes of an event; zero where the plan does not say it.
    pub fn payload_bytes(&self) -> usize {
        self.content().map_or(0, |content| content.payload_bytes)
    }

    /// Whether SSE events carry an `id:` line.
    pub fn has_ids(&self) -> bool {
        self.content().is_some_and(|content| content.ids)
    }

    /// Damage that the server is told to do; `None` where there is none.
    pub fn faults(&self) -> Option<&Faults> {
        match self {
            Self::Push(Push { faults, .. })
            | Self::Capacity { push: Push { faults, .. }, .. }
            | Self::Saturate { faults, .. }
            | Self::Memory { faults, .. }
            | Self::Exact { faults, .. } => Some(faults).filter(|faults| !faults.is_empty()),
            Self::Echo { .. } | Self::Connect { .. } | Self::Handshake { .. } | Self::Codec | Self::Browser => None,
            Self::Relay { .. } | Self::Llm { .. } | Self::Endpoint { .. } | Self::Job(_) => None,
            Self::ToolLoop(_) | Self::Read { .. } => None,
        }
    }

    /// How long it is measured; `None` where it ends by itself.
    pub const fn timing(&self) -> Option<Timing> {
        match timing_of!(self) {
            Some(timing) => Some(*timing),
            None => None,
        }
    }

    /// The same, to be changed.
    pub const fn timing_mut(&mut self) -> Option<&mut Timing> {
        timing_of!(self)
    }

    /// Whether the client asks the kernel when each read's last byte came: pushed, relayed and watched events, unless the plan
    /// says no.
    pub fn stamps(&self) -> bool {
        stamps_of!(self).is_some_and(|stamps| *stamps)
    }

    /// Whether it could, where these arms read: no client but the lean one asks the kernel.
    pub fn has_stamps(&self, arms: &[Arm]) -> bool {
        stamps_of!(self).is_some() && arms.iter().all(|arm| arm.client == ClientKind::Lean)
    }

    /// Asks for stamps, or for none; nothing where its kind has none.
    pub fn set_stamps(&mut self, are_wanted: bool) {
        stamps_of!(self).into_iter().for_each(|stamps| *stamps = are_wanted);
    }

    /// Whether all streams read one topic, which one release fills.
    pub const fn is_shared(&self) -> bool {
        match self {
            Self::Push(Push { sharing, .. })
            | Self::Capacity { push: Push { sharing, .. }, .. }
            | Self::Saturate { sharing, .. } => matches!(sharing, Sharing::Shared),
            Self::Job(job) => matches!(job.sharing(), Sharing::Shared),
            Self::Relay { .. } => true,
            Self::Echo { .. } | Self::Connect { .. } | Self::Memory { .. } | Self::Handshake { .. } => false,
            Self::Codec | Self::Browser | Self::Exact { .. } | Self::Llm { .. } | Self::Endpoint { .. } => false,
            Self::ToolLoop(_) | Self::Read { .. } => false,
        }
    }

    /// Whether its trials are timed, hence repeated in blocks and sensitive to noise.
    pub const fn is_timed(&self) -> bool {
        self.timing().is_some() || matches!(self, Self::ToolLoop(_))
    }

    /// Whether it asks a language model that may be anybody's, whose schedule nobody knows.
    pub const fn is_endpoint(&self) -> bool {
        matches!(self, Self::Endpoint { .. })
    }

    /// Whether events have due times that a pacer could miss: what is due all at once is capacity.
    pub fn is_paced(&self) -> bool {
        !matches!(self, Self::Llm { asked, .. } if !asked.is_paced())
    }

    /// Events a second that reach the generator over all streams; `None` without a schedule.
    pub fn offered(&self) -> Option<f64> {
        match self {
            Self::Push(Push { pace, connections, .. }) | Self::Relay { pace, connections, .. } => {
                pace.schedule.dues(pace.rate, 0).map(|_| pace.rate.get() * f64::from(*connections))
            }
            Self::Echo { pace, .. } => Some(pace.rate.get()),
            Self::Llm { asked, connections, rate, .. } => asked.offered(*connections, *rate),
            Self::Job(job) => Some(job.offered()),
            Self::Saturate { .. } | Self::Connect { .. } | Self::Memory { .. } | Self::Endpoint { .. } => None,
            Self::Handshake { .. } | Self::Codec | Self::Browser | Self::Exact { .. } | Self::ToolLoop(_) => None,
            // It is what is sought, or nobody knows it.
            Self::Capacity { .. } | Self::Read { .. } => None,
        }
    }

    /// Events a second that a pacer releases for it: one for all readers of a shared topic; `None` without a schedule.
    pub fn released(&self) -> Option<f64> {
        let offered = self.offered()?;
        Some(if self.is_shared() { offered / f64::from(self.connections().max(1)) } else { offered })
    }
}
