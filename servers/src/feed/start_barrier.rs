//! What starts together: private streams of one group, at the places that they ask for or in the order in which they came.

use crate::lock::lock;
use std::mem;
use std::sync::{Arc, Mutex, Weak};

/// The streams of one group, which wait for the quorum.
#[derive(Debug)]
pub(super) struct StartBarrier<T> {
    quorum: u32,
    /// Whether the quorum is not enough: somebody opens.
    held: bool,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    members: u32,
    /// Index of the next stream to start that asks for none.
    next: u32,
    open: bool,
    waiting: Vec<(Option<u32>, Weak<T>)>,
}

impl<T> Default for State<T> {
    fn default() -> Self {
        Self { members: 0, next: 0, open: false, waiting: Vec::new() }
    }
}

/// Held by a topic for as long as it exists; a group that all have left begins anew.
#[derive(Debug)]
pub(super) struct Member<T>(Arc<StartBarrier<T>>);

/// Members that start now.
pub(super) struct Start<T> {
    /// Each with its index.
    pub(super) members: Vec<(u32, Arc<T>)>,
    /// Whether the quorum has just come.
    pub(super) opens: bool,
}

impl<T> State<T> {
    /// All that wait, each with its index. Returned, since they must outlive the lock: dropping the last handle of one drops
    /// its [`Member`], which takes it.
    fn take(&mut self) -> Vec<(u32, Arc<T>)> {
        let waiting = mem::take(&mut self.waiting);
        let mut place = |index: Option<u32>| {
            index.unwrap_or_else(|| {
                self.next += 1;
                self.next - 1
            })
        };
        waiting.iter().filter_map(|(index, member)| member.upgrade().map(|member| (place(*index), member))).collect()
    }
}

impl<T> StartBarrier<T> {
    pub(super) fn new(quorum: u32, held: bool) -> Arc<Self> {
        Arc::new(Self { quorum, held, state: Mutex::default() })
    }

    pub(super) fn enter(self: &Arc<Self>) -> Member<T> {
        lock(&self.state).members += 1;
        Member(Arc::clone(self))
    }

    pub(super) const fn quorum(&self) -> u32 {
        self.quorum
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.state).members == 0
    }

    /// Topics that are kept until the quorum is there.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        lock(&self.state).waiting.len()
    }

    /// Adds a member, and returns all that wait once the quorum is there. Later ones start at once.
    pub(super) fn add(&self, member: &Arc<T>, index: Option<u32>) -> Start<T> {
        let mut state = lock(&self.state);
        // Who comes and goes before the quorum is there leaves nothing behind.
        if state.waiting.len() == state.waiting.capacity() {
            state.waiting.retain(|(_, waiting)| waiting.strong_count() > 0);
        }
        state.waiting.push((index, Arc::downgrade(member)));
        let opens = !state.open && !self.held && state.members >= self.quorum;
        state.open |= opens;
        let members = if state.open { state.take() } else { Vec::new() };
        Start { members, opens }
    }

    /// Waits for nobody any more; all that wait, each with its index.
    pub(super) fn open(&self) -> Vec<(u32, Arc<T>)> {
        let mut state = lock(&self.state);
        state.open = true;
        state.take()
    }
}

impl<T> Drop for Member<T> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.members -= 1;
        if state.members == 0 {
            *state = State::default();
        }
    }
}
