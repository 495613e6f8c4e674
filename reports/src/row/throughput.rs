//! Events a second at saturation, what each costs the server, and how far that is from the raw TCP floor.

use super::{Finding, Measured, Study, absent, clause, found};
use crate::compare::{CellComparison, Comparison};
use crate::document::Block;
use crate::number;
use crate::text::Language;
use trial::{Figure, Row, Scenario};
use wire::Transport;

pub(super) struct Throughput;

impl Study for Throughput {
    fn finding(&self, comparison: &Comparison, lang: Language) -> Finding {
        let cells: Vec<_> = comparison.measured(Row::Throughput, Scenario::Saturate).collect();
        if cells.is_empty() {
            return absent(comparison, Row::Throughput, lang);
        }
        let rates = || cells.iter().filter_map(|cell| Some((cell, cell.contest(Figure::EventsPerSecond)?)));
        let clauses =
            rates().map(|(cell, contest)| clause(contest, &lang.rate_label(cell.short_name()), comparison, lang));
        let costs = paced(comparison).filter_map(|cell| cell.contest(Figure::TransportCpuPerEvent));
        let clauses = clauses
            .chain(costs.map(|contest| clause(contest, &lang.figure(Figure::TransportCpuPerEvent), comparison, lang)));
        let batching = gain(&cells).map_or_else(String::new, |(sse, websocket)| lang.batching(&sse, &websocket));
        Finding {
            lines: lines(&cells, lang).into_iter().chain(paced(comparison).flat_map(|cell| cost(cell, lang))).collect(),
            caveats: Vec::new(),
            sentence: lang.sentence(lang.list(clauses)) + &batching,
            verdict: found(rates().map(|(cell, contest)| (contest, lang.flushed(cell.short_name()))), comparison, lang),
        }
    }

    fn evidence(&self, comparison: &Comparison, lang: Language) -> Vec<Block> {
        let cells: Vec<_> = comparison.measured(Row::Throughput, Scenario::Saturate).collect();
        let bars = cells.iter().filter_map(|cell| crate::picture::bars(cell, Figure::EventsPerSecond, lang));
        std::iter::once(Block::Text(lang.throughput_method())).chain(bars).collect()
    }
}

/// Cells at a rate that the server holds, where what an event costs it can be told from what its schedule costs.
fn paced<'a, 'r>(comparison: &'a Comparison<'r>) -> impl Iterator<Item = &'a CellComparison<'r>> {
    comparison.measured(Row::Throughput, Scenario::Push)
}

/// What an event of a paced cell costs the server: in all, for the schedule, and for the transport.
fn cost(cell: &CellComparison, lang: Language) -> Vec<Measured> {
    let figures = [Figure::TransportCpuPerEvent, Figure::ServerCpuPerEvent, Figure::ScheduleCpuPerEvent];
    let line = |figure| Measured::figure(cell, figure, &lang.paced_of(lang.figure(figure)), lang);
    figures.into_iter().filter_map(line).collect()
}

/// Rates of every cell first, then their shares of the floor, then what each event costs the server.
fn lines(cells: &[&CellComparison], lang: Language) -> Vec<Measured> {
    let rate = |cell: &&CellComparison| {
        Measured::figure(cell, Figure::EventsPerSecond, &lang.rate_label(cell.short_name()), lang)
    };
    let cpu = |cell: &&CellComparison| {
        Measured::figure(cell, Figure::ServerCpuPerEvent, &lang.cpu_label(cell.short_name()), lang)
    };
    let floors = cells.iter().filter_map(|cell| floor(cell, lang));
    cells.iter().filter_map(rate).chain(floors).chain(cells.iter().filter_map(cpu)).collect()
}

/// Both rates as shares of raw TCP's, where it was measured in the same cell.
fn floor(cell: &CellComparison, lang: Language) -> Option<Measured> {
    let of = |transport| cell.median_of(transport, Figure::EventsPerSecond);
    let floor = of(Transport::RawTcp).filter(|&floor| floor > 0.0)?;
    let share = |transport| Some(number::percent(of(transport)? / floor));
    Some(Measured::new(lang.floor_label(cell.short_name()), share(Transport::Sse)?, share(Transport::WebSocket)?))
}

/// How many times faster each transport is in the second cell than in the first.
fn gain(cells: &[&CellComparison]) -> Option<(String, String)> {
    let [each, ready] = cells else { return None };
    let of = |transport| {
        let rate = |cell: &CellComparison| cell.median_of(transport, Figure::EventsPerSecond);
        Some(number::times(rate(ready)? / rate(each)?))
    };
    Some((of(Transport::Sse)?, of(Transport::WebSocket)?))
}
