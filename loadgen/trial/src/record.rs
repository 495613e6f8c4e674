//! The lines of `records.jsonl`. A line is complete by itself; a later version must still read it.

use crate::older;
use crate::{
    Action, Arm, Cell, CellStop, FloorRun, Layout, Measurement, Noise, OlderLoop, OlderSearch, Plan, Preflight,
    Processes, Redone, Warning,
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use wire::{Facts, MonoTime};

/// Version of the record format. Readers refuse a higher one and keep reading lower ones.
pub const SCHEMA: u32 = 9;

/// From here on an arm names its client; before, its cell did.
const ARMS_SCHEMA: u32 = 6;

/// One line of a records file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Line {
    /// First line: the run and its host.
    Run(Box<Run>),
    /// What was found before the first trial.
    Preflight(Box<Preflight>),
    /// One trial, whatever its outcome.
    Trial(Box<Trial>),
    /// One tool loop of an older record: a trial, once its run is known.
    #[serde(skip_serializing)]
    AgentLoop(Box<OlderLoop>),
    /// A block that is set aside: it was run again.
    Redone(Redone),
    /// One run of the floor, behind a search for capacity.
    Floor(FloorRun),
    /// Last line of a run that was not cut off.
    End(End),
}

/// What was run, where and by what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Record format, [`SCHEMA`].
    pub schema: u32,
    /// The program.
    pub tool: Tool,
    /// The exact command line.
    pub command: String,
    /// Start, RFC 3339.
    pub started: String,
    /// Seed of the order of trials and of every schedule.
    pub seed: u64,
    /// The plan as run.
    pub plan: Plan,
    /// The host of the load generator.
    pub host: Host,
    /// The remote target; `None` when each trial started its own server.
    pub target: Option<String>,
    /// Warnings about the run as a whole.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// The search for capacity of an older record: a cell of the plan, once its trials are known.
    #[serde(default, rename = "capacity", skip_serializing_if = "Option::is_none")]
    pub older_search: Option<OlderSearch>,
}

/// The program that wrote a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Package version.
    pub version: String,
    /// Commit, or `unknown`.
    pub commit: String,
    /// `release` or `debug`.
    pub profile: String,
}

/// Facts about a host that a reader needs to judge a number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Host {
    /// Operating system, from os-release.
    pub os: String,
    /// Kernel name and release.
    pub kernel: String,
    /// CPU model.
    pub cpu: String,
    /// CPUs that the process may run on.
    pub cpus: Vec<usize>,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Clock source of the kernel.
    pub clocksource: String,
    /// Default TCP congestion control.
    pub congestion_control: String,
    /// Hypervisor flag of the CPU: `yes`, `no` or empty when unknown.
    pub virtualised: String,
    /// Limit of open files.
    pub open_files: u64,
    /// Ephemeral ports, first and last.
    pub ports: (u16, u16),
    /// One-minute load average when the run began, times 100.
    pub load_average_percent: u64,
    /// Pinning of server and generator, in words.
    pub pinning: String,
}

/// One trial: one arm of one cell, run once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Record format, [`SCHEMA`].
    pub schema: u32,
    /// The program.
    pub tool: Tool,
    /// The cell as asked for.
    pub cell: Cell,
    /// The arm.
    pub arm: Arm,
    /// Block, from 0.
    pub block: u32,
    /// Which attempt at the block this is, from 0; see [`Redone`].
    #[serde(default)]
    pub attempt: u32,
    /// Position of the arm inside its block, from 0.
    pub position: u32,
    /// Seed of this block's schedules; equal for all arms of a block.
    pub seed: u64,
    /// Start, RFC 3339.
    pub started: String,
    /// Length of the whole trial in nanoseconds.
    pub elapsed_ns: u64,
    /// The server as it states itself; `None` for foreign endpoints and scenarios without a server.
    pub server: Option<Facts>,
    /// The generator.
    pub client: ClientFacts,
    /// Offset to the server's clock; `None` where no one-way time was taken.
    pub clock: Option<ClockOffset>,
    /// What was drawn for its processes; `None` in older records and where no process was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// What else went on meanwhile.
    #[serde(default)]
    pub noise: Option<Noise>,
    /// Warnings.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// What came of it.
    pub outcome: Outcome,
}

/// The generator process, or all that shared the trial.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientFacts {
    /// Process id; where several shared the trial, that of who started them.
    pub pid: u32,
    /// Worker threads in all.
    pub threads: usize,
    /// CPUs that the process may run on.
    pub cpus: Vec<usize>,
    /// The processes that shared the trial; `None` where there was one generator, and in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<Processes>,
    /// Addresses that its connections came from, in turn; empty where the kernel chose, and in older records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<IpAddr>,
}

/// `client clock = server clock + offset + skew × (server clock − reference)`, give or take `bound`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockOffset {
    /// Offset that was added to server instants, nanoseconds.
    pub offset_ns: i64,
    /// Largest error of the offset over the window, whatever the delays of the path were.
    pub bound_ns: u64,
    /// Offset as estimated by the exchange, nanoseconds; a check when both ends share a clock.
    pub estimate_ns: i64,
    /// Exchanges.
    pub samples: u32,
    /// Both ends share one boot and hence one clock: the offset is zero by construction.
    pub same_clock: bool,
    /// What the offset grows by, nanoseconds for each second of the server's clock.
    #[serde(default)]
    pub skew_ppb: i64,
    /// Instant of the server's clock at which the offset holds exactly; without skew it holds everywhere.
    #[serde(default)]
    pub reference_ns: u64,
}

impl ClockOffset {
    /// An instant of the server's clock on the client's: `server + offset + skew × (server − reference)`.
    #[inline]
    pub fn local(&self, server: MonoTime) -> MonoTime {
        let run_ns = i128::from(server.signed_nanos_since(MonoTime::from_nanos(self.reference_ns)));
        let skewed_ns = run_ns * i128::from(self.skew_ppb) / 1_000_000_000;
        server.offset_by(self.offset_ns.saturating_add(i64::try_from(skewed_ns).unwrap_or(0)))
    }
}

/// What came of a trial. A failure is a row like any other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Numbers.
    Measured(Box<Measurement>),
    /// The transport cannot do this, and why.
    Unsupported(String),
    /// It broke, and how.
    Failed(String),
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// Why the run stopped: `plan finished`, `interrupted`, …
    pub reason: String,
    /// End, RFC 3339.
    pub finished: String,
    /// Trials that count: those of blocks that were set aside are not among them.
    pub trials: u64,
    /// Trials planned.
    pub planned: u64,
    /// How each cell came to its end.
    #[serde(default)]
    pub stops: Vec<CellStop>,
}

/// What every line says about itself; only `run` and `trial` lines carry a schema.
#[derive(Deserialize)]
struct Head {
    kind: Kind,
    #[serde(default)]
    schema: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Run,
    Preflight,
    Trial,
    AgentLoop,
    Redone,
    Floor,
    End,
}

/// Why a line is not one of ours.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Not JSON, or JSON of another shape.
    #[error("not a pushbench record: {0}")]
    Foreign(serde_json::Error),
    /// Written by a later version.
    #[error("record schema {0} is newer than this program's {SCHEMA}: update pushbench")]
    Newer(u32),
}

impl Trial {
    /// The first warning that makes this trial void: it stays on disk and out of every figure. What is counted to the
    /// byte does not depend on when it came: trials of such rows are never void.
    pub fn voided_by(&self) -> Option<&Warning> {
        self.warnings.iter().find(|warning| warning.action() == Action::Void && !self.cell.section().counted)
    }

    /// Whether this trial is out of every figure.
    pub fn is_void(&self) -> bool {
        self.voided_by().is_some()
    }

    /// Whether events have due times that a pacer could miss: what is due all at once is capacity.
    pub fn is_paced(&self) -> bool {
        self.cell.workload.is_paced()
    }

    /// Whether server and generator are on different hosts.
    pub fn is_remote(&self) -> bool {
        self.clock.is_some_and(|clock| !clock.same_clock)
    }

    /// Keeps of each slice of the window its count and two quantiles, and no distribution.
    pub fn summarise_slices(&mut self) {
        if let Outcome::Measured(measurement) = &mut self.outcome {
            measurement.timeline.iter_mut().for_each(|slice| *slice = slice.summary());
        }
    }
}

impl Line {
    /// Reads one line.
    ///
    /// # Errors
    /// [`LineError`] when the line is foreign, damaged or from a later version.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        let head: Head = serde_json::from_str(text).map_err(LineError::Foreign)?;
        if head.schema > SCHEMA {
            return Err(LineError::Newer(head.schema));
        }
        // By its kind: the derived form would first keep everything in the line, whatever a reader makes of it.
        let line = match head.kind {
            Kind::Trial if head.schema < ARMS_SCHEMA => older::trial(text).map(Self::Trial),
            Kind::Run => older::run(text).map(Self::Run),
            Kind::Preflight => serde_json::from_str(text).map(Self::Preflight),
            Kind::Trial => serde_json::from_str(text).map(Self::Trial),
            Kind::AgentLoop => serde_json::from_str(text).map(Self::AgentLoop),
            Kind::Redone => serde_json::from_str(text).map(Self::Redone),
            Kind::Floor => serde_json::from_str(text).map(Self::Floor),
            Kind::End => serde_json::from_str(text).map(Self::End),
        };
        line.map_err(LineError::Foreign)
    }

    /// Writes one line, newline included.
    ///
    /// # Errors
    /// Whatever `out` answers; the line may then be torn, which readers notice.
    pub fn write(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        out.write_all(&text)?;
        out.flush()
    }
}
