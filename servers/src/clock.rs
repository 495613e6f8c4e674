//! The one clock that every stamp is read from, and what a disguised server makes of it. Refuses to schedule anything:
//! that is the pacer's work.

use nix::time::{ClockId, clock_gettime};
use wire::MonoTime;

/// Nanoseconds of `CLOCK_MONOTONIC`: the same clock in every process of a host, about 25 ns a reading (vDSO).
#[inline]
pub fn now() -> MonoTime {
    MonoTime::from_nanos(nanos(ClockId::CLOCK_MONOTONIC))
}

/// Microseconds since the Unix epoch of an instant in the recent past; as exact as two clock readings in a row.
pub(crate) fn wall_micros(at: MonoTime) -> u64 {
    let (passed_ns, wall_ns) = (now().nanos_since(at), nanos(ClockId::CLOCK_REALTIME));
    wall_ns.saturating_sub(passed_ns) / 1_000
}

/// Raw nanoseconds of any clock of the host.
pub(crate) fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock).expect("Linux has the clocks that are asked for here");
    time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
}

/// Another host's identity and clock, put on by a server of this one: so that a test with one host can ask what a client
/// does with two. What leaves the server (stamps, `/clock`) is in the disguised clock; everything inside stays on the real one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disguise {
    /// The boot that `/facts` states.
    pub boot_id: String,
    /// Nanoseconds by which the clock is ahead when the server starts.
    pub offset_ns: i64,
    /// Nanoseconds a second by which it runs fast.
    pub skew_ppb: i64,
}

/// The clock as the outside sees it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WireClock(Option<Shift>);

#[derive(Debug, Clone, Copy)]
struct Shift {
    origin: MonoTime,
    offset_ns: i64,
    skew_ppb: i64,
}

impl WireClock {
    /// The clock of a server that starts now.
    pub(crate) fn starting(disguise: Option<&Disguise>) -> Self {
        Self(disguise.map(|&Disguise { offset_ns, skew_ppb, .. }| Shift { origin: now(), offset_ns, skew_ppb }))
    }

    /// An instant as it is told to clients.
    #[inline]
    pub(crate) fn tell(self, instant: MonoTime) -> MonoTime {
        let Some(Shift { origin, offset_ns, skew_ppb }) = self.0 else { return instant };
        let run_ns = i128::from(instant.signed_nanos_since(origin)) * i128::from(skew_ppb) / 1_000_000_000;
        instant.offset_by(offset_ns.saturating_add(i64::try_from(run_ns).unwrap_or(0)))
    }

    /// An instant that a client names, on the real clock: exact to the skew over its distance, a few parts per million.
    pub(crate) fn hear(self, instant: MonoTime) -> MonoTime {
        instant.offset_by(instant.signed_nanos_since(self.tell(instant)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disguised_clock_is_off_and_runs_fast() {
        let disguise = Disguise { boot_id: "elsewhere".to_owned(), offset_ns: 3_700_000_000, skew_ppb: 50_000 };
        let clock = WireClock::starting(Some(&disguise));
        let (early, late) = (now(), now() + std::time::Duration::from_secs(20));
        let gained = clock.tell(late).nanos_since(clock.tell(early)) - late.nanos_since(early);
        assert!((999_900..=1_000_100).contains(&gained), "50 ppm of 20 s are 1 ms: {gained}");
        assert!(clock.tell(early).nanos_since(early) >= 3_700_000_000);
        assert_eq!(WireClock::default().tell(early), early);
    }
}
