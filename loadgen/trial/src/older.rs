//! Records of earlier schemas: cells that say which client reads, which is given to each of their arms; tool loops that stand in no
//! cell, which become trials; a search for capacity that stands in none, which becomes one.

use crate::{
    Arm, Cell, ClientFacts, ClientKind, Measurement, Outcome, Run, Search, Slo, ToolLoop, Trial, Variable, Workload,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use wire::Transport::{self, Sse};

/// What the cell of a run's only search is called.
pub(crate) const SEARCH: &str = "capacity";

/// Most round trips that a run had.
const MOST_RTTS: usize = 8;

#[derive(Deserialize)]
struct OfRun {
    plan: OfPlan,
    #[serde(default)]
    agent: Option<Loops>,
}

#[derive(Deserialize)]
struct OfPlan {
    cells: Vec<OfCell>,
}

#[derive(Deserialize)]
struct OfTrial {
    cell: OfCell,
}

#[derive(Deserialize)]
struct OfCell {
    /// `None` where a record was read, and written again in today's form.
    #[serde(default)]
    client: Option<ClientKind>,
}

impl OfCell {
    fn give(&self, cell: &mut Cell) {
        cell.arms.iter_mut().chain(&mut cell.base).for_each(|arm| *arm = self.read(*arm));
    }

    fn read(&self, arm: Arm) -> Arm {
        arm.read_by(self.client.unwrap_or(arm.client))
    }
}

/// The tool loops of a run.
#[derive(Deserialize)]
struct Loops {
    blocks: u32,
    rtts_ns: Vec<u64>,
    #[serde(flatten)]
    asked: ToolLoop,
}

/// One tool loop that stands in no cell; see [`Self::trial`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct OlderLoop {
    #[serde(deserialize_with = "lettered")]
    arm: Arm,
    block: u32,
    position: u32,
    rtt_ns: u64,
    outcome: OfLoop,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OfLoop {
    Measured(Vec<crate::LoopTurn>),
    Unsupported(String),
    Failed(String),
}

/// The arm of a letter.
fn lettered<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Arm, D::Error> {
    let letter = String::deserialize(deserializer)?;
    let twin = Arm::from(Sse).read_by(ClientKind::Incremental).twin();
    let arms = ToolLoop::arms().into_iter().chain([twin]);
    let found = ["D", "B", "A", "C", "E", "F", "D'"].into_iter().zip(arms).find(|(name, _)| *name == letter);
    found.map(|(_, arm)| arm).ok_or_else(|| serde::de::Error::custom(format_args!("no arm {letter}")))
}

impl OlderLoop {
    /// The trial that it was, of a run whose plan has its cell; `None` where it has none.
    pub fn trial(&self, run: &Run) -> Option<Trial> {
        let rtt = Duration::from_nanos(self.rtt_ns);
        let has_rtt = |cell: &&Cell| matches!(&cell.workload, Workload::ToolLoop(asked) if asked.rtt == rtt);
        Some(Trial {
            schema: run.schema,
            tool: run.tool.clone(),
            cell: run.plan.cells.iter().find(has_rtt)?.clone(),
            arm: self.arm,
            block: self.block,
            attempt: 0,
            position: self.position,
            seed: run.seed,
            layout: None,
            started: run.started.clone(),
            elapsed_ns: 0,
            server: None,
            client: ClientFacts::default(),
            clock: None,
            noise: None,
            warnings: Vec::new(),
            outcome: match self.outcome.clone() {
                OfLoop::Measured(turns) => Outcome::Measured(Box::new(Measurement { turns, ..Measurement::default() })),
                OfLoop::Unsupported(why) => Outcome::Unsupported(why),
                OfLoop::Failed(why) => Outcome::Failed(why),
            },
        })
    }
}

/// A search for capacity of a run whose plan has no cell for it; see [`Self::cell`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OlderSearch {
    slo: Slo,
    of: Variable,
    arms: [Transport; 2],
    start: Option<u64>,
    limit: u64,
    trials: u32,
    precision: f64,
    knee_blocks: u32,
}

impl OlderSearch {
    /// The cell that asks for it, with the streams of its first step; `None` where these trials hold no step.
    pub fn cell(self, trials: &[Trial]) -> Option<Cell> {
        let (step, push) = trials.iter().find_map(|trial| match &trial.cell.workload {
            Workload::Push(push) => Some((&trial.cell, push.clone())),
            _ => None,
        })?;
        let Self { slo, of, start, limit, trials, precision, knee_blocks, .. } = self;
        let search = Search { slo, of, start, limit: Some(limit), trials, precision, ..Search::default() };
        let (name, workload) = (SEARCH.to_owned(), Workload::Capacity { push, search });
        Some(Cell { name, workload, null: true, blocks: knee_blocks.max(1), ..step.clone() })
    }
}

/// The first line of a run.
pub(crate) fn run(text: &str) -> serde_json::Result<Box<Run>> {
    let mut run: Box<Run> = serde_json::from_str(text)?;
    let older: OfRun = serde_json::from_str(text)?;
    older.plan.cells.iter().zip(&mut run.plan.cells).for_each(|(older, cell)| older.give(cell));
    if let Some(Loops { blocks, rtts_ns, asked }) = older.agent {
        let at = |rtt_ns| ToolLoop { rtt: Duration::from_nanos(rtt_ns), ..asked.clone() };
        run.plan.cells.extend(rtts_ns.into_iter().take(MOST_RTTS).map(|rtt_ns| at(rtt_ns).cell(blocks)));
    }
    Ok(run)
}

/// One trial.
pub(crate) fn trial(text: &str) -> serde_json::Result<Box<Trial>> {
    let mut trial: Box<Trial> = serde_json::from_str(text)?;
    let OfTrial { cell: older } = serde_json::from_str(text)?;
    older.give(&mut trial.cell);
    trial.arm = older.read(trial.arm);
    Ok(trial)
}
