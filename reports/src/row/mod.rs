//! The rows of the table: what is claimed, what was measured, what may be concluded. What a row declares in its plan is read
//! once, by `study`; each rule that concludes is a file. Refuses to measure and to draw: rows read a [`Comparison`].

mod browsers;
mod buffers;
mod bytes;
mod conclusion;
mod contests;
mod decoders;
mod exact;
mod measured;
mod polling;
mod study;
mod upstream;

pub(crate) use buffers::account as heap_account;
pub(crate) use measured::shown;

use crate::compare::{ArmTrials, CellComparison, Comparison, Contest};
use crate::detect::unequal_warning;
use crate::document::{Block, Chip, Line, Tone};
use crate::picture;
use crate::text::Language;
use crate::warnings::trial_warnings;
use std::sync::Arc;
use study::Study;
use trial::{Action, Measurement, Row, RowChart, Rule, Weight};

/// What one row of the table says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Line values, the most telling first.
    pub lines: Vec<Line>,
    /// The conclusion.
    pub verdict: RowVerdict,
    /// One sentence with the numbers behind the conclusion.
    pub sentence: String,
    /// What limits them, such as a diluted ratio.
    pub caveats: Vec<String>,
}

/// What a row concludes about the article's claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowVerdict {
    /// The claim holds.
    Confirmed(Reach),
    /// The claim does not hold.
    Refuted(Reach),
    /// What is claimed follows from definitions, or not, whatever is measured: what follows, and what was measured beside it.
    ByDefinition(String),
    /// The claim holds under some conditions, named here.
    DependsOn(String),
    /// No figure says either; how large a difference may be at most.
    Bounded(String),
    /// The measurement says neither and bounds nothing, and why.
    Open(String),
    /// There is no measurement, and why.
    NotMeasured(String),
    /// The article claims nothing; what was found.
    Found(String),
}

/// How far a conclusion about a claim reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Whether it rests on medians, and a tail is open.
    pub medians_alone: bool,
    /// On what it rests, or what is open; empty where the word says it all.
    pub beside: String,
}

impl RowVerdict {
    /// Its chip, and what stands beside the word; empty where the word says it all.
    pub(crate) fn chip(&self, lang: Language) -> (Chip, String) {
        let reaching = |word, reach: &Reach| if reach.medians_alone { lang.in_the_median(word) } else { word };
        let (tone, word, beside) = match self {
            Self::Confirmed(reach) => (Tone::Confirmed, reaching(lang.confirmed(), reach), reach.beside.clone()),
            Self::Refuted(reach) => (Tone::Refuted, reaching(lang.refuted(), reach), reach.beside.clone()),
            Self::ByDefinition(what) => (Tone::ByDefinition, lang.by_definition(), what.clone()),
            Self::DependsOn(what) => (Tone::Depends, lang.depends(), lang.on(what)),
            Self::Bounded(bound) => (Tone::Bounded, lang.bounded(), bound.clone()),
            Self::Open(why) => (Tone::Unresolved, lang.open(), why.clone()),
            Self::NotMeasured(why) => (Tone::Unmeasured, lang.unmeasured(), why.clone()),
            Self::Found(what) => (Tone::Found, lang.finding(), what.clone()),
        };
        (Chip { tone, word }, beside)
    }
}

/// Most rows of a report: a file may declare any number.
const MOST_ROWS: usize = 100;

/// The rows that some runs are shown in: the ten unless every cell feeds rows that its plan declares, then these.
pub(crate) fn rows_of(comparisons: &[Comparison]) -> Vec<Arc<Row>> {
    let fed = || comparisons.iter().flat_map(|comparison| &comparison.cells).filter_map(|cell| cell.cell.row.as_ref());
    let own = fed().next().is_some() && fed().all(|row| Row::named(&row.id).is_none());
    let mut rows = if own { Vec::new() } else { Row::built_in().to_vec() };
    for row in fed() {
        if rows.len() < MOST_ROWS && rows.iter().all(|known| known.id != row.id) {
            rows.push(row.clone());
        }
    }
    rows
}

/// What a row says about one run, with the warnings of its trials.
pub fn finding(comparison: &Comparison, row: &Row, lang: Language) -> Finding {
    let notice = comparison.records.notice.as_ref();
    if let Some((notice, withdrawn)) = notice.and_then(|notice| Some((notice, notice.of_row(&row.id)?))) {
        let verdict = RowVerdict::NotMeasured(lang.withdrawn_row(&notice.date));
        return Finding { lines: Vec::new(), verdict, sentence: withdrawn.sentence(lang), caveats: Vec::new() };
    }
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
    if arms().next().is_none() {
        return lang.not_in_plan();
    }
    let refused = || comparison.row(row).find_map(|cell| refusal(cell, lang));
    let reached = || arms().any(|arm| !arm.trials.is_empty());
    let otherwise = || if reached() { lang.not_both_in_plan() } else { lang.not_reached() };
    why_none(arms(), lang).or_else(refused).unwrap_or_else(otherwise)
}

/// The first arm that has no numbers, or not those that its cell is about, and why.
pub(crate) fn why_none<'a, 'r: 'a>(
    mut arms: impl Iterator<Item = &'a ArmTrials<'r>>,
    lang: Language,
) -> Option<String> {
    arms.find_map(|arm| Some(format!("{}: {}", lang.arm(arm.arm), why_not(arm, lang)?)))
}

/// Why an arm has no numbers, or not those that its cell is about.
pub(crate) fn why_not(arm: &ArmTrials, lang: Language) -> Option<String> {
    let failed = arm.failure().or_else(|| arm.unsupported()).map(str::to_owned);
    let void = || arm.void().map(|warning| lang.all_void(lang.warning(warning)));
    let exact = |m: &Measurement| m.exact.as_ref()?.not_measured.first().cloned();
    let heap = |m: &Measurement| match &m.heap {
        Some(heap) => heap.not_measured.clone(),
        None => (!m.memory.is_empty()).then(|| lang.requested_not_measured(lang.older_schema())),
    };
    let lacking = || arm.measured().find_map(|(_, m)| exact(m).or_else(|| heap(m)));
    failed.or_else(void).or_else(lacking)
}

/// `0.91× [0.88, 0.95]` and what may be said about the other arm, for one named figure.
pub(crate) fn clause(contest: &Contest, what: &str, lang: Language) -> String {
    let words = lang.verdict(contest, &lang.arm(contest.arms[1]));
    match shown(contest) {
        Some([.., ratio]) => lang.clause(what, &ratio, &words),
        None => lang.clause_without_ratio(what, &words),
    }
}
