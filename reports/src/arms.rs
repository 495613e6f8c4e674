//! The columns of a run's table: its arms, and the ratio of each other one over the base.

use crate::compare::Comparison;
use crate::text::Language;
use std::collections::BTreeSet;
use trial::Arm;
use wire::Transport;

/// The arms of a run in the order of the columns, SSE first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arms {
    base: Arm,
    all: Vec<Arm>,
}

impl Arms {
    /// SSE and WebSocket, as the ten rows compare them.
    pub(crate) fn pair(comparison: &Comparison) -> Self {
        let [base, other] = comparison.sides();
        Self::beside(base, [other])
    }

    /// These beside their base.
    pub(crate) fn beside(base: Arm, others: impl IntoIterator<Item = Arm>) -> Self {
        let all: BTreeSet<Arm> = others.into_iter().chain([base]).collect();
        Self { base, all: all.into_iter().collect() }
    }

    /// SSE and WebSocket with everything else as this arm has it.
    pub(crate) fn protocols(base: Arm) -> Self {
        Self { base, all: [Transport::Sse, Transport::WebSocket].map(|protocol| base.with(protocol)).to_vec() }
    }

    /// Every arm of the run's cells; the pair where nothing else was run.
    pub(crate) fn of(comparison: &Comparison) -> Self {
        let pair = Self::pair(comparison);
        let arms = comparison.cells.iter().flat_map(|cell| &cell.cell.arms).copied();
        let all: Vec<Arm> = arms.collect::<BTreeSet<_>>().into_iter().collect();
        if all.iter().all(|arm| pair.all.contains(arm)) {
            return pair;
        }
        let base = if all.contains(&pair.base) { pair.base } else { all[0] };
        Self { base, all }
    }

    /// The names of the columns with values.
    pub(crate) fn names(&self, lang: Language) -> Vec<String> {
        self.all.iter().map(|arm| lang.arm(*arm)).collect()
    }

    /// The names of the columns with ratios.
    pub(crate) fn ratios(&self, lang: Language) -> Vec<String> {
        self.others().map(|other| lang.over([self.base, other])).collect()
    }

    /// How the ratios are to be read.
    pub(crate) fn note(&self, lang: Language) -> String {
        let mut others = self.others();
        match (others.next(), others.next()) {
            (Some(other), None) => lang.ratio_note_of([self.base, other]),
            _ => lang.ratio_note(lang.pick("the other", "另一方"), &lang.arm(self.base)),
        }
    }

    /// The arms of the columns with values.
    pub(crate) fn all(&self) -> &[Arm] {
        &self.all
    }

    /// The column of an arm's values.
    pub(crate) fn column(&self, arm: Arm) -> Option<usize> {
        self.all.iter().position(|one| *one == arm)
    }

    /// The column of the ratio of two arms, base first: that of the one which is not the base of the run.
    pub(crate) fn ratio_column(&self, [base, other]: [Arm; 2]) -> Option<usize> {
        let named = if other == self.base { base } else { other };
        self.others().position(|one| one == named)
    }

    /// The base of the run.
    pub(crate) const fn base(&self) -> Arm {
        self.base
    }

    fn others(&self) -> impl Iterator<Item = Arm> + '_ {
        self.all.iter().copied().filter(|arm| *arm != self.base)
    }
}
