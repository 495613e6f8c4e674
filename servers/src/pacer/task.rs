//! A task of a runtime thread that paces what is read on that thread: a `timerfd` among its sockets, set again only when
//! another time than before is the next.
//!
//! A round wakes the readers and comes back behind them: they write first, and the timer, which costs as much as a write,
//! is set afterwards.

use super::{Agenda, Bell, Cadence, PacerHandle};
use crate::clock::now;
use crate::lock::lock;
use futures_util::task::AtomicWaker;
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::future::poll_fn;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{io, mem};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::task::yield_now;
use wire::MonoTime;

/// A pacer that is not yet running; dropping it, before or behind its run, ends it without firing what is left.
#[derive(Debug)]
pub(crate) struct TaskPacer {
    handle: PacerHandle,
    timer: AsyncFd<Timer>,
    /// What the timer is set to.
    armed: MonoTime,
    agenda: Agenda,
}

/// `nix` has the descriptor, tokio wants its number.
#[derive(Debug)]
struct Timer(TimerFd);

impl AsRawFd for Timer {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

/// What a pacing task does next.
enum Turn {
    /// Fires what is due.
    Fire,
    /// Comes back when all others had their turn: it is due in a moment.
    Yield,
}

impl PacerHandle {
    /// The handle of a pacer that [`TaskPacer::new`] makes.
    pub(crate) fn of_task() -> Self {
        Self::new(Bell::Task(AtomicWaker::new()))
    }
}

impl TaskPacer {
    /// The pacer behind `handle`; to be called inside of the runtime.
    ///
    /// # Errors
    /// What the operating system says when it has no timer.
    pub(crate) fn new(handle: PacerHandle, cadence: Cadence) -> io::Result<Self> {
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
        #[expect(deprecated, reason = "its successor is unsafe; what it asks for holds: `Timer` owns its descriptor")]
        let timer = AsyncFd::with_interest(Timer(timer), Interest::READABLE)?;
        Ok(Self { handle, timer, armed: MonoTime::default(), agenda: Agenda::new(cadence) })
    }

    /// Paces until the runtime ends.
    pub(crate) async fn run(mut self) {
        loop {
            match poll_fn(|cx| self.poll_turn(cx)).await {
                Turn::Fire => {
                    self.agenda.fire_due();
                    yield_to_readers().await;
                }
                Turn::Yield => yield_now().await,
            }
        }
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        if let Bell::Task(bell) = &self.handle.desk.bell {
            bell.register(cx.waker());
        }
        self.agenda.add(mem::take(&mut lock(&self.handle.desk.inbox).fresh));
        let Some(at) = self.agenda.next_round() else { return Poll::Pending };
        let left = Duration::from_nanos(at.nanos_since(now()));
        if left.is_zero() {
            return Poll::Ready(Turn::Fire);
        }
        if left <= self.agenda.cadence.spin {
            return Poll::Ready(Turn::Yield);
        }
        self.arm(at.offset_by(-(self.agenda.cadence.spin.as_nanos() as i64)));
        while let Poll::Ready(Ok(mut ready)) = self.timer.poll_read_ready(cx) {
            ready.clear_ready();
        }
        Poll::Pending
    }

    /// Each setting makes a new edge for tokio, so that the timer need not be read.
    fn arm(&mut self, at: MonoTime) {
        if at != self.armed {
            let expiration = Expiration::OneShot(TimeSpec::from_duration(Duration::from_nanos(at.as_nanos())));
            let set = self.timer.get_ref().0.set(expiration, TimerSetTimeFlags::TFD_TIMER_ABSTIME);
            set.expect("a timer of our own takes any time above zero");
            self.armed = at;
        }
    }
}

impl Drop for TaskPacer {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// Comes back behind the tasks that were woken before, without a look at the sockets.
async fn yield_to_readers() {
    let mut yielded = false;
    poll_fn(|cx| {
        if mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
