//! What a client needs: a native API or not, how much code and CPU a decoder costs, who reconnects by itself.

use super::{Finding, Measured, RowVerdict, Study, absent};
use crate::browser_support::support;
use crate::compare::{CellComparison, Comparison};
use crate::document::{Block, Table};
use crate::number;
use crate::text::Language;
use trial::{ClientKind, Cost, Figure, Row, Scenario};
use wire::Transport;

pub(super) struct ClientLibrary;

impl Study for ClientLibrary {
    fn finding(&self, comparison: &Comparison, lang: Language) -> Finding {
        let decoders = [ClientKind::Lean, ClientKind::Library].map(|kind| decoder_line(comparison, kind, lang));
        let cpu = client_cpu(comparison, lang);
        if decoders.iter().all(Option::is_none) && cpu.is_empty() {
            return absent(comparison, Row::ClientLibrary, lang);
        }
        let everywhere = |feature: &crate::browser_support::Feature| {
            let share = feature.browser_share();
            lang.share(share.with, share.of)
        };
        let native =
            Measured::new(lang.native_api(), everywhere(support().event_source()), everywhere(support().websocket()));
        let seen = |resumed: Option<bool>, by_specification| lang.resumes(resumed, by_specification);
        let [sse, websocket] = resumed(comparison);
        let resumes = Measured::new(lang.reconnects(), seen(sse, true), seen(websocket, false));
        let costs = number_of_lines(comparison);
        let code = costs.clone().map(|[sse, websocket]| Measured::new(lang.decoder_lines(), sse, websocket));
        Finding {
            lines: [native, resumes].into_iter().chain(decoders.into_iter().flatten()).chain(code).chain(cpu).collect(),
            verdict: RowVerdict::Refuted,
            sentence: match costs {
                Some([sse, websocket]) => lang.library_sentence_with_lines(sse, websocket),
                None => lang.library_sentence(),
            },
            caveats: Vec::new(),
        }
    }

    fn evidence(&self, comparison: &Comparison, lang: Language) -> Vec<Block> {
        let mut blocks = vec![Block::Text(lang.library_method())];
        let costs = costs(comparison);
        if !costs.is_empty() {
            blocks.push(Block::Table(cost_table(&costs, lang)));
        }
        blocks
    }
}

/// Every measured decoder with the transport that it reads.
fn costs<'a>(comparison: &'a Comparison) -> Vec<(Transport, &'a Cost)> {
    let arms = comparison.row(Row::ClientLibrary).flat_map(|cell| &cell.arms);
    let costs = arms.flat_map(|arm| {
        let costs = arm.measured().flat_map(|(_, m)| &m.costs);
        costs.map(move |cost| (decoded_transport(cost).unwrap_or(arm.arm.protocol), cost)).collect::<Vec<_>>()
    });
    let mut costs: Vec<_> = costs.collect();
    costs.sort_by(|(a, x), (b, y)| (a, &x.decoder, x.payload_bytes).cmp(&(b, &y.decoder, y.payload_bytes)));
    costs.dedup_by(|(a, x), (b, y)| (*a, &x.decoder, x.payload_bytes) == (*b, &y.decoder, y.payload_bytes));
    costs
}

/// The transport that a decoder's name ends with, as in `lean-sse`.
fn decoded_transport(cost: &Cost) -> Option<Transport> {
    Transport::ALL.into_iter().find(|transport| cost.decoder.ends_with(transport.name()))
}

fn is_kind(cost: &Cost, kind: ClientKind) -> bool {
    cost.decoder.starts_with(&kind.to_string())
}

fn decoder_line(comparison: &Comparison, kind: ClientKind, lang: Language) -> Option<Measured> {
    let costs = costs(comparison);
    let of = |transport| {
        let mut of_kind = costs.iter().filter(|(of, cost)| *of == transport && is_kind(cost, kind));
        of_kind.next().map(|(_, cost)| *cost)
    };
    let (sse, websocket) = (of(Transport::Sse)?, of(Transport::WebSocket)?);
    let show = |cost: &Cost| number::duration(cost.ns_per_event);
    let what = lang.decoder_label(kind, number::payload(sse.payload_bytes as usize));
    let ratio = number::times(websocket.ns_per_event / sse.ns_per_event);
    Some(Measured::new(what, show(sse), show(websocket)).with_ratio(ratio))
}

/// Lines of our own decoders, SSE and WebSocket.
fn number_of_lines(comparison: &Comparison) -> Option<[String; 2]> {
    let costs = costs(comparison);
    let of = |wanted| costs.iter().find(|(of, cost)| *of == wanted && cost.lines.is_some())?.1.lines;
    Some([of(Transport::Sse)?, of(Transport::WebSocket)?].map(|lines| number::count(u64::from(lines))))
}

/// Client CPU of the library client beside that of the lean one in the same scenario.
fn client_cpu(comparison: &Comparison, lang: Language) -> Vec<Measured> {
    let mut cells = comparison.measured(Row::ClientLibrary, Scenario::Saturate);
    let library = cells.find(|cell| cell.base.client == ClientKind::Library);
    let lean = comparison.measured(Row::Throughput, Scenario::Saturate).next();
    let line = |cell: Option<&CellComparison>| {
        let cell = cell?;
        Measured::figure(cell, Figure::ClientCpuPerEvent, &lang.client_cpu_label(cell.base.client), lang)
    };
    let library = line(library);
    let lean = library.as_ref().and_then(|_| line(lean));
    lean.into_iter().chain(library).collect()
}

/// Whether `EventSource` and `WebSocket` came back by themselves in a live browser.
fn resumed(comparison: &Comparison) -> [Option<bool>; 2] {
    let arms = || comparison.row(Row::BrowserSupport).flat_map(|cell| &cell.arms);
    let browsers = || arms().flat_map(|arm| arm.measured()).flat_map(|(_, m)| &m.browsers);
    [browsers().find_map(|browser| browser.sse_resumed), browsers().find_map(|browser| browser.websocket_resumed)]
}

fn cost_table(costs: &[(Transport, &Cost)], lang: Language) -> Table {
    let lines = |cost: &Cost| cost.lines.map_or(number::NONE.to_owned(), |lines| number::count(u64::from(lines)));
    Table::of(
        lang.cost_caption(),
        costs,
        [
            (lang.transport_head(), &|(transport, _)| lang.transport(*transport).to_owned()),
            (lang.decoder(), &|(_, cost)| cost.decoder.clone()),
            (lang.payload(), &|(_, cost)| number::payload(cost.payload_bytes as usize)),
            (lang.cost_per_event(), &|(_, cost)| number::duration(cost.ns_per_event)),
            (lang.events_per_core(), &|(_, cost)| number::significant(1e9 / cost.ns_per_event) + "/s"),
            (lang.lines_of_code(), &|(_, cost)| lines(cost)),
        ],
    )
}
