//! One open connection, counted in and out, for as long as any task serves it.

use crate::aside::Aside;
use crate::feed::WorkerHandle;
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;

/// What a connection gets to end in good order: at shutdown, when thrown out, when refused.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// One open connection, held by whatever task serves it; dropping the last handle counts it out.
#[derive(Debug)]
pub(crate) struct ConnectionGuard {
    worker: Arc<WorkerHandle>,
    cut: Notify,
    /// Bytes that the client has sent so far.
    received: AtomicU64,
    /// Its runtime thread waits, within [`GRACE`], for all of these to be dropped.
    _alive: mpsc::Sender<Infallible>,
}

impl ConnectionGuard {
    /// Counts a connection in, and says whether it fits; one that does not has to be told so.
    pub(crate) fn issue(worker: &Arc<WorkerHandle>, alive: mpsc::Sender<Infallible>) -> (Arc<Self>, bool) {
        worker.counters().accepted.fetch_add(1, Relaxed);
        let fits = worker.state.connect();
        (
            Arc::new(Self {
                worker: Arc::clone(worker),
                cut: Notify::new(),
                received: AtomicU64::new(0),
                _alive: alive,
            }),
            fits,
        )
    }

    /// Bytes that the client has sent so far.
    #[inline]
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }

    /// Notes bytes of the client; only who reads its socket does.
    #[inline]
    pub(crate) fn receive(&self, bytes: usize) {
        self.received.store(self.received() + bytes as u64, Relaxed);
    }

    /// The runtime thread that serves the connection.
    pub(crate) const fn worker(&self) -> &Arc<WorkerHandle> {
        &self.worker
    }

    /// Ends the connection after [`GRACE`], even if it is stuck in a write.
    pub(crate) fn cut_soon(&self) {
        self.cut.notify_one();
    }

    /// Runs `work` until it is done or the connection is cut. When the server ends, `wind_down` is called and `work`
    /// polled once more, so that its feed can say so.
    pub(crate) async fn attend<W: Future>(
        &self,
        mut work: Pin<&mut W>,
        wind_down: impl FnOnce(Pin<&mut W>),
    ) -> Option<W::Output> {
        let mut closing = self.worker.state.watch_closing();
        let mut cut = pin!(async {
            self.cut.notified().await;
            sleep(GRACE).await;
        });
        let worked = {
            let interruption = pin!(async {
                tokio::select! {
                    biased;
                    () = &mut cut => false,
                    _ = closing.wait_for(|&closed| closed) => true,
                }
            });
            Aside::new().race(work.as_mut(), interruption).await
        };
        match worked {
            Ok(output) => return Some(output),
            Err(false) => return None,
            Err(true) => wind_down(work.as_mut()),
        }
        tokio::select! {
            biased;
            output = work => Some(output),
            () = cut => None,
        }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.worker.state.disconnect();
    }
}
