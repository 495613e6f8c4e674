//! Whether stamps are of the clock that the server shows: behind one name there may be several servers.

use super::{Recorder, StreamState};
use servers::clock;
use wire::{MonoTime, Stamp};

/// Two clocks that differ by less than this may be one: its drift between two readings, or a host that stood still.
const SAME_CLOCK_NS: u64 = 1_000_000_000;

/// What is known about a clock before the first event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doubt {
    /// How far its offset may be wrong.
    bound_ns: u64,
    /// No event was sent before.
    begun: MonoTime,
}

impl Doubt {
    /// How far outside of the possible an event was sent, by our clock; `None` for a possible instant.
    pub(super) fn astray_ns(self, sent: MonoTime, received: MonoTime) -> Option<u64> {
        let astray_ns = self.begun.nanos_since(sent).max(sent.nanos_since(received));
        Some(astray_ns).filter(|&astray_ns| astray_ns > self.bound_ns.saturating_add(SAME_CLOCK_NS))
    }
}

impl Recorder {
    /// Holds the first event of each stream against the server's clock, which is known to within `bound_ns`.
    pub fn doubting(self, bound_ns: u64) -> Self {
        Self { doubt: Some(Doubt { bound_ns, begun: clock::now() }), ..self }
    }

    /// Whether the stamps of a stream are of another clock, by its first one.
    pub(super) fn is_astray(&self, stream: &mut StreamState, stamp: &Stamp, received: MonoTime) -> bool {
        if stream.last_sent == MonoTime::default() {
            let sent = stamp.sent.offset_by(self.clock_offset_ns);
            stream.astray_ns = self.doubt.and_then(|doubt| doubt.astray_ns(sent, received));
        }
        stream.astray_ns.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_was_sent_between_the_begin_and_its_receipt_give_or_take_the_bound() {
        let (begun, second) = (MonoTime::from_nanos(10_000_000_000), 1_000_000_000);
        let doubt = Doubt { bound_ns: second, begun };
        let received = begun.plus_nanos(5 * second);
        let astray = |sent: i64| doubt.astray_ns(begun.offset_by(sent * second as i64), received);
        assert_eq!([-2, 0, 3, 5, 7].map(astray), [None; 5]);
        assert_eq!([-3, 8].map(astray), [Some(3 * second), Some(3 * second)]);
    }
}
