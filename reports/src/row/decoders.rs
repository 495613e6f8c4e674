//! What a client needs: a native API or not, how much code and CPU a decoder costs, who reconnects by itself.

use super::browsers::browsers;
use super::study::Study;
use super::{Finding, absent};
use crate::browser_support::support;
use crate::compare::{CellComparison, Comparison};
use crate::document::{Block, Line, Table};
use crate::number;
use crate::text::Language;
use trial::{ClientKind, Cost, Figure};
use wire::Transport;

pub(super) fn finding(study: &Study) -> Finding {
    let lang = study.lang;
    let decoders = [ClientKind::Lean, ClientKind::Library].map(|kind| decoder_line(study, kind));
    let cpu = client_cpu(study);
    if decoders.iter().all(Option::is_none) && cpu.is_empty() {
        return absent(study);
    }
    let everywhere = |feature: &crate::browser_support::Feature| {
        let share = feature.browser_share();
        lang.share(share.with, share.of)
    };
    let native = Line::new(lang.native_api(), everywhere(support().event_source()), everywhere(support().websocket()));
    let seen = |resumed: Option<bool>, by_specification| lang.resumes(resumed, by_specification);
    let [sse, websocket] = resumed(study.comparison);
    let measured = match (sse, websocket) {
        (Some(sse), Some(websocket)) => {
            let said = lang.resumed_live(lang.yes_or_no(sse), lang.yes_or_no(websocket));
            if sse && !websocket { lang.supports_in_part(said) } else { said }
        }
        _ => lang.resuming_not_measured(),
    };
    let resumes = Line::new(lang.reconnects(), seen(sse, true), seen(websocket, false));
    let costs = number_of_lines(study);
    let code = costs.clone().map(|[sse, websocket]| Line::new(lang.decoder_lines(), sse, websocket));
    Finding {
        lines: [native, resumes].into_iter().chain(decoders.into_iter().flatten()).chain(code).chain(cpu).collect(),
        verdict: study.by_definition(measured),
        sentence: match costs {
            Some([sse, websocket]) => lang.library_sentence_with_lines(sse, websocket),
            None => lang.library_sentence(),
        },
        caveats: Vec::new(),
    }
}

/// What each decoder costs.
pub(super) fn evidence(study: &Study) -> Vec<Block> {
    let costs = costs(study);
    let table = (!costs.is_empty()).then(|| Block::Table(cost_table(&costs, study.lang)));
    table.into_iter().collect()
}

/// Every measured decoder with the transport that it reads.
fn costs<'a>(study: &Study<'a, '_>) -> Vec<(Transport, &'a Cost)> {
    let arms = study.comparison.row(study.row).flat_map(|cell| &cell.arms);
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

fn decoder_line(study: &Study, kind: ClientKind) -> Option<Line> {
    let (costs, lang) = (costs(study), study.lang);
    let of = |transport| {
        let mut of_kind = costs.iter().filter(|(of, cost)| *of == transport && is_kind(cost, kind));
        of_kind.next().map(|(_, cost)| *cost)
    };
    let (sse, websocket) = (of(Transport::Sse)?, of(Transport::WebSocket)?);
    let show = |cost: &Cost| number::duration(cost.ns_per_event);
    let what = lang.decoder_label(kind, number::payload(sse.payload_bytes as usize));
    let ratio = number::times(websocket.ns_per_event / sse.ns_per_event);
    Some(Line::new(what, show(sse), show(websocket)).with_ratio(ratio))
}

/// Lines of our own decoders, SSE and WebSocket.
fn number_of_lines(study: &Study) -> Option<[String; 2]> {
    let costs = costs(study);
    let of = |wanted| costs.iter().find(|(of, cost)| *of == wanted && cost.lines.is_some())?.1.lines;
    Some([of(Transport::Sse)?, of(Transport::WebSocket)?].map(|lines| number::count(u64::from(lines))))
}

/// Client CPU of the library client beside that of the lean one in a cell that measures throughput.
fn client_cpu(study: &Study) -> Vec<Line> {
    let line = |cell: &CellComparison| {
        let what = study.lang.client_cpu_label(cell.base.client);
        Line::figure(cell, Figure::ClientCpuPerEvent, &what, study.lang)
    };
    let mut own = study.cells.iter().copied().filter(|cell| cell.base.client == ClientKind::Library);
    let library = own.find_map(line);
    let mut lean = study.comparison.saturated().filter(|cell| library.is_some() && cell.is_comparable());
    lean.find_map(line).into_iter().chain(library.clone()).collect()
}

/// Whether `EventSource` and `WebSocket` came back by themselves in a live browser.
fn resumed(comparison: &Comparison) -> [Option<bool>; 2] {
    [
        browsers(comparison).find_map(|browser| browser.sse_resumed),
        browsers(comparison).find_map(|browser| browser.websocket_resumed),
    ]
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
