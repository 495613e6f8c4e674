//! The named subscribers of one group, as somebody who publishes to all of them sees them. Refuses to keep them alive.

use super::WorkerHandle;
use super::session::Session;
use crate::lock::lock;
use bytes::Bytes;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, Weak};

/// One for each group.
#[derive(Debug, Default)]
pub(crate) struct Audience(Mutex<Vec<Weak<Session>>>);

impl Audience {
    /// Adds a subscriber. Those that are gone leave room for it, looked for only when there is none: thousands may come.
    pub(super) fn add(&self, session: &Arc<Session>) {
        let mut sessions = lock(&self.0);
        if sessions.len() == sessions.capacity() {
            sessions.retain(|other| other.strong_count() > 0);
        }
        sessions.push(Arc::downgrade(session));
    }

    /// Leaves a message for every subscriber and rings once for each of their threads, as a publisher of events does; says
    /// how many subscribers there are. Whose mailbox is full loses the message, and that is counted.
    pub(crate) fn relay(&self, message: &Bytes) -> usize {
        let sessions: Vec<_> = lock(&self.0).iter().filter_map(Weak::upgrade).collect();
        let readers = sessions.iter().filter_map(|session| {
            let taken = session.take_in(message.clone());
            // Only now: who reads for the session by then has seen the message, or is woken for it.
            let reader = session.reader();
            if !taken {
                reader.worker.counters().dropped.fetch_add(1, Relaxed);
            }
            taken.then_some(reader)
        });
        WorkerHandle::post(readers);
        sessions.len()
    }
}
