//! The schedule of a trial with nobody subscribed: what is left of its cost without a transport. Refuses to be read.

use super::timeline::{Filler, Plan};
use super::topic::{QUORUM_DELAY, Topic};
use crate::clock::now;
use crate::state::ServerState;
use std::sync::Arc;
use wire::{MIN_PAYLOAD_BYTES, Payload, Sharing, Subscription};

/// Topics without a reader, paced where those of real subscribers would be; dropping them ends the schedule.
#[derive(Debug)]
pub(crate) struct Unread {
    topics: Vec<Arc<Topic>>,
}

impl Unread {
    /// Starts the schedules that `quorum` subscribers would start together: one topic for all, or one each, spread over
    /// one period and over the runtime threads.
    pub(crate) fn start(state: &Arc<ServerState>, asked: &Subscription) -> Self {
        let several = asked.sharing == Sharing::Shared && asked.quorum > 1;
        let count = if asked.sharing == Sharing::Shared { 1 } else { asked.quorum };
        let payload = Payload::new(MIN_PAYLOAD_BYTES);
        let payload = Arc::new(Filler { payload, _charge: state.budget().open() });
        // Nobody comes for what is past.
        let asked = Subscription { queue: 1, ..asked.clone() };
        let epoch = now() + QUORUM_DELAY;
        let pacers = if several { std::slice::from_ref(&state.pacer) } else { state.worker_pacers() };
        let start = |(index, pacer)| {
            let topic = Topic::new(state, Plan::new(&asked, Arc::clone(&payload), None, false), None);
            topic.start_on(pacer, epoch.plus_nanos(topic.plan().phase_ns(index, count)), u64::from(index));
            topic
        };
        Self { topics: (0..count).zip(pacers.iter().cycle()).map(start).collect() }
    }

    /// Events released so far.
    pub(crate) fn released(&self) -> u64 {
        self.topics.iter().map(|topic| topic.released()).sum()
    }

    /// Streams that are scheduled.
    pub(crate) fn streams(&self) -> u64 {
        self.topics.len() as u64
    }
}
