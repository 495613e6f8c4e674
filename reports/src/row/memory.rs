//! Bytes that each open, quiet connection has the server request, and beside them the pages that were touched: slopes,
//! never quotients. Refuses to conclude from pages, and to count I/O buffers, whose size is a knob.

use super::{Finding, Measured, RowVerdict, Study, absent, clause, found};
use crate::compare::{CellComparison, Comparison};
use crate::document::Block;
use crate::number;
use crate::text::Language;
use trial::{Figure, HeapAccount, Row, Scenario};
use wire::{HeapUse, Transport};

pub(super) struct Memory;

const JUDGED: Figure = Figure::RequestedWithoutBuffersPerConnection;
/// Of the server, by preset.
const OF_SERVER: [Figure; 3] = [JUDGED, Figure::RequestedBytesPerConnection, Figure::ServerMemoryPerConnection];
/// What is not the server's is the same whatever its preset: one line is enough.
const OF_OTHERS: [Figure; 2] = [Figure::KernelMemoryPerConnection, Figure::ClientMemoryPerConnection];

impl Study for Memory {
    fn finding(&self, comparison: &Comparison, lang: Language) -> Finding {
        let cells: Vec<_> = comparison.measured(Row::Memory, Scenario::Memory).collect();
        let lines = lines(&cells, lang);
        if lines.is_empty() {
            return absent(comparison, Row::Memory, lang);
        }
        let contests = || cells.iter().filter_map(|cell| Some((*cell, cell.contest(JUDGED)?)));
        let named = |cell: &CellComparison| lang.memory_label(JUDGED, cell.cell.preset);
        let clauses: Vec<_> =
            contests().map(|(cell, contest)| clause(contest, &named(cell), comparison, lang)).collect();
        if clauses.is_empty() {
            let why = lang.requested_not_measured(missing(&cells, lang));
            let sentence = lang.sentence(why.clone());
            return Finding { lines, verdict: RowVerdict::NotResolved(why), sentence, caveats: Vec::new() };
        }
        Finding {
            sentence: lang.sentence(lang.list(clauses)) + &lang.buffers_on_top(lang.list(buffers(&cells, lang))),
            verdict: found(contests().map(|(cell, contest)| (contest, named(cell))), comparison, lang),
            lines,
            caveats: Vec::new(),
        }
    }

    fn evidence(&self, comparison: &Comparison, lang: Language) -> Vec<Block> {
        let cells: Vec<_> = comparison.measured(Row::Memory, Scenario::Memory).collect();
        let chart = crate::picture::memory(&cells, lang);
        std::iter::once(Block::Text(lang.memory_method())).chain(chart).collect()
    }
}

/// What is judged of every preset first, then the rest of the server's, then the other's.
fn lines(cells: &[&CellComparison], lang: Language) -> Vec<Measured> {
    let line = |cell: &CellComparison, figure| {
        Measured::figure(cell, figure, &lang.memory_label(figure, cell.cell.preset), lang)
    };
    let server = OF_SERVER.into_iter().flat_map(|figure| cells.iter().filter_map(move |cell| line(cell, figure)));
    let others = OF_OTHERS.into_iter().filter_map(|figure| cells.iter().find_map(|cell| line(cell, figure)));
    server.chain(others).collect()
}

/// The I/O buffers of each cell and transport, each with its knob; not again where an earlier cell has the same.
fn buffers(cells: &[&CellComparison], lang: Language) -> Vec<String> {
    let mut said: Vec<(Transport, String)> = Vec::new();
    let mut all = Vec::new();
    for cell in cells {
        for transport in [Transport::Sse, Transport::WebSocket] {
            let Some(buffers) = buffers_of(cell, transport, lang) else { continue };
            if !said.contains(&(transport, buffers.clone())) {
                all.push(lang.buffers_of(lang.preset(cell.cell.preset), lang.transport(transport), &buffers));
                said.push((transport, buffers));
            }
        }
    }
    all
}

/// `None` without an account.
fn buffers_of(cell: &CellComparison, transport: Transport, lang: Language) -> Option<String> {
    let heap = account(cell, transport)?;
    let each = HeapUse::ALL.into_iter().filter(|purpose| purpose.is_buffer()).filter_map(|purpose| {
        let bytes = heap.requested(|used| used == purpose).filter(|bytes| *bytes > 0.0)?;
        Some(lang.buffer(number::bytes(bytes), lang.heap_use(purpose), lang.knob(purpose)))
    });
    Some(lang.series(&each.collect::<Vec<_>>()))
}

/// The first account of a transport.
pub(crate) fn account<'r>(cell: &CellComparison<'r>, transport: Transport) -> Option<&'r HeapAccount> {
    let accounts = cell.protocol(transport)?.measured().filter_map(|(_, m)| m.heap.as_ref());
    accounts.into_iter().find(|heap| heap.not_measured.is_none())
}

/// Why no cell has an account.
fn missing(cells: &[&CellComparison], lang: Language) -> String {
    let arms = cells.iter().flat_map(|cell| &cell.arms);
    let mut told = arms.flat_map(|arm| arm.measured()).filter_map(|(_, m)| m.heap.as_ref()?.not_measured.clone());
    told.next().unwrap_or_else(|| lang.older_schema())
}
