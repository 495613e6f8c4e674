//! One stream of events, shared by the pacer that releases them and the readers that take them. Refuses to frame them.

use super::start_barrier::{Member, Start, StartBarrier};
use super::timeline::{Begin, Event, Plan, Timeline};
use super::{End, Reader, WorkerHandle};
use crate::clock::now;
use crate::lock::lock;
use crate::pacer::{Job, PacerHandle};
use crate::state::ServerState;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::Waker;
use std::time::Duration;
use wire::MonoTime;

/// Longest sleep of a publisher, so that a topic that nobody holds any more is soon forgotten by the pacer too.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);
/// A group's schedules start this long after its quorum is there: its last member can finish its handshake.
pub(super) const QUORUM_DELAY: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub(crate) struct Topic {
    state: Arc<ServerState>,
    plan: Plan,
    timeline: Mutex<Timeline>,
    _member: Option<Member<Topic>>,
}

/// What a reader finds at its cursor.
pub(super) enum Take {
    Event(Event),
    /// An event that must not be sent before this instant.
    Hold(MonoTime),
    /// Nothing yet; the waker is registered.
    Nothing,
    End(End),
}

impl Topic {
    pub(super) fn new(state: &Arc<ServerState>, plan: Plan, member: Option<Member<Topic>>) -> Arc<Self> {
        let timeline = Mutex::new(Timeline::new(plan.first, now(), state.budget().open()));
        Arc::new(Self { state: Arc::clone(state), plan, timeline, _member: member })
    }

    pub(super) const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Starts the schedule at `epoch`; `index` sets apart the random schedules of a group.
    fn start(self: &Arc<Self>, epoch: MonoTime, index: u64) {
        self.start_locked(&mut lock(&self.timeline), epoch, index);
    }

    /// Joins the streams of a group that start together, and starts those that need not wait: spread over one period, at
    /// place `index` or in the order of coming.
    pub(super) fn start_with(self: &Arc<Self>, barrier: &StartBarrier<Self>, index: Option<u32>) {
        let Start { members, opens } = barrier.add(self, index);
        let quorum = barrier.quorum();
        let epoch = now() + if opens && quorum > 1 { QUORUM_DELAY } else { Duration::ZERO };
        Self::spread(members, epoch, quorum);
    }

    /// Starts the streams of a group that wait, whoever is there, from `epoch` on.
    pub(super) fn start_all(barrier: &StartBarrier<Self>, epoch: MonoTime) {
        Self::spread(barrier.open(), epoch, barrier.quorum());
    }

    /// Starts some of so many streams, which are spread over one period.
    fn spread(members: Vec<(u32, Arc<Self>)>, epoch: MonoTime, streams: u32) {
        for (index, topic) in members {
            topic.start(epoch.plus_nanos(topic.plan.phase_ns(index, streams)), u64::from(index));
        }
    }

    /// Starts the schedule of a shared topic that waits for its readers, whoever is there, at `epoch`.
    pub(super) fn start_shared(self: &Arc<Self>, epoch: MonoTime) {
        let mut timeline = lock(&self.timeline);
        if timeline.awaits(0) {
            self.start_locked(&mut timeline, epoch, 0);
        }
    }

    fn start_locked(self: &Arc<Self>, timeline: &mut Timeline, epoch: MonoTime, index: u64) {
        if let Some(at) = timeline.start(&self.plan, epoch, index) {
            self.schedule(at, self.home(timeline).unwrap_or(&self.state.pacer));
        }
    }

    /// The same with a pacer that is given, for a topic that nobody reads.
    pub(super) fn start_on(self: &Arc<Self>, pacer: &PacerHandle, epoch: MonoTime, index: u64) {
        let at = lock(&self.timeline).start(&self.plan, epoch, index);
        if let Some(at) = at {
            self.schedule(at, pacer);
        }
    }

    /// Events that the schedule has released.
    pub(super) fn released(&self) -> u64 {
        lock(&self.timeline).end() - self.plan.first
    }

    /// Who paces this topic: the thread of its only reader, or one for all where there are more. `None` leaves it where it
    /// is, for nobody reads.
    fn home<'a>(&'a self, timeline: &'a Timeline) -> Option<&'a PacerHandle> {
        let only = timeline.only_reader().map(|reader| &reader.worker.pacer);
        only.or_else(|| timeline.idle_since().is_none().then_some(&self.state.pacer))
    }

    fn schedule(self: &Arc<Self>, at: MonoTime, home: &PacerHandle) {
        home.schedule(at, Arc::new(Publisher { topic: Arc::downgrade(self), home: home.clone() }));
    }

    /// Seats a reader, in the place of another if one is given; returns how many events it comes too late for.
    pub(super) fn join(self: &Arc<Self>, reader: &Arc<Reader>, begin: Begin, replaced: Option<&Arc<Reader>>) -> u64 {
        let mut timeline = lock(&self.timeline);
        if let Some(old) = replaced {
            timeline.remove(old, now());
        }
        let missed = timeline.seat(reader, begin, self.plan.is_unpaced());
        let counted = replaced.map_or(0, |old| old.lost());
        reader.worker.counters().dropped.fetch_add(missed.saturating_sub(counted), Relaxed);
        let quorum = self.plan.quorum.filter(|&quorum| timeline.awaits(quorum));
        if let Some(quorum) = quorum {
            let delay = if quorum > 1 { QUORUM_DELAY } else { Duration::ZERO };
            self.start_locked(&mut timeline, now() + delay, 0);
        }
        self.unblock(timeline);
        missed
    }

    /// Gives up a reader's place; events that only it was waited for may go on.
    pub(super) fn leave(self: &Arc<Self>, reader: &Arc<Reader>) {
        let mut timeline = lock(&self.timeline);
        timeline.remove(reader, now());
        self.unblock(timeline);
    }

    /// Ends a script that had one reader, who leaves before its end, and counts what was released for nobody: all from
    /// event `unsent` on.
    pub(super) fn give_up(&self, reader: &Reader, unsent: u64) {
        let Some(script) = self.plan.script().filter(|_| !self.plan.retains) else { return };
        let mut timeline = lock(&self.timeline);
        // The pacer may be about to release one more: it will find nothing to release.
        timeline.silence();
        let (counters, released) = (reader.worker.counters(), timeline.end());
        counters.events_in_vain.fetch_add(released.saturating_sub(unsent), Relaxed);
        counters.tokens_in_vain.fetch_add((unsent..released).map(|seq| script.lines.tokens(seq)).sum(), Relaxed);
        counters.answers_cancelled.fetch_add(1, Relaxed);
    }

    /// Whether nobody has read for `linger`.
    pub(super) fn is_idle(&self, linger: Duration, now: MonoTime) -> bool {
        lock(&self.timeline).idle_since().is_some_and(|since| now >= since + linger)
    }

    /// Gives out the event at the reader's cursor and moves it on, unless `hold` wants the event held until later.
    #[inline]
    pub(super) fn take(
        self: &Arc<Self>,
        reader: &Reader,
        waker: &Waker,
        hold: impl FnOnce(&Event) -> Option<MonoTime>,
    ) -> Take {
        let mut timeline = lock(&self.timeline);
        if let Some(fate) = reader.fate() {
            return Take::End(fate);
        }
        let cursor = timeline.catch_up(reader);
        if self.plan.is_over(cursor) {
            return Take::End(self.plan.end());
        }
        let Some(event) = timeline.look(cursor, now) else {
            reader.wait(waker);
            return Take::Nothing;
        };
        if let Some(until) = hold(&event) {
            reader.waker.register(waker);
            return Take::Hold(until);
        }
        timeline.advance(reader, self.plan.retains);
        self.unblock(timeline);
        Take::Event(event)
    }

    /// Lets a publisher that was held up go on, if its readers now let it.
    fn unblock(self: &Arc<Self>, mut timeline: MutexGuard<'_, Timeline>) {
        if !timeline.is_blocked() {
            return;
        }
        if let Some(at) = self.publish(&mut timeline, now()) {
            self.schedule(at, self.home(&timeline).unwrap_or(&self.state.pacer));
        }
        let idle: Vec<_> = timeline.take_idle().cloned().collect();
        drop(timeline);
        WorkerHandle::post(idle);
    }

    /// Releases what is due by `now`; says when to come again. The readers that wait are still to be woken.
    fn publish(&self, timeline: &mut Timeline, now: MonoTime) -> Option<MonoTime> {
        let before = timeline.end();
        let next = timeline.release(&self.plan, now);
        self.state.published.fetch_add(timeline.end() - before, Relaxed);
        next
    }
}

/// A topic's schedule as a pacer knows it. It does not keep the topic alive.
struct Publisher {
    topic: Weak<Topic>,
    /// Whose pacer fires this.
    home: PacerHandle,
}

impl Publisher {
    /// Wakes the readers that wait: those of the thread that this runs on as they are, the others through their workers.
    fn wake(&self, timeline: MutexGuard<'_, Timeline>) {
        let mut away = Vec::new();
        for reader in timeline.take_idle() {
            if self.home.is_task() && reader.worker.pacer.is(&self.home) {
                reader.waker.wake();
            } else {
                away.push(Arc::clone(reader));
            }
        }
        drop(timeline);
        WorkerHandle::post(away);
    }
}

impl Job for Publisher {
    fn fire(self: Arc<Self>, now: MonoTime) -> Option<MonoTime> {
        let topic = self.topic.upgrade()?;
        let mut timeline = lock(&topic.timeline);
        let next = topic.publish(&mut timeline, now).map(|next| next.min(now + LONGEST_SLEEP));
        // A session that came back on another thread, or a topic that has got more readers or fewer, is paced elsewhere.
        let moves = topic.home(&timeline).filter(|home| !home.is(&self.home));
        let next = match (moves, next) {
            (Some(home), Some(at)) => {
                topic.schedule(at, home);
                None
            }
            (_, next) => next,
        };
        self.wake(timeline);
        next
    }
}

#[cfg(test)]
mod tests;
