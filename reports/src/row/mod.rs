//! The rows of the table: what the article claims, what was measured, what may be concluded. Each row is one file; one
//! exhaustive match joins them. Refuses to measure and to draw: rows read a [`Comparison`].

mod bidirectional;
mod browser_support;
mod client_library;
mod connect_time;
mod implementation;
mod latency;
mod memory;
mod network_overhead;
mod protocol_type;
mod throughput;

pub(crate) use memory::account as heap_account;

use crate::arms::Arms;
use crate::compare::{CellComparison, Comparison, Contest, Estimability, principal};
use crate::detect::unequal_warning;
use crate::document::{Block, Tone};
use crate::number;
use crate::text::Language;
use crate::verdict::{Direction, Verdict};
use crate::warnings::trial_warnings;
use trial::{Action, Arm, Figure, Metric, Quantile, Row};

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

/// One measured quantity of all arms of a run, as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// What was measured.
    pub what: String,
    /// Each arm in the order of the columns: SSE and WebSocket in the ten rows.
    pub values: Vec<String>,
    /// Each other arm over the base, with its interval where it has one; empty where a ratio makes no sense.
    pub ratios: Vec<String>,
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

/// What a row says about one run, with the warnings of its trials.
pub fn finding(comparison: &Comparison, row: Row, lang: Language) -> Finding {
    let mut finding = study(row).finding(comparison, lang);
    let trials = comparison.row(row).flat_map(|cell| &cell.arms).flat_map(|arm| &arm.trials);
    let trials: Vec<_> = trials.copied().collect();
    finding.caveats.extend(comparison.row(row).filter_map(|cell| refusal(cell, lang)));
    finding.caveats.extend(trial_warnings(Some(row), &trials, Action::Warn, lang));
    finding
}

/// Which arms of a cell were refused, and why.
fn refusal(cell: &CellComparison, lang: Language) -> Option<String> {
    let warning = unequal_warning(cell.unequal())?;
    Some(lang.unequal_caveat(cell.short_name(), lang.warning(&warning)))
}

/// How a row reads a comparison.
pub(crate) trait Study {
    /// The row of the table.
    fn finding(&self, comparison: &Comparison, lang: Language) -> Finding;

    /// What stands behind it, for the page. Cells with figures follow by themselves.
    fn evidence(&self, comparison: &Comparison, lang: Language) -> Vec<Block>;
}

/// The study of a row.
pub(crate) fn study(row: Row) -> &'static dyn Study {
    match row {
        Row::ProtocolType => &protocol_type::ProtocolType,
        Row::Implementation => &implementation::Implementation,
        Row::BrowserSupport => &browser_support::BrowserSupport,
        Row::Latency => &latency::Latency,
        Row::Bidirectional => &bidirectional::Bidirectional,
        Row::NetworkOverhead => &network_overhead::NetworkOverhead,
        Row::ClientLibrary => &client_library::ClientLibrary,
        Row::Throughput => &throughput::Throughput,
        Row::Memory => &memory::Memory,
        Row::ConnectTime => &connect_time::ConnectTime,
    }
}

impl Measured {
    pub(crate) fn new(what: impl Into<String>, sse: impl Into<String>, websocket: impl Into<String>) -> Self {
        Self { what: what.into(), values: vec![sse.into(), websocket.into()], ratios: vec![String::new()] }
    }

    /// A line without ratios, and with this in the place of each value.
    pub(crate) fn empty(what: String, arms: &Arms, value: &str) -> Self {
        let values = vec![value.to_owned(); arms.all().len()];
        Self { what, ratios: vec![String::new(); values.len().saturating_sub(1)], values }
    }

    /// Puts base, other and ratio of a contest into their columns.
    pub(crate) fn put(&mut self, arms: &Arms, sides: [Arm; 2], [base, other, ratio]: [String; 3]) {
        for (side, value) in sides.into_iter().zip([base, other]) {
            if let Some(column) = arms.column(side) {
                self.values[column] = value;
            }
        }
        if let Some(column) = arms.ratio_column(sides) {
            self.ratios[column] = ratio;
        }
    }

    /// Whether any arm has a value.
    pub(crate) fn has_values(&self) -> bool {
        self.values.iter().any(|value| value != number::NONE)
    }

    pub(crate) fn with_ratio(self, ratio: impl Into<String>) -> Self {
        Self { ratios: vec![ratio.into()], ..self }
    }

    /// A figure of a cell; `None` where it was not measured or cannot be estimated.
    pub(crate) fn figure(cell: &CellComparison, figure: Figure, what: &str, lang: Language) -> Option<Self> {
        let contest = cell.contest(figure)?;
        let [base, other, ratio] = shown(contest)?;
        let [sse, websocket] = contest.in_columns([base, other]);
        let [base, other] = lang.sides(contest.arms);
        let ratio = if cell.turned { lang.turned(ratio, &other, &base) } else { ratio };
        let pooled = matches!(contest.estimability, Estimability::Pooled(_));
        let what = if pooled { lang.pooled(what) } else { what.to_owned() };
        Some(Self::new(what, sse, websocket).with_ratio(ratio))
    }
}

/// Base, other and ratio of a contest as texts: the median trial, or all trials pooled where one is too short.
///
/// `None` where a quantile cannot be estimated, and where unequal arms were refused.
pub(crate) fn shown(contest: &Contest) -> Option<[String; 3]> {
    if contest.verdict == Verdict::Refused {
        return None;
    }
    let show = |value| number::of_figure(contest.figure, value);
    match contest.estimability {
        Estimability::PerTrial => Some([show(contest.base), show(contest.other), number::ratio(&contest.ratio)]),
        Estimability::Pooled(shift) => Some([
            show(shift.base.value),
            show(shift.other.value),
            number::bracketed(number::times(shift.ratio.value), shift.ratio.interval),
        ]),
        Estimability::Difference(difference) => {
            let about = |value| format!("{} ± {}", show(value), number::duration(difference.bound_ns));
            Some([about(contest.base), about(contest.other), number::difference(&difference)])
        }
        Estimability::Not { .. } => None,
    }
}

/// A finding without numbers, with the reason why there are none.
fn absent(comparison: &Comparison, row: Row, lang: Language) -> Finding {
    let why = why_absent(comparison, row, lang);
    let sentence = lang.sentence(why.clone());
    Finding { lines: Vec::new(), verdict: RowVerdict::NotMeasured(why), sentence, caveats: Vec::new() }
}

/// Why a row has no numbers: not planned, not reached, failed or unsupported.
fn why_absent(comparison: &Comparison, row: Row, lang: Language) -> String {
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

/// The verdict of a row without a claim, from its headline contests.
fn found<'a>(
    contests: impl Iterator<Item = (&'a Contest, String)>,
    comparison: &Comparison,
    lang: Language,
) -> RowVerdict {
    let contests: Vec<_> = contests.collect();
    let text = summary(contests.iter(), comparison, lang);
    if contests.iter().any(|(contest, _)| contest.verdict.is_resolved()) {
        RowVerdict::Found(text)
    } else {
        RowVerdict::NotResolved(text)
    }
}

/// What may be said of the run's other transport in each of some contests, in a word or two, and once what they all lack.
fn summary<'a>(
    contests: impl Iterator<Item = &'a (&'a Contest, String)> + Clone,
    comparison: &Comparison,
    lang: Language,
) -> String {
    let [_, other] = comparison.sides();
    let words: Vec<_> =
        contests.clone().map(|(contest, what)| (lang.brief(contest.verdict_of(other.protocol)), what)).collect();
    let alike = words.iter().all(|(word, _)| Some(word) == words.first().map(|(first, _)| first));
    let said = match words.first() {
        // Nothing resolved anywhere: the verdict's own word says so.
        Some((word, _)) if alike && *word == lang.unsettled() => None,
        Some((word, _)) if alike => Some(word.clone()),
        _ => Some(lang.list(words.iter().map(|(word, what)| lang.labelled(what, word)))),
    };
    let shortage = contests.clone().find_map(|(contest, _)| lang.shortage(contest, comparison.family));
    lang.list(said.map(|said| lang.arm_is(&lang.arm(other), said)).into_iter().chain(shortage))
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

/// What to know about a cell whose ratio the instrument's own part dilutes: that the verdict leaves lateness out, up to a cap,
/// and how diluted what it rests on still is.
fn diluted(cell: &CellComparison, what: &str, lang: Language) -> impl Iterator<Item = String> + use<> {
    let dilution = cell.pair().and_then(|versus| versus.dilution).map(|dilution| {
        let undiluted = dilution.undiluted.map_or(number::NONE.to_owned(), number::times);
        lang.diluted(what, number::percent(dilution.share), undiluted)
    });
    less_lateness(cell, what, lang).into_iter().chain(dilution)
}

/// What of an event's lateness is not charged, and what the ratio is with all of it; `None` where all of it is charged.
fn less_lateness(cell: &CellComparison, what: &str, lang: Language) -> Option<String> {
    let from_due = cell.contest(Figure::Duration(principal(cell.cell)?, Quantile::P50))?;
    let is_less = cell.judged() == Some(Metric::JudgedTime);
    is_less.then(|| lang.judged_less_lateness(what, number::duration(cell.cap_ns()), number::ratio(&from_due.ratio)))
}
