//! The lines of a cell of one's own in the table: a column for each arm of the run, and one for each ratio.

use super::OwnCell;
use crate::arms::Arms;
use crate::compare::Estimability;
use crate::number::{self, NONE};
use crate::row::{Measured, shown};
use crate::text::Language;
use trial::{Arm, Figure, Metric, Quantile};

/// What stands beside the judged figure of answers.
const OF_ANSWERS: [Figure; 5] = [
    Figure::Duration(Metric::FirstContent, Quantile::P50),
    Figure::Duration(Metric::InterChunk, Quantile::P50),
    Figure::TokensPerSecond,
    Figure::BytesPerToken,
    Figure::ServerCpuPerEvent,
];

/// The same of other cells, as far as they have it.
const OF_EVENTS: [Figure; 17] = [
    Figure::Duration(Metric::InterEvent, Quantile::P50),
    Figure::Duration(Metric::SentToKernel, Quantile::P50),
    Figure::Duration(Metric::KernelToRead, Quantile::P50),
    Figure::EventsPerSecond,
    Figure::Goodput,
    Figure::TransportCpuPerEvent,
    Figure::ServerCpuPerEvent,
    Figure::ScheduleCpuPerEvent,
    Figure::ClientCpuPerEvent,
    Figure::InstructionsPerEvent,
    Figure::SyscallsPerEvent,
    Figure::BytesPerEvent,
    Figure::WireBytesInPerEvent,
    Figure::RequestedBytesPerConnection,
    Figure::ServerMemoryPerConnection,
    Figure::KernelMemoryPerConnection,
    Figure::ClientMemoryPerConnection,
];

impl OwnCell<'_, '_> {
    /// What stands in the table, the judged figure first.
    pub(super) fn lines(&self, arms: &Arms, lang: Language) -> Vec<Measured> {
        let judged = [Quantile::P50, Quantile::P99].map(|quantile| self.judged(quantile));
        let second = (judged[0] != judged[1]).then_some(judged[1]);
        let rest: &[Figure] = if self.is_asked() { &OF_ANSWERS } else { &OF_EVENTS };
        let rest = rest.iter().copied().filter(|figure| *figure != judged[0]);
        let line = |figure| self.line(figure, arms, lang);
        let apart = self.apart(arms, lang);
        std::iter::once(judged[0]).chain(second).filter_map(line).chain(apart).chain(rest.filter_map(line)).collect()
    }

    /// A figure of all arms, or of those that were asked.
    pub(crate) fn line(&self, figure: Figure, arms: &Arms, lang: Language) -> Option<Measured> {
        let what = lang.figure(figure);
        let Some(first) = self.cell.contest(figure) else {
            let mut line = Measured::empty(what, arms, NONE);
            let alone = self.is_asked() || self.cell.pair().is_none();
            for (value, arm) in line.values.iter_mut().zip(arms.all()) {
                let median = self.cell.median(*arm, figure).filter(|_| alone && self.is_estimable(*arm, figure));
                *value = median.map_or_else(|| NONE.to_owned(), |median| number::of_figure(figure, median));
            }
            return line.has_values().then_some(line);
        };
        let pooled = matches!(first.estimability, Estimability::Pooled(_));
        let mut line = Measured::empty(if pooled { lang.pooled(&what) } else { what }, arms, NONE);
        // The first contest last: where they differ in how the base is estimated, its value stands.
        for contest in self.contests(first).collect::<Vec<_>>().into_iter().rev() {
            let Some([base, other, ratio]) = shown(contest) else { continue };
            let turned = contest.arms[0] != arms.base();
            let ratio =
                if turned { lang.turned(ratio, &lang.arm(contest.arms[1]), &lang.arm(contest.arms[0])) } else { ratio };
            line.put(arms, contest.arms, [base, other, ratio]);
        }
        line.has_values().then_some(line)
    }

    /// A figure of SSE and WebSocket as texts.
    pub(crate) fn values(&self, figure: Figure, lang: Language) -> [String; 2] {
        let arms = Arms::protocols(self.cell.base);
        let values = self.line(figure, &arms, lang).and_then(|line| line.values.try_into().ok());
        values.unwrap_or_else(|| [NONE, NONE].map(str::to_owned))
    }

    /// Whether an arm has as many observations as a quantile takes.
    fn is_estimable(&self, arm: Arm, figure: Figure) -> bool {
        let Figure::Duration(metric, quantile) = figure else { return true };
        let have = self.cell.arm(arm).map_or(0, |arm| arm.observations(self.cell.cell, metric));
        have >= quantile.observations_needed()
    }

    /// The difference as a line of its own: a ratio of small times says little beside the time between two tokens.
    fn apart(&self, arms: &Arms, lang: Language) -> Option<Measured> {
        let (added, share) = (self.added(Quantile::P50)?, self.share(Quantile::P50)?);
        let share = lang.llm_share(number::small_share(share.abs()), number::duration(self.gap_ns?));
        let contest = self.cell.contest(self.judged(Quantile::P50))?;
        let [base, other] = lang.sides(contest.arms);
        let mut line = Measured::empty(lang.llm_difference_head(lang.llm_difference(&other, &base)), arms, "");
        line.put(arms, contest.arms, [String::new(), number::difference(&added), share]);
        Some(line)
    }
}
