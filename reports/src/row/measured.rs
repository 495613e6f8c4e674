//! Lines of what was measured: of a figure, of a contest, of texts.

use crate::arms::Arms;
use crate::compare::{CellComparison, Contest, Estimability};
use crate::document::Line;
use crate::number;
use crate::text::Language;
use crate::verdict::Verdict;
use trial::{Arm, Figure};

impl Line {
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
        Some(Self::contest(cell, contest, what, shown(contest)?, lang))
    }

    /// Base, other and ratio of a contest, under a name.
    pub(super) fn contest(
        cell: &CellComparison,
        contest: &Contest,
        what: &str,
        [base, other, ratio]: [String; 3],
        lang: Language,
    ) -> Self {
        let [sse, websocket] = contest.in_columns([base, other]);
        let [base, other] = lang.sides(contest.arms);
        let ratio = if cell.turned { lang.turned(ratio, &other, &base) } else { ratio };
        let pooled = matches!(contest.estimability, Estimability::Pooled(_));
        let what = if pooled { lang.pooled(what) } else { what.to_owned() };
        Self::new(what, sse, websocket).with_ratio(ratio)
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
