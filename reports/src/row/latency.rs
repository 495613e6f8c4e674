//! Response time from the due time. Confirmed only where every resolved figure says so.

use super::{Finding, Measured, RowVerdict, Study, absent, beyond_margin, clause, diluted, summary};
use crate::compare::{CellComparison, Comparison, Contest, Estimability};
use crate::document::Block;
use crate::text::Language;
use crate::verdict::{Direction, Verdict};
use trial::{Figure, Metric, Quantile, Row, Scenario};
use wire::Transport;

/// Cells whose figures stand in the table itself; the rest is in the evidence.
const SHOWN_CELLS: usize = 3;
/// Lines that they may take there: the far tail goes first.
const SHOWN_LINES: usize = 6;

pub(super) struct Latency;

impl Study for Latency {
    fn finding(&self, comparison: &Comparison, lang: Language) -> Finding {
        let cells = cells(comparison);
        if cells.is_empty() {
            return absent(comparison, Row::Latency, lang);
        }
        let lines = [Quantile::P50, Quantile::P99, Quantile::P999]
            .iter()
            .flat_map(|quantile| cells.iter().take(SHOWN_CELLS).filter_map(move |cell| line(cell, *quantile, lang)))
            .take(SHOWN_LINES)
            .collect();
        let clauses = cells.iter().take(SHOWN_CELLS).flat_map(|cell| {
            let contests = figures(cell, &[Quantile::P50, Quantile::P99]);
            contests.map(|(contest, what)| clause(contest, &what, comparison, lang)).collect::<Vec<_>>()
        });
        let mut sentence = lang.sentence(lang.list(clauses));
        if cells.len() > SHOWN_CELLS {
            sentence += &lang.more_cells(cells.len() - SHOWN_CELLS);
        }
        let caveats = cells.iter().flat_map(|cell| diluted(cell, cell.short_name(), lang)).collect();
        Finding { lines, verdict: verdict(&cells, comparison, lang), sentence, caveats }
    }

    fn evidence(&self, comparison: &Comparison, lang: Language) -> Vec<Block> {
        let cells = cells(comparison);
        let method = Block::Text(lang.latency_method());
        let forest = crate::picture::forest(comparison, &cells, "latency", lang);
        std::iter::once(method).chain(forest).collect()
    }
}

/// Cells with a response time: from the server's schedule, or relayed where the two ends have no clock in common.
fn cells<'a, 'r>(comparison: &'a Comparison<'r>) -> Vec<&'a CellComparison<'r>> {
    let timed = |cell: &&CellComparison| matches!(cell.cell.workload.scenario(), Scenario::Push | Scenario::Relay);
    comparison.row(Row::Latency).filter(timed).filter(|cell| cell.is_comparable()).collect()
}

fn figures<'a>(
    cell: &'a CellComparison,
    quantiles: &'a [Quantile],
) -> impl Iterator<Item = (&'a Contest, String)> + use<'a> {
    quantiles.iter().filter_map(move |&quantile| {
        let contest = cell.contest(Figure::Duration(judged(cell), quantile))?;
        Some((contest, label(cell, quantile)))
    })
}

fn line(cell: &CellComparison, quantile: Quantile, lang: Language) -> Option<Measured> {
    Measured::figure(cell, Figure::Duration(judged(cell), quantile), &label(cell, quantile), lang)
}

/// The response time, or what of it is judged where every trial had a witness.
fn judged(cell: &CellComparison) -> Metric {
    cell.judged().unwrap_or(Metric::ResponseTime)
}

fn label(cell: &CellComparison, quantile: Quantile) -> String {
    format!("{} {quantile}", cell.short_name())
}

fn verdict(cells: &[&CellComparison], comparison: &Comparison, lang: Language) -> RowVerdict {
    let contests: Vec<_> = cells.iter().flat_map(|cell| figures(cell, &[Quantile::P50, Quantile::P99])).collect();
    let verdicts = contests.iter().map(|(contest, _)| contest.verdict_of(Transport::WebSocket));
    match conclusion(verdicts) {
        Conclusion::Lower => RowVerdict::Confirmed,
        Conclusion::NotLower => RowVerdict::Refuted,
        Conclusion::Mixed => {
            let resolved = contests.iter().filter(|(contest, _)| contest.verdict.is_resolved());
            RowVerdict::DependsOn(lang.the_case(summary(resolved, comparison, lang)))
        }
        Conclusion::Open if contests.iter().any(|(contest, _)| is_difference(contest)) => {
            RowVerdict::NotResolved(lang.no_one_way())
        }
        Conclusion::Open => {
            let tests = contests.iter().filter(|(contest, _)| contest.estimability == Estimability::PerTrial);
            RowVerdict::NotResolved(summary(tests, comparison, lang))
        }
    }
}

fn is_difference(contest: &Contest) -> bool {
    matches!(contest.estimability, Estimability::Difference(_))
}

/// What all figures of the row say together about "WebSocket is lower".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conclusion {
    /// Every resolved figure is lower beyond the margin.
    Lower,
    /// Every resolved figure is equivalent or higher.
    NotLower,
    /// Some are, some are not, or possibly by less than the margin.
    Mixed,
    /// None is resolved, or one that is not points the other way.
    Open,
}

/// Joins the verdicts of all figures. What is not resolved has no say, but a veto where it leans the other way:
/// equivalence takes fewer blocks than a difference, and must not win by coming first.
pub(super) fn conclusion(verdicts: impl Iterator<Item = Verdict>) -> Conclusion {
    let (resolved, open): (Vec<Verdict>, Vec<Verdict>) = verdicts.partition(|verdict| verdict.is_resolved());
    let leans = |to| move |verdict: &Verdict| matches!(verdict, Verdict::Unresolved { leaning: Some(leaning), .. } if *leaning == to);
    let lower = |verdict: &Verdict| beyond_margin(*verdict) == Some(Direction::Lower);
    let not_lower = |verdict: &Verdict| {
        matches!(verdict, Verdict::Equivalent | Verdict::Different { direction: Direction::Higher, .. })
    };
    match resolved.as_slice() {
        [] => Conclusion::Open,
        all if all.iter().all(lower) && !open.iter().any(leans(Direction::Higher)) => Conclusion::Lower,
        all if all.iter().all(not_lower) && !open.iter().any(leans(Direction::Lower)) => Conclusion::NotLower,
        all if all.iter().all(lower) || all.iter().all(not_lower) => Conclusion::Open,
        _ => Conclusion::Mixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_is_the_sum_of_its_resolved_figures() {
        use Conclusion::{Lower, Mixed, NotLower, Open};
        let different = |direction, beyond_margin| Verdict::Different { direction, beyond_margin };
        let [lower, slightly, higher] =
            [different(Direction::Lower, true), different(Direction::Lower, false), different(Direction::Higher, true)];
        let unresolved = Verdict::Unresolved { more_blocks: 3, leaning: None };
        let leans = |to| Verdict::Unresolved { more_blocks: 3, leaning: Some(to) };
        for (verdicts, expected) in [
            (vec![], Open),
            (vec![unresolved, Verdict::Unfit, Verdict::TooFewBlocks, Verdict::Exploratory], Open),
            (vec![lower, unresolved], Lower),
            (vec![lower, leans(Direction::Lower)], Lower),
            (vec![lower, leans(Direction::Higher)], Open),
            (vec![Verdict::Equivalent, leans(Direction::Lower)], Open),
            (vec![Verdict::Equivalent, leans(Direction::Higher)], NotLower),
            (vec![lower, slightly], Mixed),
            (vec![slightly], Mixed),
            (vec![lower, Verdict::Equivalent], Mixed),
            (vec![lower, higher], Mixed),
            (vec![Verdict::Equivalent, higher], NotLower),
        ] {
            assert_eq!(conclusion(verdicts.clone().into_iter()), expected, "{verdicts:?}");
        }
    }
}
