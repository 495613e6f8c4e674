//! Who can send on the open connection, and what the wire says.

use super::study::Study;
use super::{Finding, Reach, RowVerdict, absent};
use crate::document::{Block, Line};
use crate::number;
use trial::{Arm, Exchange};
use wire::Transport;

pub(super) fn finding(study: &Study) -> Finding {
    let lang = study.lang;
    let exchange =
        |transport| exchanges(study).find(|(arm, _)| arm.protocol == transport).map(|(_, exchange)| exchange);
    let (Some(sse), Some(websocket)) = (exchange(Transport::Sse), exchange(Transport::WebSocket)) else {
        return absent(study);
    };
    let opened = |exchange: &Exchange| lang.opened(exchange.status);
    let upstream = |exchange: &Exchange| number::count(exchange.upstream_received);
    let verdict = match (sse.upstream_received, websocket.upstream_received) {
        (0, 1..) => study.by_definition(lang.arrived(upstream(sse), upstream(websocket))),
        (_, 1..) => RowVerdict::Refuted(Reach::default()),
        (_, 0) => RowVerdict::Open(lang.websocket_said_nothing()),
    };
    Finding {
        lines: vec![
            Line::new(lang.upstream_label(), upstream(sse), upstream(websocket)),
            Line::new(lang.opened_label(), opened(sse), opened(websocket)),
        ],
        verdict,
        sentence: lang
            .protocol_sentence(lang.messages(sse.upstream_received), lang.messages(websocket.upstream_received)),
        caveats: Vec::new(),
    }
}

/// What stood on the wire.
pub(super) fn evidence(study: &Study) -> Vec<Block> {
    let lang = study.lang;
    let heads = exchanges(study).map(|(arm, exchange)| {
        let wrote = lang.upstream_wrote(&exchange.upstream_sent);
        let text = format!("{}\n\n{}\n\n{wrote}", exchange.request.trim_end(), exchange.response.trim_end());
        Block::Code { title: lang.arm(arm), text }
    });
    heads.collect()
}

/// The first exchange of each arm.
fn exchanges<'a>(study: &Study<'a, '_>) -> impl Iterator<Item = (Arm, &'a Exchange)> {
    study.comparison.row(study.row).flat_map(|cell| &cell.arms).filter_map(|arm| {
        let exchange = arm.measured().find_map(|(_, m)| m.exchange.as_ref())?;
        Some((arm.arm, exchange))
    })
}
