//! Is SSE HTTP long polling? HTTP requests and TCP connections for each 1,000 events, counted by the client.

use super::study::Study;
use super::{Finding, Reach, RowVerdict, absent};
use crate::compare::CellComparison;
use crate::number;
use trial::Figure;
use wire::Transport;

/// Long polling asks far more often when it asks so many times as often.
const FAR_MORE: f64 = 10.0;

pub(super) fn finding(study: &Study) -> Finding {
    let lang = study.lang;
    let Some((cell, sse, websocket)) = study.cells.iter().find_map(|cell| {
        let requests = |transport| cell.median_of(transport, Figure::RequestsPerThousand);
        Some((cell, requests(Transport::Sse)?, requests(Transport::WebSocket)?))
    }) else {
        return absent(study);
    };
    let polls = cell.median_of(Transport::LongPoll, Figure::RequestsPerThousand);
    let one_request_a_stream = asks_once(cell, Transport::Sse);
    let verdict = match polls {
        Some(polls) if !one_request_a_stream && sse * FAR_MORE > polls => RowVerdict::Confirmed(Reach::default()),
        Some(polls) if sse * FAR_MORE > polls => RowVerdict::Open(lang.too_few_polls()),
        _ if one_request_a_stream => RowVerdict::Refuted(Reach::default()),
        _ => RowVerdict::Open(lang.too_few_polls()),
    };
    let (asked, upgraded) = (lang.requests(sse), number::quotient(websocket));
    let sentence = match polls {
        Some(polls) => lang.implementation_sentence(asked, upgraded, number::quotient(polls)),
        None => lang.implementation_without_polls(asked, upgraded),
    };
    Finding { lines: study.lines(), verdict, sentence, caveats: Vec::new() }
}

/// Whether a transport sent one request for each connection, and received more than one event by it.
fn asks_once(cell: &CellComparison, transport: Transport) -> bool {
    let arm = cell.protocol(transport).into_iter();
    arm.flat_map(|arm| arm.measured())
        .all(|(_, m)| m.counters.requests == m.counters.connections && m.counters.received > m.counters.requests)
}
