//! What belongs to one worker thread: a recorder and one receive buffer for all of its streams.
//!
//! Each worker is an OS thread with a current_thread runtime. Its streams reach this room through a thread-local,
//! so that recording takes no lock and an idle connection owns no buffer. Refuses to share anything between threads.

use crate::recorder::Recorder;
use servers::clock;
use servers::pacer::Job;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wire::MonoTime;

/// Bytes of the receive buffer: what one read returns at most.
const BUFFER_BYTES: usize = 64 << 10;
/// How often a worker's own lag is probed.
const LAG_PROBE: Duration = Duration::from_millis(10);

/// A worker's belongings.
pub struct Worker {
    /// Where its streams record.
    pub recorder: Recorder,
    /// Where its streams receive; never held across an await.
    pub buffer: Vec<u8>,
}

thread_local! {
    static WORKER: RefCell<Option<Worker>> = const { RefCell::new(None) };
}

/// Moves a recorder into this thread.
pub fn enter(recorder: Recorder) {
    WORKER.set(Some(Worker { recorder, buffer: vec![0; BUFFER_BYTES] }));
}

/// Takes the recorder back out of this thread.
pub fn leave() -> Option<Recorder> {
    WORKER.take().map(|worker| worker.recorder)
}

/// Runs `f` on this thread's worker; `None` on a thread that is none.
#[inline]
pub fn with<R>(f: impl FnOnce(&mut Worker) -> R) -> Option<R> {
    WORKER.with_borrow_mut(|worker| worker.as_mut().map(f))
}

/// A job of the pacer that asks one worker for a sign of life every 10 ms. Its due times are fixed when it begins: a process
/// that stood still owes an answer for each of them (no coordinated omission of the generator's own lateness).
pub struct LagProbe {
    ask: UnboundedSender<MonoTime>,
    begin: MonoTime,
    asked: AtomicU64,
}

impl LagProbe {
    /// A probe that is first due at `begin`, and where its worker hears the due times.
    pub fn new(begin: MonoTime) -> (Self, UnboundedReceiver<MonoTime>) {
        let (ask, dues) = unbounded_channel();
        (Self { ask, begin, asked: AtomicU64::new(0) }, dues)
    }

    fn due(&self, number: u64) -> MonoTime {
        self.begin.plus_nanos(number.saturating_mul(LAG_PROBE.as_nanos() as u64))
    }
}

impl Job for LagProbe {
    fn fire(self: Arc<Self>, now: MonoTime) -> Option<MonoTime> {
        loop {
            let due = self.due(self.asked.load(Relaxed));
            if due > now {
                return Some(due);
            }
            self.ask.send(due).ok()?;
            self.asked.fetch_add(1, Relaxed);
        }
    }
}

/// Records how long after it was due this worker's event loop gets to answer: the generator's own lag.
pub async fn answer(mut dues: UnboundedReceiver<MonoTime>) {
    while let Some(due) = dues.recv().await {
        with(|worker| worker.recorder.lagged(due, clock::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_that_stood_still_owes_every_due_time() {
        let at = |ms: u64| MonoTime::from_nanos((1_000 + ms) * 1_000_000);
        let (probe, mut dues) = LagProbe::new(at(0));
        let probe = Arc::new(probe);
        assert_eq!(Arc::clone(&probe).fire(at(0)), Some(at(10)));
        assert_eq!(Arc::clone(&probe).fire(at(11)), Some(at(20)));
        // 700 ms of a stopped process: 70 due times, each from its own.
        assert_eq!(probe.fire(at(715)), Some(at(720)));
        let asked: Vec<_> = std::iter::from_fn(|| dues.try_recv().ok()).collect();
        assert_eq!(asked, (0..72).map(|number| at(10 * number)).collect::<Vec<_>>());
    }
}
