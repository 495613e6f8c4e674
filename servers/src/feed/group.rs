//! Private streams that start together. Refuses to publish: it tells topics when and in which order.

use super::topic::{QUORUM_DELAY, Topic};
use crate::clock::now;
use crate::lock::lock;
use std::mem;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

/// The private streams of one group: they wait for the quorum, then start spread over one period.
#[derive(Debug)]
pub(super) struct Gathering {
    quorum: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    members: u32,
    /// Index of the next stream to start.
    next: u32,
    open: bool,
    waiting: Vec<Weak<Topic>>,
}

/// Held by a topic for as long as it exists; a group that all have left begins anew.
#[derive(Debug)]
pub(super) struct Member(Arc<Gathering>);

impl Gathering {
    pub(super) fn new(quorum: u32) -> Arc<Self> {
        Arc::new(Self { quorum, state: Mutex::default() })
    }

    pub(super) fn enter(self: &Arc<Self>) -> Member {
        lock(&self.state).members += 1;
        Member(Arc::clone(self))
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.state).members == 0
    }

    /// Topics that are kept until the quorum is there.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        lock(&self.state).waiting.len()
    }

    /// Adds a member's topic, and starts all that wait once the quorum is there. Later ones start at once.
    pub(super) fn add(&self, topic: &Arc<Topic>) {
        let mut state = lock(&self.state);
        // Who comes and goes before the quorum is there leaves nothing behind.
        if state.waiting.len() == state.waiting.capacity() {
            state.waiting.retain(|waiting| waiting.strong_count() > 0);
        }
        state.waiting.push(Arc::downgrade(topic));
        let opens = !state.open && state.members >= self.quorum;
        state.open |= opens;
        if !state.open {
            return;
        }
        let delay = if opens && self.quorum > 1 { QUORUM_DELAY } else { Duration::ZERO };
        // Upgraded topics must outlive the lock: dropping the last handle of one drops its `Member`, which takes it.
        let topics: Vec<_> = mem::take(&mut state.waiting).iter().filter_map(Weak::upgrade).collect();
        let first = state.next;
        state.next += topics.len() as u32;
        drop(state);
        let epoch = now() + delay;
        for (index, topic) in (first..).zip(&topics) {
            topic.start(epoch.plus_nanos(topic.plan().phase_ns(index, self.quorum)), u64::from(index));
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.members -= 1;
        if state.members == 0 {
            *state = State::default();
        }
    }
}
