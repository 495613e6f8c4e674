//! What a connection has a server request, site by site, each transport beside the other. Refuses to leave out what no
//! rule names.

use crate::compare::CellComparison;
use crate::document::{Block, Table};
use crate::number::{self, NONE};
use crate::row::heap_account;
use crate::text::Language;
use std::collections::BTreeMap;
use trial::{Figure, HeapAccount, HeapGrowth};
use wire::{HeapUse, Transport};

/// The table of a cell, and how far two accounts of one arm differ; nothing without an account of both transports.
pub(super) fn table(cell: &CellComparison, lang: Language) -> Vec<Block> {
    let [Some(sse), Some(websocket)] = TRANSPORTS.map(|transport| heap_account(cell, transport)) else {
        return Vec::new();
    };
    let mut rows = sites([sse, websocket], lang);
    rows.push(sum(lang.heap_all(), [sse, websocket].map(|heap| heap.requested(|_| true))));
    rows.push(sum(lang.heap_without_buffers(), [sse, websocket].map(|heap| heap.requested(|used| !used.is_buffer()))));
    let named = |heap: &HeapAccount| heap.named_share().map_or(NONE.to_owned(), number::percent);
    rows.push(vec![lang.heap_named(), String::new(), named(sse), named(websocket)]);
    let names = TRANSPORTS.map(|transport| lang.arm(cell.base.with(transport)));
    let head = [lang.heap_use_head(), lang.heap_function_head()].into_iter().chain(names).collect();
    let (from, to) = sse.connections;
    let table = Table { caption: lang.heap_caption(lang.preset(cell.cell.preset), from, to), head, rows };
    std::iter::once(Block::Table(table)).chain(repeated(cell, lang).map(Block::Note)).collect()
}

const TRANSPORTS: [Transport; 2] = [Transport::Sse, Transport::WebSocket];

/// A row for each use and function, in the order of uses and of what they hold.
fn sites(accounts: [&HeapAccount; 2], lang: Language) -> Vec<Vec<String>> {
    let mut both: BTreeMap<(HeapUse, &str), [Option<f64>; 2]> = BTreeMap::new();
    for (index, account) in accounts.into_iter().enumerate() {
        for HeapGrowth { purpose, function, bytes, .. } in &account.sites {
            both.entry((*purpose, function)).or_default()[index] = account.per_connection(*bytes);
        }
    }
    let mut all: Vec<_> = both.into_iter().collect();
    let most = |bytes: &[Option<f64>; 2]| bytes.iter().flatten().fold(0.0_f64, |most, bytes| most.max(*bytes));
    all.sort_by(|a, b| a.0.0.cmp(&b.0.0).then(most(&b.1).total_cmp(&most(&a.1))));
    let row = |((purpose, function), bytes): ((HeapUse, &str), [Option<f64>; 2])| {
        let [sse, websocket] = bytes.map(shown);
        vec![lang.heap_use(purpose).to_owned(), function.to_owned(), sse, websocket]
    };
    all.into_iter().map(row).collect()
}

fn sum(what: String, bytes: [Option<f64>; 2]) -> Vec<String> {
    let [sse, websocket] = bytes.map(shown);
    vec![what, String::new(), sse, websocket]
}

fn shown(bytes: Option<f64>) -> String {
    bytes.map_or(NONE.to_owned(), number::bytes)
}

/// Largest difference of two accounts of one arm, where there are two.
fn repeated(cell: &CellComparison, lang: Language) -> Option<String> {
    let spread = |transport| {
        let values: Vec<f64> =
            cell.protocol(transport)?.values(Figure::RequestedBytesPerConnection).into_values().collect();
        let bounds = values.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
        (values.len() > 1).then_some(bounds.1 - bounds.0)
    };
    let largest = TRANSPORTS.into_iter().filter_map(spread).reduce(f64::max)?;
    Some(lang.heap_repeated(number::bytes(largest)))
}
