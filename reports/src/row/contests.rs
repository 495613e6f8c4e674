//! Concludes from contests: whether a claimed direction holds in all of them, in some or in none; without a claim, what was found.

use super::study::{Rests, Study};
use super::{Finding, RowVerdict, absent, buffers, bytes, clause};
use crate::compare::{CellComparison, Comparison, Contest, Estimability, principal};
use crate::document::Line;
use crate::number;
use crate::text::{Language, filled};
use crate::verdict::{Direction, Verdict};
use trial::{Bilingual, Figure, Metric, Quantile, Weight};
use wire::Transport;

pub(super) fn finding(study: &Study) -> Finding {
    let (lines, judged) = (study.lines(), study.contests(&study.cells, Weight::Judged));
    match judged.first() {
        None => without(study, lines),
        Some(first) => {
            let (verdict, sentence) = (verdict(study, &judged, first), sentence(study, &judged));
            Finding { lines, verdict, sentence, caveats: caveats(study) }
        }
    }
}

/// What is said where nothing was measured that the row concludes from.
fn without(study: &Study, lines: Vec<Line>) -> Finding {
    let lang = study.lang;
    if lines.is_empty() {
        return absent(study);
    }
    let missing = buffers::missing(&study.cells, lang).map(|why| lang.requested_not_measured(why));
    let why = missing.unwrap_or_else(|| lang.cells_nothing_common());
    let sentence = lang.sentence(why.clone());
    Finding { lines, verdict: RowVerdict::NotResolved(why), sentence, caveats: Vec::new() }
}

/// The clauses of what is told, and what a row adds to them.
fn sentence(study: &Study, judged: &[Rests]) -> String {
    let (row, lang) = (study.row, study.lang);
    let told = study.contests(study.told(), Weight::Told).into_iter();
    let told = told.map(|told| clause(told.contest, &study.label(told.line, told.cell), study.comparison, lang));
    let clauses = lang.list(told);
    let end = |rests: Option<&Rests>| {
        let ratio = |rests: &Rests| number::times(rests.contest.ratio_of(Transport::WebSocket));
        rests.map(|rests| (study.name(rests.cell), ratio(rests))).unwrap_or_default()
    };
    let ((first, first_ratio), (last, last_ratio)) = (end(judged.first()), end(judged.last()));
    let mut said = match &row.sentence {
        None => lang.sentence(clauses),
        Some(sentence) => filled(
            lang.of(sentence),
            &[
                ("clauses", clauses),
                ("first", first),
                ("first_ratio", first_ratio),
                ("last", last),
                ("last_ratio", last_ratio),
            ],
        ),
    };
    let more = study.cells.len() - study.told().len();
    if more > 0 {
        said += &lang.more_cells(more);
    }
    if let Some(gain) = row.gain.as_ref().and_then(|gain| gained(gain, judged, lang)) {
        said += &(lang.pick(" ", "").to_owned() + &gain);
    }
    said + &buffers::on_top(&study.cells, lang)
}

/// By how much the second of two cells exceeds the first, in each transport.
fn gained(gain: &Bilingual, judged: &[Rests], lang: Language) -> Option<String> {
    let [first, second] = judged else { return None };
    let of = |transport| {
        let value = |rests: &Rests| rests.cell.median_of(transport, rests.contest.figure);
        Some(number::times(value(second)? / value(first)?))
    };
    Some(filled(lang.of(gain), &[("sse", of(Transport::Sse)?), ("websocket", of(Transport::WebSocket)?)]))
}

/// What must be known before the row is believed: of its cells, what of their times is the instrument's own, and bytes that
/// the specifications do not explain.
fn caveats(study: &Study) -> Vec<String> {
    let timed = |rests: &Rests| matches!(rests.line.figure, Figure::Duration(Metric::JudgedTime, Quantile::P50));
    let judged = study.contests(&study.cells, Weight::Judged);
    let diluted = judged.iter().filter(|rests| timed(rests)).flat_map(|rests| {
        let names_cell = rests.line.label.as_ref().is_some_and(|label| label[0].contains("{cell}"));
        let what = if names_cell { study.name(rests.cell) } else { study.label(rests.line, rests.cell) };
        diluted(rests.cell, &what, study.lang)
    });
    diluted.chain(bytes::mismatches(study)).collect()
}

fn verdict(study: &Study, judged: &[Rests], first: &Rests) -> RowVerdict {
    let (row, lang, comparison) = (study.row, study.lang, study.comparison);
    let depends = |condition: &Bilingual| RowVerdict::DependsOn(conditional(study, condition, judged, first));
    // Where one quantity decides, its cells tell the contests apart.
    let alone = row.lines.iter().filter(|line| line.weight == Weight::Judged).count() == 1;
    let named = judged.iter().map(|rests| {
        let name = if alone { study.name(rests.cell) } else { study.label(rests.line, rests.cell) };
        (rests.contest, name)
    });
    let named: Vec<(&Contest, String)> = named.collect();
    let Some(claimed) = row.claimed else {
        return row.condition.as_ref().map_or_else(|| found(&named, comparison, lang), depends);
    };
    let is_difference = |contest: &Contest| matches!(contest.estimability, Estimability::Difference(_));
    match conclusion(named.iter().map(|(contest, _)| towards(contest, claimed))) {
        Conclusion::Lower => RowVerdict::Confirmed,
        Conclusion::NotLower => RowVerdict::Refuted,
        Conclusion::Mixed => row.condition.as_ref().map_or_else(
            || {
                let resolved = named.iter().filter(|(contest, _)| contest.verdict.is_resolved());
                RowVerdict::DependsOn(lang.the_case(summary(resolved, comparison, lang)))
            },
            depends,
        ),
        Conclusion::Open if named.iter().any(|(contest, _)| is_difference(contest)) => {
            RowVerdict::NotResolved(lang.no_one_way())
        }
        Conclusion::Open => {
            let tests = named.iter().filter(|(contest, _)| contest.estimability == Estimability::PerTrial);
            RowVerdict::NotResolved(summary(tests, comparison, lang))
        }
    }
}

/// Beyond the margin, not perhaps.
const LOWER: Verdict = Verdict::Different { direction: Direction::Lower, beyond_margin: true };

/// What was concluded about WebSocket, as if the claim had it lower.
fn towards(contest: &Contest, claimed: Direction) -> Verdict {
    let verdict = contest.verdict_of(Transport::WebSocket);
    if claimed == Direction::Lower { verdict } else { verdict.reversed() }
}

/// What a verdict depends on, in words.
fn conditional(study: &Study, condition: &Bilingual, judged: &[Rests], first: &Rests) -> String {
    let claimed = study.row.claimed.unwrap_or(Direction::Lower);
    let holds = |rests: &&Rests| towards(rests.contest, claimed) == LOWER;
    let (met, unmet): (Vec<&Rests>, Vec<&Rests>) = judged.iter().partition(holds);
    let names =
        |all: Vec<&Rests>| study.lang.series(&all.iter().map(|rests| study.name(rests.cell)).collect::<Vec<_>>());
    filled(
        study.lang.of(condition),
        &[
            ("ratio", number::times(first.contest.ratio_of(Transport::Sse))),
            ("met", names(met)),
            ("unmet", names(unmet)),
            ("margin", number::percent(first.contest.figure.margin())),
        ],
    )
}

/// The verdict of a row without a claim.
fn found(contests: &[(&Contest, String)], comparison: &Comparison, lang: Language) -> RowVerdict {
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
    let lower = |verdict: &Verdict| *verdict == LOWER;
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
        let open = |leaning| Verdict::Unresolved { bound: 1.1, more_blocks: Some(3), leaning };
        let (unresolved, leans) = (open(None), |to| open(Some(to)));
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
