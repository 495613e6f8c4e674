//! A run as a test of a build: thresholds on its figures, an earlier run as the baseline, counts that a file keeps. Refuses to
//! measure; status and words only.
//!
//! ```text
//! thresholds ─┐
//! baseline ───┤
//! counts ─────┼─► Judgement ─┬─ lines      the terminal
//! run ────────┘              ├─ junit      an XML file
//!                            ├─ github     summary and annotations
//!                            └─ status     0, 1, 3, 99
//! ```
//!
//! Two copies of one arm that differ limit what may be claimed about a figure; they refuse nothing that is far larger.

mod baseline;
mod counts;
mod github;
mod glob;
mod junit;
mod threshold;

pub use counts::Counts;
pub use github::{annotations, summary};
pub use junit::junit;
pub use threshold::{ParseThresholdError, Threshold};

use crate::compare::{CellComparison, Comparison, Contest};
use crate::detect::unequal_warning;
use crate::printed::one_line;
use crate::text::Language;
use trial::Figure;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Passed,
    /// It does not.
    Crossed,
    /// It could not be made: nothing was measured, or too little.
    Unmeasured,
    /// Nothing may be claimed about the figure: arms were unequal, or two copies of one arm differ by more than what was found.
    Invalid,
}

/// One check of one figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The cell; empty where no cell could be checked.
    pub cell: String,
    /// What was asked: the threshold as written, or the figure against the baseline.
    pub what: String,
    /// What was found, in words.
    pub found: String,
    /// How it came out.
    pub standing: Standing,
}

/// Everything that was checked about a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The checks, thresholds first.
    pub checks: Vec<Checked>,
    /// Why nothing may be claimed about some figures, cell by cell.
    pub invalid: Vec<String>,
    /// What a reader must know about the baseline.
    pub notes: Vec<String>,
}

impl Judgement {
    /// Checks a run against thresholds and an earlier run.
    pub fn of(
        comparison: &Comparison,
        thresholds: &[Threshold],
        baseline: Option<&Comparison>,
        lang: Language,
    ) -> Self {
        let mut judgement = Self::default();
        judgement.checks.extend(thresholds.iter().flat_map(|threshold| threshold.check(comparison, lang)));
        if let Some(baseline) = baseline {
            judgement.notes = baseline::notes(comparison, baseline, lang);
            judgement.checks.extend(baseline::check(comparison, baseline, lang));
        }
        comparison.cells.iter().for_each(|cell| judgement.doubt(cell, lang));
        judgement
    }

    /// Takes the word from checks of a cell whose arms are unequal, and says why where any check of it is invalid.
    fn doubt(&mut self, cell: &CellComparison, lang: Language) {
        let unequal = cell.versus.iter().find_map(|versus| unequal_warning(&versus.unequal));
        let of_cell = || self.checks.iter().filter(|check| check.cell == cell.cell.name);
        let unfit = of_cell().any(|check| check.standing == Standing::Invalid);
        let refused = unequal.filter(|_| of_cell().next().is_some());
        let why = refused.as_ref().map(|warning| lang.warning(warning)).or_else(|| unfit.then(|| lang.unfit()));
        if refused.is_some() {
            let checks = self.checks.iter_mut().filter(|check| check.cell == cell.cell.name);
            checks.for_each(|check| check.standing = Standing::Invalid);
        }
        self.invalid.extend(why.map(|why| format!("{}: {why}", cell.cell.name)));
    }

    /// The exit status: 99 where a check does not hold, else 1 where one could not be made, else 3 where nothing may be
    /// claimed about a figure, else 0.
    pub fn status(&self) -> u8 {
        let any = |standing| self.checks.iter().any(|check| check.standing == standing);
        match () {
            () if any(Standing::Crossed) => 99,
            () if any(Standing::Unmeasured) => 1,
            () if any(Standing::Invalid) => 3,
            () => 0,
        }
    }

    /// A line for each check and each reason, for a terminal. Control characters of a record do not get through.
    pub fn lines(&self, lang: Language) -> Vec<String> {
        let checks = self.checks.iter().map(|check| format!("{} {}", check.standing.sign(), check.line()));
        let invalid = self.invalid.iter().map(|why| format!("! {}", lang.invalid_result(why)));
        let notes = self.notes.iter().map(|note| format!("  {note}"));
        checks.chain(invalid).chain(notes).map(|line| one_line(&line)).collect()
    }
}

impl Standing {
    const fn sign(self) -> &'static str {
        match self {
            Self::Passed => "✓",
            Self::Crossed => "✗",
            Self::Unmeasured => "?",
            Self::Invalid => "!",
        }
    }
}

impl Checked {
    /// The check in one line.
    pub fn line(&self) -> String {
        let cell = if self.cell.is_empty() { String::new() } else { format!(" · {}", self.cell) };
        format!("{}{cell}: {}", self.what, self.found)
    }
}

/// How far two copies of one arm were found apart in a figure of a cell, as a factor of at least 1. A duration that was not
/// tested itself is no better than the one that was, at the same quantile.
fn null_deviation(cell: &CellComparison, figure: Figure) -> f64 {
    let alike = |tested: Figure| match (tested, figure) {
        (Figure::Duration(_, tested), Figure::Duration(_, asked)) => tested == asked,
        _ => tested == figure,
    };
    let contests = cell.versus.iter().flat_map(|versus| &versus.contests);
    contests.filter(|contest| alike(contest.figure)).map(Contest::null_deviation).fold(1.0, f64::max)
}
