//! What the harness found out about itself: before a run, around each trial, at the end of a cell. Plain data; it holds
//! causes of noise and never a result of what is compared.

use crate::{Distribution, Figure, Warning};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use wire::{Rate, Transport};

/// What else went on while a trial ran (METHOD, section 6). `None`: not measured on this host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Noise {
    /// CPUs that neither server nor generator used and that were not idle: `cpus - idle - own`, from idle time.
    pub foreign_cpus: Option<f64>,
    /// Share of CPU time, in `[0, 1]`, that the hypervisor took beyond one tick of its count; records before 2026-11-30 count that tick too.
    pub steal: Option<f64>,
    /// Share of the trial, in `[0, 1]`, that threads of the server were ready to run and did not.
    pub server_wait: Option<f64>,
    /// The same for the generator.
    pub generator_wait: Option<f64>,
    /// Share of the host's CPUs that was busy, in `[0, 1]`.
    pub busy: Option<f64>,
    /// Nanoseconds of a fixed arithmetic loop just before and just after the trial.
    pub loop_ns: Option<(u64, u64)>,
    /// Longest gap, in nanoseconds, between two clock readings of a spinning thread; only with 4 CPUs and more.
    pub hiccup_ns: Option<u64>,
    /// Pages that the host swapped in or out.
    pub swapped: Option<u64>,
    /// Major page faults of both processes.
    pub major_faults: Option<u64>,
    /// Connections that the kernel dropped or refused at a full listen queue.
    pub listen_overflows: Option<u64>,
}

/// What was found before the first trial.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preflight {
    /// Settings of the host that bear on the numbers, by name: sysctls, queueing discipline, limits, clock source.
    pub fingerprint: BTreeMap<String, String>,
    /// `fired - due` of the pacer at the plan's highest rate.
    pub pacer_lateness: Distribution,
    /// Events a second that the generator takes from a null server of the same framing, by transport.
    pub ceilings: BTreeMap<Transport, Rate>,
    /// Blocks of the pilot: two copies of one arm, run before anything that counts.
    pub pilot_blocks: u32,
    /// Foreign CPUs in each sample of the quiet gate, in order.
    pub quiet_samples: Vec<f64>,
    /// Whether the host became quiet within the time allowed.
    pub quiet: bool,
    /// Drift of the monotonic clock against the raw one, parts per million.
    pub clock_drift_ppm: f64,
    /// What the pilot's blocks say about the precision to come.
    pub predictions: Vec<Prediction>,
    /// Expected length of the run.
    #[serde(with = "crate::span::plain")]
    pub expected: Duration,
    /// Detectors that fired.
    pub warnings: Vec<Warning>,
}

/// The precision that a cell's planned blocks will give one of its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Name of the cell.
    pub cell: String,
    /// The figure.
    pub figure: Figure,
    /// Standard deviation of the log ratio between two copies of one arm, over the pilot's blocks.
    pub deviation: f64,
    /// Smallest difference, as a share, that the planned blocks resolve at 5 % and power 80 %.
    pub resolves: f64,
    /// Blocks that resolving the figure's margin would take.
    pub blocks_needed: u32,
}

/// A block that was run again: a cause of noise was seen in it, or a trial of it has no number that counts. Its trials stay on
/// disk and out of every figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Redone {
    /// Name of the cell.
    pub cell: String,
    /// The block.
    pub block: u32,
    /// Which attempt at the block is set aside, from 0.
    pub attempt: u32,
    /// What was seen.
    pub causes: Vec<Warning>,
}

/// How a cell came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellStop {
    /// Name of the cell.
    pub cell: String,
    /// Blocks that count.
    pub blocks: u32,
    /// Blocks that were run again.
    pub redone: u32,
    /// Why no further block was run.
    pub reason: StopReason,
}

/// Why a cell stopped. Never because a result was significant: that would be peeking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// The planned number of blocks was run.
    Planned,
    /// The interval of every headline figure is as narrow as its margin asks.
    Width,
    /// The most blocks that a plan allows were run.
    Cap,
    /// The time allowed for the run was used up.
    Budget,
    /// The user stopped the run.
    Interrupted,
}
