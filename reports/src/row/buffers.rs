//! The I/O buffers that come on top of what is judged of memory: their size is a knob, so no row concludes from them.

use crate::compare::CellComparison;
use crate::number;
use crate::text::Language;
use trial::HeapAccount;
use wire::{HeapUse, Transport};

/// The buffers as a sentence of their own; empty without an account of them.
pub(super) fn on_top(cells: &[&CellComparison], lang: Language) -> String {
    let buffers = buffers(cells, lang);
    if buffers.is_empty() { String::new() } else { lang.buffers_on_top(lang.list(buffers)) }
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

/// Why no cell has an account; `None` where none measured memory.
pub(super) fn missing(cells: &[&CellComparison], lang: Language) -> Option<String> {
    let arms = cells.iter().flat_map(|cell| &cell.arms);
    let mut measured = arms.flat_map(|arm| arm.measured()).map(|(_, m)| m).filter(|m| !m.memory.is_empty()).peekable();
    measured.peek()?;
    let told = measured.find_map(|m| m.heap.as_ref()?.not_measured.clone());
    Some(told.unwrap_or_else(|| lang.older_schema()))
}
