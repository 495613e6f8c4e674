//! The rows of the table: what is claimed, what was measured, what may be concluded. What a row declares in its plan is read
//! once, by `study`; each rule that concludes is a file. Refuses to measure and to draw: rows read a [`Comparison`].

mod browsers;
mod buffers;
mod bytes;
mod contests;
mod decoders;
mod measured;
mod polling;
mod study;
mod upstream;

pub(crate) use buffers::account as heap_account;
pub use measured::Measured;
pub(crate) use measured::shown;

use crate::compare::{CellComparison, Comparison, Contest};
use crate::detect::unequal_warning;
use crate::document::{Block, Tone};
use crate::picture;
use crate::text::Language;
use crate::verdict::{Direction, Verdict};
use crate::warnings::trial_warnings;
use std::sync::Arc;
use study::Study;
use trial::{Action, Arm, Row, RowChart, Rule, Weight};

/// What one row of the table says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Measured values, the most telling first.
    pub lines: Vec<Measured>,
    /// The conclusion.
    pub verdict: RowVerdict,
    /// One sentence with the numbers behind the conclusion.
    pub sentence: String,
    /// What a reader must know before believing them, such as a diluted ratio.
    pub caveats: Vec<String>,
}

/// What a row concludes about the article's claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowVerdict {
    /// The claim holds.
    Confirmed,
    /// The claim does not hold.
    Refuted,
    /// The claim holds under some conditions, named here.
    DependsOn(String),
    /// The measurement says neither, and why.
    NotResolved(String),
    /// There is no measurement, and why.
    NotMeasured(String),
    /// The article claims nothing; what was found.
    Found(String),
}

impl RowVerdict {
    /// The word on its chip.
    pub(crate) fn word(&self, lang: Language) -> String {
        match self {
            Self::Confirmed => lang.confirmed(),
            Self::Refuted => lang.refuted(),
            Self::DependsOn(_) => lang.depends(),
            Self::NotResolved(_) => lang.unsettled(),
            Self::NotMeasured(_) => lang.unmeasured(),
            Self::Found(_) => lang.finding(),
        }
    }

    /// What stands beside the word; empty where the word says it all.
    pub(crate) fn detail(&self, lang: Language) -> String {
        match self {
            Self::Confirmed | Self::Refuted => String::new(),
            Self::DependsOn(what) => lang.on(what),
            Self::NotResolved(why) | Self::NotMeasured(why) | Self::Found(why) => why.clone(),
        }
    }

    /// Its kind.
    pub(crate) const fn tone(&self) -> Tone {
        match self {
            Self::Confirmed => Tone::Confirmed,
            Self::Refuted => Tone::Refuted,
            Self::DependsOn(_) => Tone::Depends,
            Self::NotResolved(_) => Tone::Unresolved,
            Self::NotMeasured(_) => Tone::Unmeasured,
            Self::Found(_) => Tone::Found,
        }
    }
}

/// The rows that some runs are shown in: the ten unless every cell feeds rows that its plan declares, then these.
pub(crate) fn rows_of(comparisons: &[Comparison]) -> Vec<Arc<Row>> {
    let fed = || comparisons.iter().flat_map(|comparison| &comparison.cells).filter_map(|cell| cell.cell.row.as_ref());
    let own = fed().next().is_some() && fed().all(|row| Row::named(&row.id).is_none());
    let mut rows = if own { Vec::new() } else { Row::built_in().to_vec() };
    for row in fed() {
        if rows.iter().all(|known| known.id != row.id) {
            rows.push(row.clone());
        }
    }
    rows
}

/// What a row says about one run, with the warnings of its trials.
pub fn finding(comparison: &Comparison, row: &Row, lang: Language) -> Finding {
    let study = Study::of(row, comparison, lang);
    let mut finding = match row.rule {
        Rule::Contests => contests::finding(&study),
        Rule::Polling => polling::finding(&study),
        Rule::Upstream => upstream::finding(&study),
        Rule::Browsers => browsers::finding(&study),
        Rule::Decoders => decoders::finding(&study),
    };
    let trials = comparison.row(row).flat_map(|cell| &cell.arms).flat_map(|arm| &arm.trials);
    let trials: Vec<_> = trials.copied().collect();
    finding.caveats.extend(comparison.row(row).filter_map(|cell| refusal(cell, lang)));
    finding.caveats.extend(trial_warnings(row.counted, &trials, Action::Warn, lang));
    finding
}

/// What stands behind a row, for the page: how it was measured, what compares its cells, what its rule knows. Cells with figures
/// follow by themselves. Empty where nothing was measured; compatibility data is known without any cell.
pub(crate) fn evidence(comparison: &Comparison, row: &Row, lang: Language) -> Vec<Block> {
    if row.rule != Rule::Browsers && comparison.row(row).next().is_none() {
        return Vec::new();
    }
    let study = Study::of(row, comparison, lang);
    let own = match row.rule {
        Rule::Contests | Rule::Polling => Vec::new(),
        Rule::Upstream => upstream::evidence(&study),
        Rule::Browsers => browsers::evidence(&study),
        Rule::Decoders => decoders::evidence(&study),
    };
    let method = Block::Text(lang.of(&row.method).to_owned());
    let charts = row.charts.iter().flat_map(|chart| chart_of(&study, *chart));
    std::iter::once(method).chain(charts).chain(own).collect()
}

fn chart_of(study: &Study, chart: RowChart) -> Vec<Block> {
    let (cells, lang) = (&study.cells, study.lang);
    match chart {
        RowChart::Forest => picture::forest(study.comparison, cells, &study.row.id, lang).into_iter().collect(),
        RowChart::Memory => picture::memory(cells, lang).into_iter().collect(),
        RowChart::Bytes => bytes::evidence(study),
        RowChart::Bars => {
            let judged = study.contests(cells, Weight::Judged);
            judged.iter().filter_map(|rests| picture::bars(rests.cell, rests.contest.figure, lang)).collect()
        }
    }
}

/// Which arms of a cell were refused, and why.
fn refusal(cell: &CellComparison, lang: Language) -> Option<String> {
    let warning = unequal_warning(cell.unequal())?;
    Some(lang.unequal_caveat(cell.short_name(), lang.warning(&warning)))
}

/// A finding without numbers, with the reason why there are none.
fn absent(study: &Study) -> Finding {
    let (why, lang) = (why_absent(study), study.lang);
    let sentence = lang.sentence(why.clone());
    Finding { lines: Vec::new(), verdict: RowVerdict::NotMeasured(why), sentence, caveats: Vec::new() }
}

/// Why a row has no numbers: not planned, not reached, failed or unsupported.
fn why_absent(study: &Study) -> String {
    let Study { comparison, row, lang, .. } = *study;
    let arms = || comparison.row(row).flat_map(|cell| &cell.arms).filter(|arm| !arm.arm.twin);
    let named = |arm: Arm, why: &str| format!("{}: {why}", lang.arm(arm));
    if arms().next().is_none() {
        return lang.not_in_plan();
    }
    let failed = arms().find_map(|arm| Some(named(arm.arm, arm.failure()?)));
    let void = || arms().find_map(|arm| Some(named(arm.arm, &lang.all_void(lang.warning(arm.void()?)))));
    let unsupported = || arms().find_map(|arm| Some(named(arm.arm, arm.unsupported()?)));
    let reached = || arms().any(|arm| !arm.trials.is_empty());
    let refused = || comparison.row(row).find_map(|cell| refusal(cell, lang));
    let otherwise = || if reached() { lang.not_both_in_plan() } else { lang.not_reached() };
    failed.or_else(void).or_else(unsupported).or_else(refused).unwrap_or_else(otherwise)
}

/// `0.91× [0.88, 0.95]` and what may be said about the other arm, for one named figure.
pub(crate) fn clause(contest: &Contest, what: &str, comparison: &Comparison, lang: Language) -> String {
    let words = lang.verdict(contest, &lang.arm(contest.arms[1]), comparison.family);
    match shown(contest) {
        Some([.., ratio]) => lang.clause(what, &ratio, &words),
        None => lang.clause_without_ratio(what, &words),
    }
}

/// Where an arm lies beyond the margin; `None` for equivalent or possibly small differences.
const fn beyond_margin(verdict: Verdict) -> Option<Direction> {
    match verdict {
        Verdict::Different { direction, beyond_margin: true } => Some(direction),
        Verdict::Different { beyond_margin: false, .. }
        | Verdict::Unfit
        | Verdict::Equivalent
        | Verdict::Unresolved { .. }
        | Verdict::TooFewBlocks
        | Verdict::Refused
        | Verdict::Exploratory => None,
    }
}
