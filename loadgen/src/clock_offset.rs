//! The offset to the server's clock, with its bound. Refuses to guess what path asymmetry hides.

use crate::control::{Control, ControlError};
use servers::clock;
use trial::ClockOffset;
use wire::{ClockReading, Facts, MonoTime};

/// Exchanges of one estimate.
const EXCHANGES: u32 = 20;

/// One exchange: sent and received on our clock, answered on theirs.
#[derive(Debug, Clone, Copy)]
struct Exchange {
    sent: MonoTime,
    server: MonoTime,
    received: MonoTime,
}

/// Exchanges clock readings and takes the one with the least round trip.
///
/// # Errors
/// [`ControlError`] when the server stops answering.
pub async fn estimate(control: &mut Control, facts: &Facts) -> Result<ClockOffset, ControlError> {
    let mut exchanges = Vec::new();
    for _ in 0..EXCHANGES {
        let sent = clock::now();
        let reading: ClockReading = control.get("/clock").await?;
        exchanges.push(Exchange { sent, server: reading.monotonic_ns, received: clock::now() });
    }
    let same_clock = !facts.boot_id.is_empty() && facts.boot_id == crate::host::boot_id();
    Ok(of(&exchanges, same_clock))
}

/// `client = server + offset`: the middle of the shortest exchange, give or take half of it.
fn of(exchanges: &[Exchange], same_clock: bool) -> ClockOffset {
    let shortest = exchanges.iter().min_by_key(|exchange| exchange.received.nanos_since(exchange.sent));
    let Some(best) = shortest else { return ClockOffset { same_clock, ..ClockOffset::default() } };
    let round_trip = best.received.nanos_since(best.sent);
    let middle = best.sent.plus_nanos(round_trip / 2);
    let estimate_ns = middle.signed_nanos_since(best.server);
    ClockOffset {
        offset_ns: if same_clock { 0 } else { estimate_ns },
        bound_ns: if same_clock { 0 } else { round_trip / 2 },
        estimate_ns,
        samples: u32::try_from(exchanges.len()).unwrap_or(u32::MAX),
        same_clock,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(sent: u64, server: u64, received: u64) -> Exchange {
        let at = MonoTime::from_nanos;
        Exchange { sent: at(sent), server: at(server), received: at(received) }
    }

    #[test]
    fn the_shortest_exchange_wins_and_bounds_itself() {
        let offset = of(&[exchange(1_000, 500, 9_000), exchange(10_000, 9_100, 10_200)], false);
        assert_eq!((offset.offset_ns, offset.bound_ns, offset.samples), (1_000, 100, 2));
    }

    #[test]
    fn one_boot_is_one_clock() {
        let offset = of(&[exchange(10_000, 9_100, 10_200)], true);
        assert_eq!((offset.offset_ns, offset.bound_ns, offset.estimate_ns), (0, 0, 1_000));
    }
}
