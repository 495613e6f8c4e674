//! Bytes above the payload for each event, exact, beside what the specifications say.

use super::{Finding, Measured, RowVerdict, Study, absent, beyond_margin};
use crate::compare::{ArmTrials, CellComparison, Comparison};
use crate::document::{Block, Table};
use crate::number;
use crate::text::Language;
use crate::theory::theory_of;
use crate::verdict::Direction;
use trial::{Figure, Row, Scenario};
use wire::Transport;

/// What rounding of exact counts may leave between measurement and theory, bytes.
const EXACT: f64 = 0.005;

pub(super) struct NetworkOverhead;

impl Study for NetworkOverhead {
    fn finding(&self, comparison: &Comparison, lang: Language) -> Finding {
        let plain: Vec<_> = plain(comparison).collect();
        let (Some(first), Some(last)) = (plain.first(), plain.last()) else {
            return absent(comparison, Row::NetworkOverhead, lang);
        };
        let lines = plain.iter().filter_map(|cell| line(cell, lang)).chain(connect_line(first, lang)).collect();
        let sentence = lang.overhead_sentence(
            number::payload(first.cell.workload.payload_bytes()),
            in_all(first),
            number::payload(last.cell.workload.payload_bytes()),
            in_all(last),
        );
        Finding { lines, verdict: verdict(&plain, lang), sentence, caveats: mismatches(comparison, lang).collect() }
    }

    fn evidence(&self, comparison: &Comparison, lang: Language) -> Vec<Block> {
        let cells: Vec<_> = plain(comparison).collect();
        let mut blocks = vec![Block::Text(lang.overhead_method())];
        if !cells.is_empty() {
            blocks.extend(crate::picture::overhead(&cells, lang));
        }
        blocks.push(Block::Table(beside_theory(comparison, lang)));
        blocks
    }
}

/// Cells of the row in which both transports were measured, without `id:` lines, by rising payload.
fn plain<'a, 'r>(comparison: &'a Comparison<'r>) -> impl Iterator<Item = &'a CellComparison<'r>> {
    let cells = comparison.measured(Row::NetworkOverhead, Scenario::Push);
    let mut cells: Vec<_> = cells.filter(|cell| !cell.cell.workload.has_ids()).collect();
    cells.sort_by_key(|cell| cell.cell.workload.payload_bytes());
    cells.into_iter()
}

/// All bytes of an event and, with a plus, those above its payload.
fn line(cell: &CellComparison, lang: Language) -> Option<Measured> {
    let (all, above) = (cell.contest(Figure::BytesPerEvent)?, cell.contest(Figure::OverheadPerEvent)?);
    let show = |all, above| format!("{} (+{})", number::bytes(all), number::quotient(above));
    let what = lang.event_bytes(number::payload(cell.cell.workload.payload_bytes()));
    let [sse, websocket] = all.in_columns([show(all.base, above.base), show(all.other, above.other)]);
    Some(Measured::new(what, sse, websocket).with_ratio(number::times(all.ratio.value)))
}

/// WebSocket's share of all of SSE's bytes.
fn in_all(cell: &CellComparison) -> String {
    let bytes = cell.contest(Figure::BytesPerEvent);
    bytes.map_or(number::NONE.to_owned(), |bytes| number::times(bytes.ratio_of(Transport::WebSocket)))
}

fn connect_line(cell: &CellComparison, lang: Language) -> Option<Measured> {
    let [up, down] = [Figure::ConnectBytesOut, Figure::ConnectBytesIn].map(|figure| cell.contest(figure));
    let (up, down) = (up?, down?);
    let (base, other) = (up.base + down.base, up.other + down.other);
    let [sse, websocket] = up.in_columns([base, other].map(number::bytes));
    Some(Measured::new(lang.to_connect(), sse, websocket).with_ratio(number::times(other / base)))
}

fn verdict(cells: &[&CellComparison], lang: Language) -> RowVerdict {
    let lower = |cell: &&CellComparison| {
        let bytes = cell.contest(Figure::BytesPerEvent);
        bytes.is_some_and(|bytes| beyond_margin(bytes.verdict_of(Transport::WebSocket)) == Some(Direction::Lower))
    };
    let payload = |cell: &CellComparison| number::payload(cell.cell.workload.payload_bytes());
    let smaller: Vec<String> = cells.iter().copied().filter(|cell| lower(cell)).map(payload).collect();
    let others: Vec<String> = cells.iter().copied().filter(|cell| !lower(cell)).map(payload).collect();
    if others.is_empty() {
        RowVerdict::Confirmed
    } else if smaller.is_empty() {
        RowVerdict::Refuted
    } else {
        let margin = number::percent(Figure::BytesPerEvent.margin());
        RowVerdict::DependsOn(lang.payload_size(lang.series(&smaller), lang.series(&others), margin))
    }
}

/// Cells of the row with their arms, measured overhead and theory.
fn overheads<'a, 'r>(
    comparison: &'a Comparison<'r>,
) -> impl Iterator<Item = (&'a CellComparison<'r>, &'a ArmTrials<'r>, f64, Option<f64>)> {
    comparison.row(Row::NetworkOverhead).flat_map(|cell| {
        let arms = cell.arms.iter().filter(|arm| !arm.arm.twin);
        arms.filter_map(move |arm| Some((cell, arm, arm.median(Figure::OverheadPerEvent)?, theory_of(cell, arm))))
    })
}

fn mismatches(comparison: &Comparison, lang: Language) -> impl Iterator<Item = String> {
    overheads(comparison).filter_map(move |(cell, arm, measured, theory)| {
        let theory = theory.filter(|theory| (measured - theory).abs() > EXACT)?;
        let name = lang.transport(arm.arm.protocol);
        Some(lang.mismatch(name, &cell.cell.name, format!("{measured:.3}"), format!("{theory:.3}")))
    })
}

fn beside_theory(comparison: &Comparison, lang: Language) -> Table {
    let none = || number::NONE.to_owned();
    let ids = |cell: &CellComparison| if cell.cell.workload.has_ids() { lang.with_ids() } else { String::new() };
    let agrees = |measured: f64, theory: f64| if (measured - theory).abs() > EXACT { lang.no() } else { lang.yes() };
    let overheads: Vec<_> = overheads(comparison).collect();
    Table::of(
        lang.theory_caption(),
        &overheads,
        [
            (lang.payload(), &|(cell, ..)| {
                format!("{}{}", number::payload(cell.cell.workload.payload_bytes()), ids(cell))
            }),
            (lang.transport_head(), &|(_, arm, ..)| lang.transport(arm.arm.protocol).to_owned()),
            (lang.measured_head(), &|(_, _, measured, _)| number::bytes(*measured)),
            (lang.in_theory(), &|(.., theory)| theory.map_or_else(none, number::bytes)),
            (lang.agrees(), &|(.., measured, theory)| theory.map_or_else(none, |theory| agrees(*measured, theory))),
        ],
    )
}
