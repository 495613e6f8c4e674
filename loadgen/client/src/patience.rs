//! How long a link waits for its peer: one deadline under every read and every write. Refuses to know what is waited for.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// The peer let a deadline pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Overdue {
    /// What was waited for did not come.
    #[error("what was waited for did not come within {}", humantime::format_duration(*.0))]
    Reading(Duration),
    /// The peer did not take what was written.
    #[error("the peer does not read: what is sent to it has been waiting for {}", humantime::format_duration(*.0))]
    Writing(Duration),
}

impl Overdue {
    /// Which deadline an error of a link stands for; `None` for any other error.
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl From<Overdue> for io::Error {
    fn from(overdue: Overdue) -> Self {
        Self::new(io::ErrorKind::TimedOut, overdue)
    }
}

/// The deadlines of one link.
#[derive(Debug)]
pub(super) struct Patience {
    /// Longest wait for a peer that takes no byte.
    limit: Duration,
    /// What is waited for, for how long and until when; `None` where somebody else bounds the wait, the end of a trial.
    expected: Option<(Duration, Instant)>,
    /// Until when the bytes of a write that is under way must have been taken.
    unwritten: Option<Instant>,
    /// Bytes came behind the deadline: what had come in time may still be among them, but only once.
    late: bool,
    /// Made when it is first needed: a link that never waits with a deadline has none.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    /// Waits without end for bytes, and so long for a peer that takes none.
    pub(super) const fn new(limit: Duration) -> Self {
        Self { limit, expected: None, unwritten: None, late: false, timer: None }
    }

    /// From now on, whatever is waited for must come within `limit`, and so must the end of every write.
    pub(super) fn expect(&mut self, limit: Duration) {
        (self.expected, self.late) = (Some((limit, Instant::now() + limit)), false);
    }

    /// Bounds one poll of a read. Bytes that keep coming do not put the deadline off.
    pub(super) fn read(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        let passed = self.expected.filter(|(_, at)| *at <= Instant::now());
        if let Some((limit, _)) = passed.filter(|_| self.late) {
            return Poll::Ready(Err(Overdue::Reading(limit).into()));
        }
        match poll(cx) {
            Poll::Pending => self.wait(cx).map(Err),
            ready => {
                self.late = passed.is_some();
                ready
            }
        }
    }

    /// Bounds one poll of a write or a flush.
    pub(super) fn write<T>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match poll(cx) {
            Poll::Pending => {
                self.unwritten.get_or_insert_with(|| Instant::now() + self.limit);
                self.wait(cx).map(Err)
            }
            ready => {
                self.unwritten = None;
                ready
            }
        }
    }

    /// The peer has nothing for us or takes nothing from us: wakes at the earliest deadline, and fails behind it.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let (at, overdue) = match (self.expected, self.unwritten) {
            (Some((limit, at)), None) => (at, Overdue::Reading(limit)),
            // Where something is expected, its own deadline bounds the writes too: a slow reader may be meant.
            (Some((limit, at)), Some(_)) => (at, Overdue::Writing(limit)),
            (None, Some(at)) => (at, Overdue::Writing(self.limit)),
            (None, None) => return Poll::Pending,
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() != at {
            timer.as_mut().reset(at);
        }
        timer.as_mut().poll(cx).map(|()| overdue.into())
    }
}
