//! The stretch of a stream whose wire bytes are charged to events: between two instants at which nothing that the kernel
//! had received was still unread. Refuses to estimate: a stream that never settles has no span.

use trial::Traffic;

/// Looks at the socket over the length of a stream; the last one that finds it settled ends the span.
const LOOKS: u64 = 64;
/// Events between two looks where nobody knows how many will come.
const ENDLESS_STEP: u64 = 1_000;

/// What was on the wire at an instant, and the events received until then.
type Settled = (Traffic, u64);

/// The two instants, as far as they have come.
#[derive(Debug, Default)]
pub(crate) struct Span {
    begin: Option<Settled>,
    end: Option<Settled>,
    /// Events at which the socket is looked at next.
    next: u64,
}

impl Span {
    /// Called behind each read after the response head; `settled` reads the socket, one microsecond, and is called for
    /// few reads only. Not behind the last event: what ends a stream is none.
    pub(crate) fn observe(&mut self, received: u64, expected: Option<u64>, settled: impl FnOnce() -> Option<Traffic>) {
        if received < self.next || expected.is_some_and(|expected| received >= expected) {
            return;
        }
        let Some(traffic) = settled() else { return };
        let which = if self.begin.is_none() { &mut self.begin } else { &mut self.end };
        *which = Some((traffic, received));
        self.next = received + expected.map_or(ENDLESS_STEP, |expected| expected / LOOKS + 1);
    }

    /// What was on the wire in between, and the events in it; `None` until both instants have come.
    pub(crate) fn traffic(&self) -> Option<Settled> {
        let (begin, end) = (self.begin?, self.end?);
        Some((end.0.since(&begin.0), end.1 - begin.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::Leg;

    fn at(bytes: u64) -> Option<Traffic> {
        Some(Traffic { back: Leg { bytes, ..Leg::default() }, ..Traffic::default() })
    }

    #[test]
    fn a_span_holds_events_and_nothing_else() {
        let mut span = Span::default();
        // The head came with more behind it that was not read yet, then it was.
        span.observe(0, Some(100), || None);
        span.observe(2, Some(100), || at(500));
        span.observe(3, Some(100), || unreachable!("at each read would be too often"));
        assert_eq!(span.traffic(), None);
        for received in [50, 97, 99] {
            span.observe(received, Some(100), || at(500 + (received - 2) * 144));
        }
        span.observe(100, Some(100), || unreachable!("the end of the stream may have come with the last event"));
        let (traffic, events) = span.traffic().unwrap();
        assert_eq!((traffic.back.bytes, events), (97 * 144, 97));
    }

    #[test]
    fn a_stream_that_never_settles_has_no_span() {
        let mut span = Span::default();
        (0..10).for_each(|received| span.observe(received, None, || None));
        assert_eq!(span.traffic(), None);
    }

    #[test]
    fn a_long_stream_is_looked_at_few_times() {
        let (mut endless, mut counted, mut looks) = (Span::default(), Span::default(), [0, 0]);
        for received in 0..10_000 {
            endless.observe(received, None, || at(received).inspect(|_| looks[0] += 1));
            counted.observe(received, Some(10_000), || at(received).inspect(|_| looks[1] += 1));
        }
        assert_eq!(looks, [10, 64]);
        assert_eq!(endless.traffic().map(|(_, events)| events), Some(9_000));
    }
}
