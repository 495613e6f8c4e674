//! How fast this CPU computes now, and whether it stood still: a fixed loop, and a thread that does nothing but look at
//! the clock.

use servers::clock;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;

/// Rounds of the loop; the least counts, so that being interrupted in one does not.
const ROUNDS: usize = 10;
/// Steps of a round: about half a millisecond in a release build.
const STEPS: u64 = 200_000;

/// Nanoseconds of a fixed arithmetic loop: the least of ten rounds.
pub(super) fn loop_ns() -> u64 {
    let round = |_| {
        let begin = clock::now();
        black_box((0..STEPS).fold(1_u64, |x, step| black_box(x.wrapping_mul(6_364_136_223_846_793_005) ^ step)));
        clock::now().nanos_since(begin)
    };
    (0..ROUNDS).map(round).min().unwrap_or(0)
}

/// A thread that spins and notes the longest gap between two readings of the clock.
pub(super) struct Hiccups {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Hiccups {
    /// Starts it; `None` when there is no thread to be had.
    pub(super) fn watch() -> Option<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("hiccups".to_owned()).spawn(move || spin(&asked));
        Some(Self { stop, thread: thread.ok()? })
    }

    /// Stops it; the longest gap in nanoseconds.
    pub(super) fn longest_ns(self) -> u64 {
        self.stop.store(true, Relaxed);
        self.thread.join().unwrap_or(0)
    }
}

fn spin(stop: &AtomicBool) -> u64 {
    let (mut last, mut longest_ns) = (clock::now(), 0);
    // At least one gap, however late this thread was started.
    loop {
        let now = clock::now();
        longest_ns = longest_ns.max(now.nanos_since(last));
        last = now;
        if stop.load(Relaxed) {
            return longest_ns;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_loop_takes_time_and_the_meter_sees_gaps() {
        assert!(loop_ns() > 0);
        let hiccups = Hiccups::watch().unwrap();
        std::thread::sleep(Duration::from_millis(5));
        assert!(hiccups.longest_ns() > 0);
    }
}
