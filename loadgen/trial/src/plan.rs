//! What is to be run: cells, arms, loads. Pure data; reading a plan from TOML is `plan_file`'s job.

use crate::{Arm, Cadence, ClientKind, Row, Workload, draft};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use wire::{Flush, Preset, Role, Transport};

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
    #[serde(flatten, deserialize_with = "draft::of_record")]
    pub workload: Workload,
    /// What is compared, without the null twin. Records of schemas 1 to 5 call them `transports`.
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
    /// Controls run in every n-th block: the null twin, arms that are no contestants, the schedule for nobody. Never fewer where a
    /// block without them would hold the base alone.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub controls_every: u32,
}

const fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_one(number: &u32) -> bool {
    *number == 1
}

impl Cell {
    /// A cell of the command line: one block without a null arm, equal knobs; it feeds no row. The first arm is the base.
    pub fn alone<A: Into<Arm>>(name: &str, why: String, mut workload: Workload, arms: Vec<A>) -> Self {
        let arms: Vec<Arm> = arms.into_iter().map(Into::into).collect();
        workload.set_stamps(workload.stamps() && workload.has_stamps(&arms));
        Self {
            name: name.to_owned(),
            why,
            row: None,
            workload,
            base: arms.first().copied(),
            null: false,
            preset: Preset::Equal,
            flush: None,
            cadence: Cadence::default(),
            blocks: 1,
            controls_every: 1,
            arms,
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
        self.workload.set_stamps(self.workload.stamps() && self.workload.has_stamps(&arms));
        self.arms = arms;
    }

    /// The arms of a block with controls, in the order of the plan, the null twin last.
    pub fn block_arms(&self) -> Vec<Arm> {
        let twin = self.base().filter(|_| self.null).map(Arm::twin);
        self.arms.iter().copied().chain(twin).collect()
    }

    /// Whether a block, counted from 0, holds the controls.
    pub fn has_controls(&self, block: u32) -> bool {
        block.is_multiple_of(self.controls_every) || !self.others().any(is_contestant)
    }

    /// The arms of one block, counted from 0, in the same order.
    pub fn arms_in(&self, block: u32) -> Vec<Arm> {
        let mut arms = self.block_arms();
        let stays = |arm: Arm| !arm.twin && (Some(arm) == self.base() || is_contestant(arm));
        arms.retain(|&arm| self.has_controls(block) || stays(arm));
        arms
    }

    /// Trials of so many blocks; those of a search follow from their results, and none is planned.
    pub fn trials_in(&self, blocks: u32) -> u64 {
        let blocks = if self.search().is_some() { 0 } else { blocks };
        let with_controls = blocks.div_ceil(self.controls_every.max(1));
        let arms = [0, 1].map(|block| self.arms_in(block).len() as u64);
        u64::from(with_controls) * arms[0] + u64::from(blocks - with_controls) * arms[1]
    }

    /// The clients that read in it, each once.
    pub fn clients(&self) -> Vec<ClientKind> {
        let read_by = |client: &ClientKind| self.arms.iter().any(|arm| arm.client == *client);
        ClientKind::ALL.into_iter().filter(read_by).collect()
    }

    /// The row that it feeds; where it feeds none, what cells of one's own are shown in.
    pub fn section(&self) -> &Row {
        self.row.as_deref().unwrap_or_else(|| Row::own(self.workload.scenario()))
    }

    /// Expected length of one block, on average over those with and without controls.
    pub fn expected_block(&self) -> Duration {
        let every = self.controls_every.max(1);
        self.expected_trial() * self.trials_in(every) as u32 / every
    }

    /// Expected length of one trial: start, control, connect, warm-up, window, drain, stop.
    pub fn expected_trial(&self) -> Duration {
        const START_AND_STOP: Duration = Duration::from_millis(100);
        START_AND_STOP
            + match &self.workload {
                Workload::Push(_)
                | Workload::Capacity { .. }
                | Workload::Saturate { .. }
                | Workload::Echo { .. }
                | Workload::Connect { .. }
                | Workload::Relay { .. }
                | Workload::Llm { .. }
                | Workload::Endpoint { .. }
                | Workload::Read { .. }
                | Workload::Job(_) => {
                    let timing = self.workload.timing().unwrap_or_default();
                    self.control().unwrap_or_default() / self.controls_every.max(1) + timing.whole()
                }
                // The second addend is the account of the heap, which two blocks hold.
                Workload::Memory { steps, .. } => {
                    let accounts = Duration::from_millis(700) * self.blocks.min(2) / self.blocks.max(1);
                    Duration::from_millis(200) * steps.len() as u32 + accounts
                }
                Workload::Handshake { .. } => Duration::from_millis(400),
                Workload::Codec => Duration::from_millis(1_600),
                Workload::Browser => Duration::from_secs(8),
                Workload::Exact { .. } => Duration::from_secs(14),
                Workload::ToolLoop(asked) => asked.expected(),
            }
    }
}

/// Whether an arm is compared for its own sake.
fn is_contestant(arm: Arm) -> bool {
    arm.protocol.role() == Role::Contestant
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
    /// Difference of two durations that is too small to matter; `None`: that of the [figure](crate::Figure::practical).
    #[serde(default, with = "crate::span::optional", skip_serializing_if = "Option::is_none")]
    pub practical: Option<Duration>,
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
    /// These cells for verdicts, with the rest as it is where a file says nothing.
    pub fn of(name: &str, why: &str, cells: Vec<Cell>) -> Self {
        let (name, why, stop) = (name.to_owned(), why.to_owned(), StopRule::default());
        Self { name, why, cells, stop, verdicts: true, practical: None }
    }

    /// Number of trials.
    pub fn trials(&self) -> u64 {
        self.cells.iter().map(|cell| cell.trials_in(cell.blocks)).sum()
    }

    /// Expected length of the run.
    pub fn expected_length(&self) -> Duration {
        self.cells.iter().map(|cell| cell.expected_block() * cell.blocks).sum()
    }
}
