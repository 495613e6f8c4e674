//! The one clock that every stamp is read from. Refuses to schedule anything: that is the pacer's work.

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
