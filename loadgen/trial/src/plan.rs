//! What is to be run: cells, arms, loads. Pure data; reading a plan from TOML is `plan_file`'s job.

use crate::{Arm, Cadence, ClientKind, JobLoad, LlmLoad, Row};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use wire::{Faults, Flush, Preset, Rate, Schedule, Sharing, Transport};

/// What a trial does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// Subscribe and receive at the server's schedule (open loop).
    Push,
    /// Receive as fast as both ends can (closed by back-pressure: capacity, never latency).
    Saturate,
    /// Send messages on the client's schedule and receive them back.
    Echo,
    /// Connect, receive one event, close, again.
    Connect,
    /// Open rising numbers of quiet connections and read memory.
    Memory,
    /// Open once, keep the heads, try to speak on the open connection.
    Handshake,
    /// Decode in memory.
    Codec,
    /// Run every browser on this machine against the server.
    Browser,
    /// Publish on the client's schedule to a topic that the client's own streams read: one clock.
    Relay,
    /// Run the server under instruments that count: instructions and system calls for each event, never a time.
    Exact,
    /// Ask a language model and read its answers.
    Llm,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 11] = [
        Self::Push,
        Self::Saturate,
        Self::Echo,
        Self::Connect,
        Self::Memory,
        Self::Handshake,
        Self::Codec,
        Self::Browser,
        Self::Relay,
        Self::Exact,
        Self::Llm,
    ];

    /// Whether reads of all these arms can be stamped by the kernel: pushed and relayed events, the lean client.
    pub fn has_stamps(self, arms: &[Arm]) -> bool {
        matches!(self, Self::Push | Self::Relay) && arms.iter().all(|arm| arm.client == ClientKind::Lean)
    }

    /// One line for `loadgen list`.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Push => "push: subscribe and receive at the server's schedule (open loop)",
            Self::Saturate => "saturate: receive as fast as both ends can (capacity, never latency)",
            Self::Echo => "echo: send on the client's schedule, time each reply from its due time",
            Self::Connect => "connect: connect, receive one event, close, again",
            Self::Memory => "memory: open rising numbers of quiet connections, read memory of both ends",
            Self::Handshake => "handshake: open once, keep the heads, try to speak on the open connection",
            Self::Codec => "codec: decode in memory, no socket",
            Self::Browser => "browser: every browser on this machine against the server",
            Self::Relay => "relay: publish on the client's schedule to a topic that its own streams read (one clock)",
            Self::Exact => "exact: instructions and system calls per event, under callgrind and strace; never a time",
            Self::Llm => "llm: ask a language model for answers of one workload and read them (also: loadgen llm URL)",
        }
    }
}

/// How much of what, for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Streams open at one time.
    pub connections: u32,
    /// Shape in time.
    pub schedule: Schedule,
    /// Events a second on one stream (echo: messages a second in all).
    pub rate: Rate,
    /// Payload bytes.
    pub payload_bytes: usize,
    /// One stream for all, or one each.
    pub sharing: Sharing,
    /// Whether SSE events carry an `id:` line.
    pub ids: bool,
    /// Discarded at the start.
    #[serde(with = "crate::span::plain")]
    pub warmup: Duration,
    /// Measured.
    #[serde(with = "crate::span::plain")]
    pub window: Duration,
    /// Damage that the server is told to do, so that one sees whether the instrument sees it.
    #[serde(default, skip_serializing_if = "Faults::is_empty")]
    pub faults: Faults,
}

/// One point of the comparison: what is the same for all of its arms, and which they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Unique name, `row/what`.
    pub name: String,
    /// Why anybody should care; printed under the chart.
    pub why: String,
    /// The row of the table that it feeds, if any.
    #[serde(default, with = "crate::row")]
    pub row: Option<Arc<Row>>,
    /// What a trial does.
    pub scenario: Scenario,
    /// What is compared, without the null twin. Records of schemas 1 to 4 call them `transports`.
    #[serde(alias = "transports")]
    pub arms: Vec<Arm>,
    /// The one that is the base; `None` only in records of schemas 1 to 3: see [`Cell::base`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Arm>,
    /// Whether each block holds a second copy of the base.
    pub null: bool,
    /// Server knobs.
    pub preset: Preset,
    /// Flush policy, where it differs from the preset's.
    pub flush: Option<Flush>,
    /// How finely the server keeps time.
    #[serde(default, skip_serializing_if = "Cadence::is_plain")]
    pub cadence: Cadence,
    /// Blocks.
    pub blocks: u32,
    /// Load.
    pub load: Load,
    /// Numbers of connections of scenario `memory`, rising.
    pub steps: Vec<u32>,
    /// Whether the client asks the kernel when each read's last byte came: yes by default where events are pushed or relayed
    /// to the lean client. Records from before this default say no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stamps: bool,
    /// What is asked of our own language-model service (scenario `llm`); `None` from the command line, where the server
    /// may be anybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub llm: Option<LlmLoad>,
    /// Jobs of our own service, whose events come in place of plain ones (scenario `push`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobLoad>,
}

impl Cell {
    /// A cell of the command line: one block without a null arm, equal knobs; it feeds no row. The first arm is the base.
    pub fn alone<A: Into<Arm>>(name: &str, why: String, scenario: Scenario, arms: Vec<A>, load: Load) -> Self {
        let arms: Vec<Arm> = arms.into_iter().map(Into::into).collect();
        Self {
            name: name.to_owned(),
            why,
            row: None,
            scenario,
            base: arms.first().copied(),
            null: false,
            preset: Preset::Equal,
            flush: None,
            cadence: Cadence::default(),
            blocks: 1,
            load,
            steps: Vec::new(),
            stamps: scenario.has_stamps(&arms),
            arms,
            llm: None,
            job: None,
        }
    }

    /// The arm that is the base of every ratio and that the null arm repeats: the one that the cell names. Older
    /// records name none; theirs was SSE wherever it stood, or the first without it. `None` without any arm.
    pub fn base(&self) -> Option<Arm> {
        let older = || self.arms.iter().copied().find(|one| one.protocol == Transport::Sse);
        self.base.or_else(older).or_else(|| self.arms.first().copied())
    }

    /// The arms that are held against the base.
    pub fn others(&self) -> impl Iterator<Item = Arm> + '_ {
        let base = self.base();
        self.arms.iter().copied().filter(move |&one| Some(one) != base)
    }

    /// Keeps these arms alone, in this order; the first of them is the base.
    pub fn compare_only(&mut self, arms: Vec<Arm>) {
        self.base = arms.first().copied();
        self.stamps &= self.scenario.has_stamps(&arms);
        self.arms = arms;
    }

    /// The arms of one block, in the order of the plan, the null twin last.
    pub fn block_arms(&self) -> Vec<Arm> {
        let twin = self.base().filter(|_| self.null).map(Arm::twin);
        self.arms.iter().copied().chain(twin).collect()
    }

    /// The clients that read in it, each once.
    pub fn clients(&self) -> Vec<ClientKind> {
        let read_by = |client: &ClientKind| self.arms.iter().any(|arm| arm.client == *client);
        [ClientKind::Lean, ClientKind::Library].into_iter().filter(read_by).collect()
    }

    /// The row that it feeds; where it feeds none, what cells of one's own are shown in.
    pub fn section(&self) -> &Row {
        self.row.as_deref().unwrap_or_else(|| Row::own(self.scenario == Scenario::Llm))
    }

    /// Whether its trials are timed, hence repeated in blocks and sensitive to noise.
    pub const fn is_timed(&self) -> bool {
        matches!(
            self.scenario,
            Scenario::Push | Scenario::Saturate | Scenario::Echo | Scenario::Connect | Scenario::Relay | Scenario::Llm
        )
    }

    /// Events a second that reach the generator over all streams; `None` without a schedule.
    pub fn offered(&self) -> Option<f64> {
        let rate = self.load.rate.get();
        if let Some(job) = &self.job {
            return Some(job.offered(&self.load));
        }
        match self.scenario {
            Scenario::Push | Scenario::Relay => {
                self.load.schedule.dues(self.load.rate, 0).map(|_| rate * f64::from(self.load.connections))
            }
            Scenario::Echo => Some(rate),
            Scenario::Llm => self.llm.as_ref()?.offered(self.load.connections, self.load.rate),
            Scenario::Saturate | Scenario::Connect | Scenario::Memory => None,
            Scenario::Handshake | Scenario::Codec | Scenario::Browser | Scenario::Exact => None,
        }
    }

    /// Events a second that a pacer releases for it: one for all readers of a shared topic; `None` without a schedule.
    pub fn released(&self) -> Option<f64> {
        let offered = self.offered()?;
        let pushed = matches!(self.scenario, Scenario::Push | Scenario::Relay);
        let shared = pushed && self.load.sharing == Sharing::Shared;
        Some(if shared { offered / f64::from(self.load.connections.max(1)) } else { offered })
    }

    /// Expected length of one block.
    pub fn expected_block(&self) -> Duration {
        self.expected_trial() * self.block_arms().len() as u32
    }

    /// Expected length of one trial: start, control, connect, warm-up, window, drain, stop.
    pub fn expected_trial(&self) -> Duration {
        const START_AND_STOP: Duration = Duration::from_millis(150);
        START_AND_STOP
            + match self.scenario {
                Scenario::Push
                | Scenario::Saturate
                | Scenario::Echo
                | Scenario::Connect
                | Scenario::Relay
                | Scenario::Llm => self.control().unwrap_or_default() + self.load.warmup + self.load.window,
                // The second addend is the account of the heap, which two blocks hold.
                Scenario::Memory => {
                    let accounts = Duration::from_millis(700) * self.blocks.min(2) / self.blocks.max(1);
                    Duration::from_millis(200) * self.steps.len() as u32 + accounts
                }
                Scenario::Handshake => Duration::from_millis(400),
                Scenario::Codec => Duration::from_millis(1_600),
                Scenario::Browser => Duration::from_secs(8),
                Scenario::Exact => Duration::from_secs(25),
            }
    }
}

/// Everything that one run does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Name.
    pub name: String,
    /// Why it is the way it is.
    pub why: String,
    /// Cells with unique names.
    pub cells: Vec<Cell>,
    /// When it ends.
    #[serde(default)]
    pub stop: StopRule,
    /// Whether its cells are to have the blocks that a verdict takes; a plan for a first look goes without.
    #[serde(default = "yes")]
    pub verdicts: bool,
}

const fn yes() -> bool {
    true
}

/// When a run ends, apart from the end of its blocks. Nothing here looks at which arm is ahead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StopRule {
    /// Most blocks of a timed cell: it goes on beyond its `blocks` until its intervals are narrow. `None`: it does not.
    pub max_blocks: Option<u32>,
    /// Longest run, what precedes the first trial included.
    #[serde(with = "crate::span::optional")]
    pub budget: Option<Duration>,
    /// Share of the expected length, in `[0, 1]`, that may go into running blocks again.
    pub redo: f64,
}

impl Default for StopRule {
    fn default() -> Self {
        Self { max_blocks: None, budget: None, redo: 0.3 }
    }
}

impl Plan {
    /// Number of trials.
    pub fn trials(&self) -> u64 {
        self.cells.iter().map(|cell| u64::from(cell.blocks) * cell.block_arms().len() as u64).sum()
    }

    /// Expected length of the run.
    pub fn expected_length(&self) -> Duration {
        self.cells.iter().map(|cell| cell.expected_block() * cell.blocks).sum()
    }
}
