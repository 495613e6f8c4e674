//! The lines of a cell of one's own in the table: a column for each arm of the run, and one for each ratio.

use super::OwnCell;
use crate::arms::Arms;
use crate::compare::Estimability;
use crate::document::Line;
use crate::number::{self, NONE};
use crate::row::shown;
use crate::text::Language;
use trial::{Arm, Figure, Metric, Quantile};

impl OwnCell<'_, '_> {
    /// What stands in the table, the judged figure first.
    pub(super) fn lines(&self, arms: &Arms, lang: Language) -> Vec<Line> {
        let mut figures: Vec<Figure> = Vec::new();
        for line in &self.cell.cell.section().lines {
            let figure = match line.figure {
                Figure::Duration(Metric::JudgedTime, quantile) => self.judged(quantile),
                figure => figure,
            };
            figures.extend((!figures.contains(&figure)).then_some(figure));
        }
        let judged = [Quantile::P50, Quantile::P99].map(|quantile| self.judged(quantile));
        let (judged, rest): (Vec<_>, Vec<_>) = figures.into_iter().partition(|figure| judged.contains(figure));
        let line = |figure| self.line(figure, arms, lang);
        judged
            .into_iter()
            .filter_map(line)
            .chain(self.apart(arms, lang))
            .chain(rest.into_iter().filter_map(line))
            .collect()
    }

    /// A figure of all arms, or of those that were asked.
    pub(crate) fn line(&self, figure: Figure, arms: &Arms, lang: Language) -> Option<Line> {
        let what = lang.figure(figure);
        let Some(first) = self.cell.contest(figure) else {
            let mut line = Line::empty(what, arms, NONE);
            let alone = self.is_asked() || self.cell.pair().is_none();
            for (value, arm) in line.values.iter_mut().zip(arms.all()) {
                let median = self.cell.median(*arm, figure).filter(|_| alone && self.is_estimable(*arm, figure));
                *value = median.map_or_else(|| NONE.to_owned(), |median| number::of_figure(figure, median));
            }
            return line.has_values().then_some(line);
        };
        let pooled = matches!(first.estimability, Estimability::Pooled(_));
        let mut line = Line::empty(if pooled { lang.pooled(&what) } else { what }, arms, NONE);
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
    fn apart(&self, arms: &Arms, lang: Language) -> Option<Line> {
        let (added, share) = (self.added(Quantile::P50)?, self.share(Quantile::P50)?);
        let share = lang.llm_share(number::small_share(share.abs()), number::duration(self.gap_ns?));
        let contest = self.cell.contest(self.judged(Quantile::P50))?;
        let [base, other] = lang.sides(contest.arms);
        let mut line = Line::empty(lang.llm_difference_head(lang.llm_difference(&other, &base)), arms, "");
        line.put(arms, contest.arms, [String::new(), number::difference(&added), share]);
        Some(line)
    }
}
