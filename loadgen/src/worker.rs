//! What belongs to one worker thread: a recorder and one receive buffer for all of its streams.
//!
//! Each worker is an OS thread with a current_thread runtime. Its streams reach this room through a thread-local,
//! so that recording takes no lock and an idle connection owns no buffer. Refuses to share anything between threads.

use crate::recorder::Recorder;
use servers::clock;
use servers::pacer::Job;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use trial::Metric;
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

/// A job of the pacer that asks one worker for a sign of life every 10 ms.
pub struct LagProbe(UnboundedSender<MonoTime>);

impl LagProbe {
    /// A probe, and where its worker hears it.
    pub fn new() -> (Self, UnboundedReceiver<MonoTime>) {
        let (ask, asked) = unbounded_channel();
        (Self(ask), asked)
    }
}

impl Job for LagProbe {
    fn fire(self: Arc<Self>, now: MonoTime) -> Option<MonoTime> {
        self.0.send(now).ok().map(|()| now + LAG_PROBE)
    }
}

/// Records how long after it was asked this worker's event loop gets to answer: the generator's own lag.
pub async fn answer(mut asked: UnboundedReceiver<MonoTime>) {
    while let Some(at) = asked.recv().await {
        let lag_ns = clock::now().nanos_since(at);
        with(|worker| worker.recorder.duration(Metric::GeneratorLag, lag_ns));
    }
}
