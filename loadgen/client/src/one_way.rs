//! An event whose times span two clocks, kept until their relation is known. Refuses to guess it.

use trial::ClockOffset;
use wire::MonoTime;

/// The instants of one paced event: two by the server's clock, one by ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneWay {
    /// When it was due, server clock.
    pub(crate) due: MonoTime,
    /// When it was sent, server clock.
    pub(crate) sent: MonoTime,
    /// How late it was released, nanoseconds.
    pub(crate) late_ns: u64,
    /// When it came, our clock.
    pub(crate) received: MonoTime,
    /// Its place in the window, nanoseconds.
    pub(crate) offset_ns: u64,
    /// Its payload.
    pub(crate) bytes: usize,
}

impl OneWay {
    /// Response time and service time in nanoseconds; zero where the offset is so wrong that it makes one negative.
    pub(crate) fn times_ns(&self, clock: &ClockOffset) -> (u64, u64) {
        let since = |server: MonoTime| self.received.nanos_since(clock.local(server));
        (since(self.due), since(self.sent))
    }
}
