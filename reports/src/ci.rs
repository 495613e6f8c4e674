//! A run as a test of a build: thresholds on its figures, and an earlier run as the baseline. Refuses to measure; status and
//! words only.
//!
//! ```text
//! thresholds ─┐
//! baseline ───┼─► Judgement ─┬─ lines      the terminal
//! run ────────┘              ├─ junit      an XML file
//!                            ├─ github     summary and annotations
//!                            └─ status     0, 1, 3, 99
//! ```

mod baseline;
mod github;
mod glob;
mod junit;
mod names;
mod threshold;

pub use github::{annotations, summary};
pub use junit::junit;
pub use threshold::{ParseThresholdError, Threshold};

use crate::compare::{CellComparison, Comparison};
use crate::detect::unequal_warning;
use crate::text::Language;
use crate::verdict::Verdict;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Passed,
    /// It does not.
    Crossed,
    /// It could not be made: nothing was measured, or too little.
    Unmeasured,
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
    /// Why no check of this run means anything: the ruler was not fit, or arms were unequal.
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
        let touched = |cell: &&CellComparison| judgement.checks.iter().any(|check| check.cell == cell.cell.name);
        judgement.invalid = comparison.cells.iter().filter(touched).filter_map(|cell| unfit(cell, lang)).collect();
        judgement
    }

    /// The exit status: 1 where a check could not be made, else 3 where the run is invalid, else 99 where a check does not
    /// hold, else 0.
    pub fn status(&self) -> u8 {
        let any = |standing| self.checks.iter().any(|check| check.standing == standing);
        match () {
            () if any(Standing::Unmeasured) => 1,
            () if !self.invalid.is_empty() => 3,
            () if any(Standing::Crossed) => 99,
            () => 0,
        }
    }

    /// A line for each check and each reason, for a terminal. Control characters of a record do not get through.
    pub fn lines(&self, lang: Language) -> Vec<String> {
        let checks = self.checks.iter().map(|check| format!("{} {}", check.standing.sign(), check.line()));
        let invalid = self.invalid.iter().map(|why| format!("! {}", lang.invalid_result(why)));
        let notes = self.notes.iter().map(|note| format!("  {note}"));
        let lines = checks.chain(invalid).chain(notes);
        lines.map(|line| line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()).collect()
    }
}

impl Standing {
    const fn sign(self) -> &'static str {
        match self {
            Self::Passed => "✓",
            Self::Crossed => "✗",
            Self::Unmeasured => "?",
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

/// Why the numbers of a cell mean nothing.
fn unfit(cell: &CellComparison, lang: Language) -> Option<String> {
    let refused = cell.versus.iter().find_map(|versus| unequal_warning(&versus.unequal));
    let mut contests = cell.versus.iter().flat_map(|versus| &versus.contests);
    let unfit = contests.find(|contest| contest.verdict == Verdict::RulerUnfit);
    let why = refused.map(|warning| lang.warning(&warning)).or_else(|| unfit.map(|_| lang.ruler_unfit()))?;
    Some(format!("{}: {why}", cell.cell.name))
}
