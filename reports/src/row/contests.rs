//! Concludes from contests: whether a claimed direction holds in all of them, in some or in none; without a claim, what was found;
//! where nothing is settled, how large a difference may be.

use super::conclusion::{Conclusion, On, Voice, conclusion};
use super::study::{Rests, Study};
use super::{Finding, Reach, RowVerdict, absent, buffers, bytes, clause, exact};
use crate::compare::{CellComparison, Contest, Estimability, principal};
use crate::document::Line;
use crate::number;
use crate::settle::{Settling, is_wide};
use crate::text::{Language, filled};
use crate::verdict::{Direction, Verdict};
use trial::{Bilingual, Figure, Metric, Quantile, Weight};
use wire::Transport;

pub(super) fn finding(study: &Study) -> Finding {
    let (lines, judged) = (study.lines(), study.contests(&study.cells, Weight::Judged));
    // Where nothing was measured that is judged, what is told besides (exact counts) is what there is.
    let rests = if judged.is_empty() { study.contests(&study.cells, Weight::Told) } else { judged };
    match rests.first() {
        None => without(study, lines),
        Some(first) => {
            let (verdict, sentence) = (verdict(study, &rests, first), sentence(study, &rests));
            Finding { lines, verdict, sentence, caveats: caveats(study) }
        }
    }
}

/// What is said where nothing was measured that the row concludes from.
fn without(study: &Study, lines: Vec<Line>) -> Finding {
    let lang = study.lang;
    if lines.is_empty() {
        return Finding { caveats: exact::missing(study).collect(), ..absent(study) };
    }
    let missing = buffers::missing(&study.cells, lang).map(|why| lang.requested_not_measured(why));
    let why = missing.unwrap_or_else(|| lang.cells_nothing_common());
    let sentence = lang.sentence(why.clone());
    Finding { lines, verdict: RowVerdict::Open(why), sentence, caveats: Vec::new() }
}

/// The clauses of what is told, and what a row adds to them.
fn sentence(study: &Study, judged: &[Rests]) -> String {
    let (row, lang) = (study.row, study.lang);
    let clauses = study.contests(study.told(), Weight::Told);
    let clauses = lang.list(clauses.iter().map(|rests| told(study, rests)));
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

/// A contest in a clause, under the name of its line.
fn told(study: &Study, rests: &Rests) -> String {
    clause(rests.contest, &study.label(rests.line, rests.cell), study.lang)
}

/// By how much the second of two cells exceeds the first, in each transport.
fn gained(gain: &Bilingual, judged: &[Rests], lang: Language) -> Option<String> {
    let [first, second] = judged else { return None };
    if first.line.figure != second.line.figure {
        return None;
    }
    let of = |transport| {
        let value = |rests: &Rests| rests.cell.median_of(transport, rests.contest.figure);
        Some(number::times(value(second)? / value(first)?))
    };
    Some(filled(lang.of(gain), &[("sse", of(Transport::Sse)?), ("websocket", of(Transport::WebSocket)?)]))
}

/// What limits the row: of its cells, what of their times is the instrument's own, and bytes that
/// the specifications do not explain.
fn caveats(study: &Study) -> Vec<String> {
    let timed = |rests: &Rests| matches!(rests.line.figure, Figure::Duration(Metric::JudgedTime, Quantile::P50));
    let judged = study.contests(&study.cells, Weight::Judged);
    let diluted = judged.iter().filter(|rests| timed(rests)).flat_map(|rests| {
        let names_cell = rests.line.label.as_ref().is_some_and(|label| label[0].contains("{cell}"));
        let what = if names_cell { study.name(rests.cell) } else { study.label(rests.line, rests.cell) };
        diluted(rests.cell, &what, study.lang)
    });
    diluted.chain(bytes::mismatches(study)).chain(exact::missing(study)).collect()
}

fn verdict(study: &Study, judged: &[Rests], first: &Rests) -> RowVerdict {
    let (row, lang) = (study.row, study.lang);
    if row.definition.is_some() {
        return study.by_definition(lang.list(judged.iter().map(|rests| told(study, rests))));
    }
    let Some(claimed) = row.claimed else {
        let depends = |condition| RowVerdict::DependsOn(conditional(study, condition, judged, first));
        return row.condition.as_ref().map_or_else(|| found(study, judged), depends);
    };
    let voices = judged
        .iter()
        .map(|rests| Voice { verdict: towards(rests.contest, claimed), tail: rests.contest.figure.is_tail() });
    match conclusion(&voices.collect::<Vec<_>>()) {
        Conclusion::Lower(on) => RowVerdict::Confirmed(reach(study, judged, on)),
        Conclusion::NotLower(on) => RowVerdict::Refuted(reach(study, judged, on)),
        Conclusion::Mixed => RowVerdict::DependsOn(row.condition.as_ref().map_or_else(
            || lang.the_case(summary(study, judged)),
            |condition| conditional(study, condition, judged, first),
        )),
        Conclusion::Open => open(study, judged),
    }
}

/// How far a conclusion reaches: beside one that rests on medians, what the tails leave open.
fn reach(study: &Study, judged: &[Rests], on: On) -> Reach {
    let (lang, [_, other]) = (study.lang, study.comparison.sides());
    let open = judged.iter().filter(|rests| !rests.contest.verdict.is_resolved());
    let open = open.map(|rests| {
        let leans = leaning(said(study, rests)).map(|to| lang.leans_of(&lang.arm(other), lang.direction(to)));
        let words: Vec<_> = leans.into_iter().chain([lang.how_open(rests.contest, Language::at_most)]).collect();
        lang.open_within(&study.label(rests.line, rests.cell), lang.series(&words))
    });
    let firm = judged.iter().filter(|rests| rests.contest.verdict.is_resolved());
    let practical: Option<Vec<String>> = firm.map(|rests| lang.practical(rests.contest)).collect();
    let practical = practical.and_then(|all| all.into_iter().next());
    Reach { medians_alone: on == On::Medians, beside: lang.list(practical.into_iter().chain(open)) }
}

/// Where an open figure points.
const fn leaning(verdict: Verdict) -> Option<Direction> {
    if let Verdict::Unresolved { leaning, .. } = verdict { leaning } else { None }
}

/// The verdict of a row that no judged figure settles: what is known all the same.
fn open(study: &Study, judged: &[Rests]) -> RowVerdict {
    let is_difference = |rests: &Rests| matches!(rests.contest.estimability, Estimability::Difference(_));
    let is_known = |rests: &Rests| rests.contest.verdict != Verdict::Unfit && study.lang.most(rests.contest).is_some();
    let known = judged.iter().any(is_known);
    let no_one_way = judged.iter().any(is_difference).then(|| study.lang.no_one_way());
    let said = (known || no_one_way.is_none()).then(|| summary(study, judged));
    let settled = settled(study, judged).filter(|_| no_one_way.is_none());
    let text = study.lang.list(said.into_iter().chain(no_one_way).chain(settled));
    if known { RowVerdict::Bounded(text) } else { RowVerdict::Open(text) }
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
fn found(study: &Study, judged: &[Rests]) -> RowVerdict {
    if judged.iter().any(|rests| rests.contest.verdict.is_resolved()) {
        RowVerdict::Found(summary(study, judged))
    } else {
        open(study, judged)
    }
}

/// What may be said of the run's other transport in each of some contests, in a few words.
fn summary(study: &Study, judged: &[Rests]) -> String {
    let (lang, [_, other]) = (study.lang, study.comparison.sides());
    // Where one quantity decides, its cells tell the contests apart.
    let least = judged.iter().map(|rests| rests.line.weight).min().unwrap_or_default();
    let alone = study.row.lines.iter().filter(|line| line.weight >= least).count() == 1;
    let name = |rests: &Rests| if alone { study.name(rests.cell) } else { study.label(rests.line, rests.cell) };
    let brief = |rests: &Rests, bound| lang.brief(rests.contest, said(study, rests), bound);
    let words: Vec<_> = judged.iter().map(|rests| (brief(rests, Language::at_most), name(rests))).collect();
    let points = |verdict| matches!(verdict, Verdict::Different { .. }) || leaning(verdict).is_some();
    let directed = judged.iter().any(|rests| points(rests.contest.verdict));
    let alike = words.iter().all(|(word, _)| Some(word) == words.first().map(|(first, _)| first));
    let text = match judged.first() {
        Some(first) if alike => brief(first, Language::no_larger),
        _ => lang.list(words.iter().map(|(word, what)| lang.labelled(what, word))),
    };
    // A bound holds either way, whoever is the other.
    if directed { lang.arm_is(&lang.arm(other), text) } else { text }
}

/// What was concluded of the run's other transport.
fn said(study: &Study, rests: &Rests) -> Verdict {
    rests.contest.verdict_of(study.comparison.sides()[1].protocol)
}

/// What would settle the row: the median that takes most, for tails take more than a run has. `None` where every open median has a
/// narrow bound or no practical difference, or blocks would not settle one.
fn settled(study: &Study, judged: &[Rests]) -> Option<String> {
    let records = study.comparison.records;
    let any_median = judged.iter().any(|rests| !rests.contest.figure.is_tail());
    let is_asked =
        |rests: &&Rests| !(any_median && rests.contest.figure.is_tail()) && rests.contest.practical.is_none();
    let asked = || judged.iter().filter(is_asked);
    asked().find(|rests| !rests.contest.verdict.is_resolved() && is_wide(rests.contest))?;
    let each = asked().filter_map(|rests| Some((rests, Settling::of(records, rests.cell, rests.contest)?)));
    let (rests, settling) = each.max_by_key(|(_, settling)| settling.blocks)?;
    Some(study.lang.settled_by(rests.contest, &settling))
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
