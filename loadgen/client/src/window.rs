//! The measured stretch of a trial. It opens at the first event and is then the same for every worker.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use trial::Timing;
use wire::MonoTime;

/// Which instant of an event decides whether it belongs to the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// When it was due: a late event still counts (no coordinated omission). For paced streams with stamps.
    Due,
    /// When it was received: for capacity runs and for foreign streams.
    Receipt,
}

/// Warm-up and window, on the client's clock.
#[derive(Debug)]
pub struct Window {
    basis: Basis,
    warmup: Duration,
    length: Duration,
    /// The length in nanoseconds.
    length_ns: u64,
    /// Nanoseconds; zero until the first event, and [`HELD`] while none may open it.
    start: AtomicU64,
}

/// Behind every instant, so that nothing is inside.
const HELD: u64 = u64::MAX;

impl Window {
    /// A window that opens `warmup` after the first event and stays open for `length`.
    pub fn new(basis: Basis, warmup: Duration, length: Duration) -> Self {
        let length_ns = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        Self { basis, warmup, length, length_ns, start: AtomicU64::new(0) }
    }

    /// The window of a plan.
    pub fn of(basis: Basis, Timing { warmup, window }: Timing) -> Self {
        Self::new(basis, warmup, window)
    }

    /// The same, which no event opens before [`Self::release`].
    #[must_use]
    pub fn held(self) -> Self {
        Self { start: AtomicU64::new(HELD), ..self }
    }

    /// Whether no event may open it yet.
    pub fn is_held(&self) -> bool {
        self.start.load(Relaxed) == HELD
    }

    /// Lets the next event open it; nothing where one did already.
    pub fn release(&self) {
        let _ = self.start.compare_exchange(HELD, 0, Relaxed, Relaxed);
    }

    /// Opens it at an instant that whoever knows more has chosen, in place of any other.
    pub fn open_at(&self, start: MonoTime) {
        self.start.store(start.as_nanos().max(1), Relaxed);
    }

    /// The start, once the first event is known.
    pub fn start(&self) -> Option<MonoTime> {
        Some(self.start.load(Relaxed)).filter(|start| (1..HELD).contains(start)).map(MonoTime::from_nanos)
    }

    /// The end, once the first event is known.
    pub fn end(&self) -> Option<MonoTime> {
        self.start().map(|start| start + self.length)
    }

    /// Start and end, once the first event is known.
    pub fn stretch(&self) -> Option<(MonoTime, MonoTime)> {
        self.start().zip(self.end())
    }

    /// Whether an instant is inside the window; `false` before the first event.
    pub fn holds(&self, at: MonoTime) -> bool {
        self.stretch().is_some_and(|(start, end)| (start..end).contains(&at))
    }

    /// Which instant decides.
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// What is discarded before it.
    pub fn warmup(&self) -> Duration {
        self.warmup
    }

    /// Length of the window.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// Nanoseconds from the start of the window to an event inside it; `None` outside. The first call opens the window.
    #[inline]
    pub fn place(&self, due: MonoTime, received: MonoTime) -> Option<u64> {
        let at = match self.basis {
            Basis::Due => due,
            Basis::Receipt => received,
        };
        let start = match self.start.load(Relaxed) {
            0 => self.open(at),
            start => start,
        };
        at.as_nanos().checked_sub(start).filter(|&offset| offset < self.length_ns)
    }

    /// Workers race for the first event; whoever wins, the others take its start.
    fn open(&self, first: MonoTime) -> u64 {
        let start = (first + self.warmup).as_nanos().max(1);
        self.start.compare_exchange(0, start, Relaxed, Relaxed).map_or_else(|theirs| theirs, |_| start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: f64) -> MonoTime {
        MonoTime::from_nanos((seconds * 1e9) as u64)
    }

    #[test]
    fn a_late_event_belongs_to_the_window_in_which_it_was_due() {
        let window = Window::new(Basis::Due, SECOND, SECOND);
        assert_eq!(window.start(), None);
        assert_eq!(window.place(at(10.0), at(10.1)), None);
        assert_eq!(window.start(), Some(at(11.0)));
        assert_eq!(window.place(at(11.5), at(99.0)), Some(500_000_000));
        assert_eq!(window.place(at(12.0), at(12.0)), None);
    }

    #[test]
    fn capacity_counts_what_was_received_in_time() {
        let window = Window::new(Basis::Receipt, Duration::ZERO, SECOND);
        assert_eq!(window.place(at(5.0), at(10.0)), Some(0));
        assert_eq!(window.place(at(10.5), at(11.5)), None);
        assert_eq!(window.end(), Some(at(11.0)));
    }

    #[test]
    fn no_event_opens_a_window_that_is_held() {
        let window = Window::new(Basis::Receipt, SECOND, SECOND).held();
        assert_eq!((window.place(at(1.0), at(1.0)), window.start(), window.is_held()), (None, None, true));
        window.release();
        assert_eq!((window.place(at(2.0), at(2.0)), window.start()), (None, Some(at(3.0))));
        window.release();
        assert_eq!(window.place(at(3.5), at(3.5)), Some(500_000_000), "what is open stays so");
    }
}
