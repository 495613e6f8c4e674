//! A named subscriber: its place in a topic outlives its connections. Refuses to publish or to frame.

use super::timeline::Begin;
use super::topic::Topic;
use super::{End, Reader, WorkerHandle};
use crate::clock::now;
use crate::connection_guard::ConnectionGuard;
use crate::lock::lock;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wire::{MonoTime, Subscription};

/// Messages that may wait for one session.
const MAX_MESSAGES: usize = 1024;
/// Bytes of messages that may wait for one session, unless a single one is larger.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// One for each session name, from the first subscription until it has been away for too long.
#[derive(Debug)]
pub(crate) struct Session {
    /// What was asked when the session began; who comes back must ask the same.
    pub(super) terms: Subscription,
    pub(super) topic: Arc<Topic>,
    seat: Mutex<Seat>,
    mailbox: Mutex<Mailbox>,
}

#[derive(Debug)]
struct Seat {
    reader: Arc<Reader>,
    idle_since: Option<MonoTime>,
}

#[derive(Debug, Default)]
struct Mailbox {
    messages: VecDeque<Bytes>,
    bytes: usize,
}

/// What a subscriber finds when it comes back.
pub(super) struct Return {
    pub(super) reader: Arc<Reader>,
    pub(super) missed: u64,
    pub(super) thrown_out: bool,
}

impl Session {
    pub(super) fn new(terms: Subscription, topic: Arc<Topic>, reader: Arc<Reader>) -> Self {
        let seat = Mutex::new(Seat { reader, idle_since: None });
        Self { terms, topic, seat, mailbox: Mutex::default() }
    }

    /// Continues behind `after`, or where the last reader stopped; a feed that still reads for this session ends.
    pub(super) fn come_back(
        &self,
        worker: &Arc<WorkerHandle>,
        asked: &Subscription,
        guard: Option<Arc<ConnectionGuard>>,
    ) -> Return {
        let mut seat = lock(&self.seat);
        let old = Arc::clone(&seat.reader);
        let thrown_out = old.fate() == Some(End::ThrownOut);
        old.end(End::Replaced);
        let reader = Reader::new(worker, asked.slow, guard);
        let begin = asked.after.map_or(Begin::At(old.cursor()), Begin::Behind);
        let missed = self.topic.join(&reader, begin, Some(&old));
        *seat = Seat { reader: Arc::clone(&reader), idle_since: None };
        Return { reader, missed, thrown_out }
    }

    /// Notes that a feed ended. It keeps its seat when it `stays` (long polling, between two polls).
    pub(super) fn feed_ended(&self, reader: &Arc<Reader>, stays: bool) {
        let mut seat = lock(&self.seat);
        if Arc::ptr_eq(&seat.reader, reader) {
            seat.idle_since = Some(now());
        }
        if !stays {
            self.topic.leave(reader);
        }
    }

    /// Whether no feed has read for this session for `linger`.
    pub(super) fn is_idle(&self, linger: Duration, now: MonoTime) -> bool {
        lock(&self.seat).idle_since.is_some_and(|since| now >= since + linger)
    }

    /// Gives up the seat for good.
    pub(super) fn expire(&self) {
        self.topic.leave(&lock(&self.seat).reader);
    }

    /// Leaves a message for the subscriber and wakes it; `false` when its mailbox is full.
    pub(crate) fn deliver(&self, message: Bytes) -> bool {
        let taken = self.take_in(message);
        if taken {
            self.reader().waker.wake();
        }
        taken
    }

    /// Who reads for this session now.
    pub(super) fn reader(&self) -> Arc<Reader> {
        Arc::clone(&lock(&self.seat).reader)
    }

    /// Leaves a message without waking anyone; `false` when the mailbox is full.
    pub(super) fn take_in(&self, message: Bytes) -> bool {
        let mut mailbox = lock(&self.mailbox);
        let fits = mailbox.bytes + message.len() <= MAX_MESSAGE_BYTES || mailbox.messages.is_empty();
        if !fits || mailbox.messages.len() >= MAX_MESSAGES {
            return false;
        }
        mailbox.bytes += message.len();
        mailbox.messages.push_back(message);
        true
    }

    pub(super) fn next_message(&self) -> Option<Bytes> {
        let mut mailbox = lock(&self.mailbox);
        let message = mailbox.messages.pop_front()?;
        mailbox.bytes -= message.len();
        Some(message)
    }
}
