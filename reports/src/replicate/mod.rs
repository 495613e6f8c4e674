//! The same plan run again and again: what each run says in one small file, how far runs lie apart beyond what their intervals
//! explain, and which of them contradict each other. Refuses to keep a histogram: a run's own records have it.

mod page;
mod set;
mod spread;

pub use set::{ReplicateError, Set, committed};
pub use spread::{Spread, SpreadSet};

use crate::compare::{CellComparison, Comparison, Contest, Estimability};
use crate::verdict::{Direction, Verdict};
use serde::{Deserialize, Serialize};
use trial::{Arm, Cell, Figure, Timing};

/// Version of the files of a set. Files of version 1 do not say whether the host was quiet, nor which differences are of no practical
/// size.
const SCHEMA: u32 = 2;
/// Largest difference, as a share, that an interval may leave possible where it is to answer: on a quiet host, and on another.
const ANSWERS: [f64; 2] = [0.10, 0.15];

/// What one run says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replicate {
    /// Version of this format.
    pub schema: u32,
    /// Start, RFC 3339.
    pub started: String,
    /// End, RFC 3339.
    pub finished: String,
    /// The commit that was built.
    pub commit: String,
    /// `release` or `debug`.
    pub profile: String,
    /// Seed of everything that was drawn.
    pub seed: u64,
    /// Name of the plan.
    pub plan: String,
    /// Tells plans of one name apart.
    pub plan_digest: String,
    /// Tells boots apart; empty where the servers did not say.
    pub boot: String,
    /// CPU model.
    pub cpu: String,
    /// CPUs that the run might use.
    pub cpus: usize,
    /// Kernel name and release.
    pub kernel: String,
    /// Whether pre-flight found the host quiet; `None` where it did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<bool>,
    /// Every headline figure that has an interval.
    pub figures: Vec<Replicated>,
}

/// Which number of a plan it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// Name of the cell.
    pub cell: String,
    /// Base and other.
    pub arms: [Arm; 2],
    /// The figure.
    pub figure: Figure,
    /// Tells loads of one name apart; windows and numbers of blocks are no part of it.
    pub load: String,
}

/// One figure of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replicated {
    /// Which.
    #[serde(flatten)]
    pub key: Key,
    /// Other over base.
    pub ratio: f64,
    /// The 95 % interval of the ratio.
    pub interval: [f64; 2],
    /// Blocks behind it.
    pub blocks: usize,
    /// What was concluded.
    pub stand: Stand,
    /// Whether the difference is shorter than the shortest time that matters.
    #[serde(default)]
    pub practical: bool,
}

/// A verdict, as far as runs can contradict each other in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stand {
    /// Higher, beyond the margin.
    HigherBeyond,
    /// Higher, perhaps by less than the margin.
    Higher,
    /// Inside the margin.
    Equivalent,
    /// Lower, perhaps by less than the margin.
    Lower,
    /// Lower, beyond the margin.
    LowerBeyond,
    /// Nothing.
    Open,
}

impl Stand {
    fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Different { direction: Direction::Higher, beyond_margin: true, .. } => Self::HigherBeyond,
            Verdict::Different { direction: Direction::Higher, .. } => Self::Higher,
            Verdict::Different { direction: Direction::Lower, beyond_margin: true, .. } => Self::LowerBeyond,
            Verdict::Different { direction: Direction::Lower, .. } => Self::Lower,
            Verdict::Equivalent => Self::Equivalent,
            _ => Self::Open,
        }
    }

    /// Whether no truth allows both: opposite directions, or inside the margin and beyond it.
    pub const fn contradicts(self, other: Self) -> bool {
        use Stand::{Equivalent, Higher, HigherBeyond, Lower, LowerBeyond};
        matches!(
            (self, other),
            (Higher | HigherBeyond, Lower | LowerBeyond)
                | (Lower | LowerBeyond, Higher | HigherBeyond)
                | (Equivalent, HigherBeyond | LowerBeyond)
                | (HigherBeyond | LowerBeyond, Equivalent)
        )
    }
}

impl Key {
    /// Of a figure that was compared in a cell.
    pub(crate) fn of(cell: &Cell, contest: &Contest) -> Self {
        let mut workload = cell.workload.clone();
        if let Some(timing) = workload.timing_mut() {
            *timing = Timing::default();
        }
        let load = digest(&(workload, cell.preset, cell.flush, cell.cadence));
        Self { cell: cell.name.clone(), arms: contest.arms, figure: contest.figure, load }
    }
}

impl Replicate {
    /// What a run says.
    pub fn of(comparison: &Comparison) -> Self {
        let (records, run) = (comparison.records, &comparison.records.run);
        let boot = records.trials.iter().find_map(|trial| Some(&trial.server.as_ref()?.boot_id));
        Self {
            schema: SCHEMA,
            started: run.started.clone(),
            finished: records.end.as_ref().map_or_else(String::new, |end| end.finished.clone()),
            commit: run.tool.commit.clone(),
            profile: run.tool.profile.clone(),
            seed: run.seed,
            plan: run.plan.name.clone(),
            plan_digest: digest(&run.plan),
            boot: boot.filter(|id| !id.is_empty()).map_or_else(String::new, digest),
            cpu: run.host.cpu.clone(),
            cpus: run.host.cpus.len(),
            kernel: run.host.kernel.clone(),
            quiet: records.preflight.as_ref().map(|preflight| preflight.quiet),
            figures: comparison.cells.iter().flat_map(figures).collect(),
        }
    }

    /// How its figures that are no tails are answered. `None` of files that do not keep enough.
    pub fn answers(&self) -> Option<Answers> {
        let widest = ANSWERS[usize::from(self.quiet != Some(true))];
        let figures = self.figures.iter().filter(|figure| !figure.key.figure.is_tail());
        (self.schema > 1).then(|| figures.fold(Answers::default(), |answers, figure| answers.with(figure, widest)))
    }
}

/// Figures by what answers them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answers {
    /// By a verdict.
    pub verdict: usize,
    /// Else by *no practical difference*.
    pub practical: usize,
    /// Else by an interval that leaves at most 10 % either way, 15 % where pre-flight did not find the host quiet.
    pub bound: usize,
    /// By nothing.
    pub none: usize,
}

impl Answers {
    /// Those that are answered, and all.
    pub const fn of_all(self) -> [usize; 2] {
        let answered = self.verdict + self.practical + self.bound;
        [answered, answered + self.none]
    }

    fn with(mut self, figure: &Replicated, widest: f64) -> Self {
        let [low, high] = figure.interval;
        let count = match figure {
            _ if figure.stand != Stand::Open => &mut self.verdict,
            _ if figure.practical => &mut self.practical,
            _ if high.max(low.recip()) <= 1.0 + widest => &mut self.bound,
            _ => &mut self.none,
        };
        *count += 1;
        self
    }
}

fn figures<'a>(cell: &'a CellComparison) -> impl Iterator<Item = Replicated> + 'a {
    judged(cell).map(|(key, contest, interval)| Replicated {
        key,
        ratio: rounded(contest.ratio.value),
        interval: interval.map(rounded),
        blocks: contest.ratio.blocks,
        stand: Stand::of(&contest.verdict),
        practical: contest.practical.is_some(),
    })
}

/// The headline figures of a cell that rest on blocks, with their intervals.
pub(crate) fn judged<'a>(cell: &'a CellComparison) -> impl Iterator<Item = (Key, &'a Contest, [f64; 2])> + 'a {
    let contests = cell.versus.iter().flat_map(|versus| &versus.contests);
    let headlines = contests.filter(|contest| contest.headline && !contest.figure.is_exact());
    headlines.filter(|contest| contest.estimability == Estimability::PerTrial).filter_map(|contest| {
        let interval = contest.ratio.interval?;
        Some((Key::of(cell.cell, contest), contest, [interval.low, interval.high]))
    })
}

/// Eight hexadecimal digits that tell things apart and from which none can be read; of JSON, so that names of types do not count.
fn digest(thing: &impl Serialize) -> String {
    let text = serde_json::to_vec(thing).unwrap_or_default();
    format!("{:08x}", crc32fast::hash(&text))
}

/// Six significant digits: more is noise, and makes files long.
pub(crate) fn rounded(x: f64) -> f64 {
    format!("{x:.5e}").parse().unwrap_or(x)
}
