//! What belongs to one worker: a recorder and one receive buffer for all of its streams, passed to each of them.
//!
//! Each worker is an OS thread with a current_thread runtime. No other thread takes its lock, so that nobody ever waits for
//! it, and an idle connection owns no buffer. Refuses to share anything between threads.

use crate::recorder::Recorder;
use servers::clock;
use servers::pacer::Job;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wire::MonoTime;

/// Bytes of the receive buffer: what one read returns at most.
const BUFFER_BYTES: usize = 64 << 10;
/// How often a worker's own lag is probed.
const LAG_PROBE: Duration = Duration::from_millis(10);

/// A worker's recorder and receive buffer, until the recorder is taken back: what ends later counts for nobody.
#[derive(Clone)]
pub struct Worker(Arc<Mutex<Option<Belongings>>>);

struct Belongings {
    recorder: Recorder,
    /// Where its streams receive; never held across an await.
    buffer: Vec<u8>,
}

/// The recorder was taken back before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the recorder is gone")]
pub struct Gone;

impl Worker {
    /// A worker that records there.
    pub fn new(recorder: Recorder) -> Self {
        Self(Arc::new(Mutex::new(Some(Belongings { recorder, buffer: vec![0; BUFFER_BYTES] }))))
    }

    /// Lends the recorder.
    ///
    /// # Errors
    /// [`Gone`] when it was taken back.
    #[inline]
    pub fn record<R>(&self, record: impl FnOnce(&mut Recorder) -> R) -> Result<R, Gone> {
        self.receive(|recorder, _| record(recorder))
    }

    /// Lends recorder and buffer for one read.
    ///
    /// # Errors
    /// [`Gone`] when the recorder was taken back.
    #[inline]
    pub fn receive<R>(&self, receive: impl FnOnce(&mut Recorder, &mut [u8]) -> R) -> Result<R, Gone> {
        let mut belongings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Belongings { recorder, buffer } = belongings.as_mut().ok_or(Gone)?;
        Ok(receive(recorder, buffer))
    }

    /// Takes the recorder back.
    ///
    /// # Errors
    /// [`Gone`] when that was done before.
    pub fn finish(&self) -> Result<Recorder, Gone> {
        let belongings = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        belongings.map(|belongings| belongings.recorder).ok_or(Gone)
    }

    /// Records how long after it was due this worker's event loop gets to answer a probe: the generator's own lag.
    pub async fn answer(self, mut dues: UnboundedReceiver<MonoTime>) {
        while let Some(due) = dues.recv().await {
            if self.record(|recorder| recorder.lagged(due, clock::now())).is_err() {
                return;
            }
        }
    }
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
