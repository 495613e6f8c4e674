//! What the specifications say about bytes above the payload. Refuses to guess where they leave a choice.

use crate::compare::{ArmTrials, CellComparison};
use wire::{Flush, Preset, Transport};

/// Theory for an arm of a cell, where every event is written alone.
pub(crate) fn theory_of(cell: &CellComparison, arm: &ArmTrials) -> Option<f64> {
    let workload = &cell.cell.workload;
    let received = arm.measured().next().map_or(0, |(_, m)| m.counters.received / m.counters.connections.max(1));
    let digits = workload.has_ids().then(|| mean_digits(received));
    let alone = one_event_a_write(cell.cell.preset, cell.cell.flush);
    alone.then(|| overhead_in_theory(arm.arm.protocol, workload.payload_bytes(), digits)).flatten()
}

/// Bytes above the payload for each event when every event is written alone; `None` where the specifications leave
/// it open.
///
/// - WebSocket (RFC 6455 §5.2), server to client: a head of 2, 4 or 10 bytes by the payload's length.
/// - SSE (WHATWG HTML §9.2): `data: `, the end of the line and the blank line make 8 bytes, `id: N` and its end of line
///   5 more than the digits of N.
/// - Both SSE and the bare HTTP stream travel in chunks (RFC 9112 §7.1): the size in hexadecimal and two line ends.
/// - Raw TCP has nothing.
///
/// `id_digits` is the mean number of digits of the ids, `None` without `id:` lines.
pub fn overhead_in_theory(transport: Transport, payload_bytes: usize, id_digits: Option<f64>) -> Option<f64> {
    let chunk = |bytes: f64| hex_digits(bytes as usize) as f64 + 4.0;
    match transport {
        Transport::WebSocket => Some(match payload_bytes {
            0..=125 => 2.0,
            126..=65_535 => 4.0,
            _ => 10.0,
        }),
        Transport::Sse => {
            let framing = 8.0 + id_digits.map_or(0.0, |digits| 5.0 + digits);
            Some(framing + chunk(payload_bytes as f64 + framing))
        }
        Transport::HttpStream => Some(chunk(payload_bytes as f64)),
        Transport::RawTcp => Some(0.0),
        Transport::LongPoll => None,
    }
}

/// Whether every event is written alone, so that each has a chunk of its own.
fn one_event_a_write(preset: Preset, flush: Option<Flush>) -> bool {
    match (flush, preset) {
        (Some(flush), _) => flush == Flush::Each,
        (None, Preset::Equal) => true,
        (None, Preset::Stock) => false,
    }
}

/// Mean number of decimal digits of `0..count`.
fn mean_digits(count: u64) -> f64 {
    let decades = std::iter::successors(Some(1_u64), |power| power.checked_mul(10));
    // Every number from 10^k on has one more digit than k.
    let extra: u64 = decades.skip(1).take_while(|&power| power < count).map(|power| count - power).sum();
    1.0 + extra as f64 / count.max(1) as f64
}

fn hex_digits(n: usize) -> u32 {
    n.max(1).ilog2() / 4 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framing_follows_the_specifications() {
        for (transport, payload, expected) in [
            (Transport::Sse, 64, Some(14.0)),
            (Transport::Sse, 256, Some(15.0)),
            (Transport::Sse, 247, Some(14.0)),
            (Transport::Sse, 248, Some(15.0)),
            (Transport::Sse, 1024, Some(15.0)),
            (Transport::Sse, 16_384, Some(16.0)),
            (Transport::WebSocket, 64, Some(2.0)),
            (Transport::WebSocket, 125, Some(2.0)),
            (Transport::WebSocket, 126, Some(4.0)),
            (Transport::WebSocket, 65_535, Some(4.0)),
            (Transport::WebSocket, 65_536, Some(10.0)),
            (Transport::HttpStream, 64, Some(6.0)),
            (Transport::RawTcp, 64, Some(0.0)),
            (Transport::LongPoll, 64, None),
        ] {
            assert_eq!(overhead_in_theory(transport, payload, None), expected, "{transport} {payload}");
        }
    }

    #[test]
    fn ids_cost_their_digits() {
        for (count, digits) in [(0, 0), (1, 1), (10, 10), (100, 190), (500, 1390), (1001, 2894)] {
            let mean = if count == 0 { 1.0 } else { f64::from(digits) / count as f64 };
            assert!((mean_digits(count) - mean).abs() < 1e-12, "{count}");
        }
        assert_eq!(overhead_in_theory(Transport::Sse, 64, Some(3.0)), Some(14.0 + 8.0));
    }

    #[test]
    fn a_batch_has_no_theory() {
        assert!(one_event_a_write(Preset::Equal, None));
        assert!(!one_event_a_write(Preset::Stock, None));
        assert!(one_event_a_write(Preset::Stock, Some(Flush::Each)));
        assert!(!one_event_a_write(Preset::Equal, Some(Flush::Ready)));
    }
}
