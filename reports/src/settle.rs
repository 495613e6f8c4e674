//! What would settle an open figure: the command of its run with more blocks, and about how long that takes. Refuses to promise
//! what the command line does not take.

use crate::Records;
use crate::compare::{CellComparison, Contest};
use crate::verdict::{FEWEST_BLOCKS, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use trial::{Cell, Trial};

/// A bound this many margins wide is too wide to matter: what would settle it is said beside it.
const WIDE: f64 = 3.0;
/// Most blocks that `--blocks` takes.
const MOST_BLOCKS: usize = 1_000;
/// Flags whose place `--blocks` takes, and the directory that is written already.
const REPLACED: [&str; 4] = ["--blocks", "--budget", "--out", "-o"];

/// What it takes to settle a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settling {
    /// Blocks of each timed cell, in all.
    pub(crate) blocks: usize,
    /// The command; `None` where the run's own takes no number of blocks, or not so many.
    pub(crate) command: Option<String>,
    /// About how long it runs, pre-flight apart.
    pub(crate) length: Duration,
}

impl Settling {
    /// What settles a contest of a cell; `None` where it is settled, or no number of blocks would.
    pub(crate) fn of(records: &Records, cell: &CellComparison, contest: &Contest) -> Option<Self> {
        let blocks = match contest.verdict {
            Verdict::TooFewBlocks => FEWEST_BLOCKS.max(cell.cell.blocks as usize),
            Verdict::Unresolved { .. } => contest.blocks + contest.more_blocks()?,
            _ => return None,
        };
        let taken = takes_blocks(cell.cell) && blocks <= MOST_BLOCKS;
        let command = taken.then(|| with_blocks(&records.run.command, blocks)).flatten();
        Some(Self { blocks, command, length: length(&records.trials, blocks) })
    }
}

/// Whether the bound of a contest is too wide to matter, or there is none.
pub(crate) fn is_wide(contest: &Contest) -> bool {
    contest.bound().is_none_or(|bound| bound.share > WIDE * contest.figure.margin())
}

/// Whether `--blocks` reaches a cell.
fn takes_blocks(cell: &Cell) -> bool {
    cell.blocks > 1 && cell.workload.timing().is_some()
}

/// A command of `compare` with so many blocks; `None` for any other.
fn with_blocks(command: &str, blocks: usize) -> Option<String> {
    let mut words = shlex::split(command)?.into_iter();
    let mut kept: Vec<String> = words.by_ref().take(2).collect();
    if kept.get(1).is_none_or(|word| word != "compare") {
        return None;
    }
    while let Some(word) = words.next() {
        let name = word.split('=').next().unwrap_or_default();
        if !REPLACED.contains(&name) {
            kept.push(word);
        } else if name == word {
            words.next();
        }
    }
    kept.extend(["--blocks".to_owned(), blocks.to_string()]);
    shlex::try_join(kept.iter().map(String::as_str)).ok()
}

/// How long a run takes with so many blocks, by what its trials took.
fn length(trials: &[Trial], blocks: usize) -> Duration {
    let mut cells: BTreeMap<&str, Vec<&Trial>> = BTreeMap::new();
    for trial in trials {
        cells.entry(&trial.cell.name).or_default().push(trial);
    }
    let of_cell = |trials: &Vec<&Trial>| {
        let took: f64 = trials.iter().map(|trial| trial.elapsed_ns as f64).sum();
        let run = trials.iter().map(|trial| trial.block).collect::<BTreeSet<_>>().len();
        let more = trials.first().is_some_and(|trial| takes_blocks(&trial.cell));
        if more { took * blocks as f64 / run as f64 } else { took }
    };
    Duration::from_nanos(cells.values().map(of_cell).sum::<f64>() as u64)
}
