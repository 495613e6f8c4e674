//! What all runtime threads of one server share, below its streams: facts, limits, counters, and whether it ends.

use crate::access::Gate;
use crate::budget::Budget;
use crate::clock::{WireClock, now};
use crate::pacer::PacerHandle;
use crate::refusal::Refusal;
use crate::witness::Witness;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use tokio::sync::watch;
use wire::{Facts, Limits, Tuning, Vitals};

/// One for each server.
#[derive(Debug)]
pub(crate) struct ServerState {
    facts: Facts,
    /// The thread that paces topics with several readers.
    pub(crate) pacer: PacerHandle,
    worker_pacers: Box<[PacerHandle]>,
    /// Events that schedules released; unpaced ones are counted by worker.
    pub(crate) published: AtomicU64,
    /// Held by a schedule that runs with nobody subscribed.
    pub(crate) unread: tokio::sync::Mutex<()>,
    /// Held while the witness is asked.
    pub(crate) asking: Arc<tokio::sync::Mutex<()>>,
    connections: AtomicUsize,
    workers: Box<[Counters]>,
    closing: AtomicBool,
    closed: watch::Sender<bool>,
    /// What stands between this server and its clients.
    defense: Defense,
    /// The clock that clients are told.
    pub(crate) clock: WireClock,
    /// Who can tell a stall of this process from one of the host, where somebody can.
    pub(crate) witness: Option<Witness>,
}

/// What stands between a server and its clients.
#[derive(Debug)]
pub(crate) struct Defense {
    /// Who may ask.
    pub(crate) gate: Gate,
    /// What all clients together make this server keep.
    pub(crate) budget: Budget,
    /// Whether clients may order damage.
    pub(crate) allows_faults: bool,
}

/// Counters of one runtime thread, on cache lines of their own: counting must not couple the threads.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Counters {
    pub(crate) accepted: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) published: AtomicU64,
    pub(crate) sent: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) slow_disconnects: AtomicU64,
    pub(crate) messages: AtomicU64,
    pub(crate) tokens: AtomicU64,
    pub(crate) answers_cancelled: AtomicU64,
    pub(crate) events_in_vain: AtomicU64,
    pub(crate) tokens_in_vain: AtomicU64,
}

impl ServerState {
    pub(crate) fn new(
        facts: Facts,
        pacer: PacerHandle,
        defense: Defense,
        clock: WireClock,
        witness: Option<Witness>,
    ) -> Self {
        let workers = (0..facts.threads).map(|_| Counters::default()).collect();
        let worker_pacers = (0..facts.threads).map(|_| PacerHandle::of_task()).collect();
        let (closed, _) = watch::channel(false);
        let (published, connections, closing) = <(AtomicU64, AtomicUsize, AtomicBool)>::default();
        Self {
            facts,
            pacer,
            worker_pacers,
            published,
            unread: tokio::sync::Mutex::default(),
            asking: Arc::default(),
            connections,
            workers,
            closing,
            closed,
            defense,
            clock,
            witness,
        }
    }

    pub(crate) const fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.facts.limits
    }

    pub(crate) const fn tuning(&self) -> &Tuning {
        &self.facts.tuning
    }

    pub(crate) const fn gate(&self) -> &Gate {
        &self.defense.gate
    }

    pub(crate) const fn budget(&self) -> &Budget {
        &self.defense.budget
    }

    pub(crate) const fn allows_faults(&self) -> bool {
        self.defense.allows_faults
    }

    /// Refuses damage that was ordered where none may be.
    pub(crate) fn admit_faults(&self, ordered: bool) -> Result<(), Refusal> {
        if ordered && !self.allows_faults() { Err(Refusal::no_faults()) } else { Ok(()) }
    }

    pub(crate) const fn counters(&self, worker: usize) -> &Counters {
        &self.workers[worker]
    }

    /// The pacers of the runtime threads.
    pub(crate) const fn worker_pacers(&self) -> &[PacerHandle] {
        &self.worker_pacers
    }

    /// Counts one connection in; `false` when it is one too many.
    pub(crate) fn connect(&self) -> bool {
        self.connections.fetch_add(1, Relaxed) < self.limits().max_connections
    }

    /// Counts one connection out.
    pub(crate) fn disconnect(&self) {
        self.connections.fetch_sub(1, Relaxed);
    }

    /// Refuses one more of `what` when there are as many as connections are allowed.
    pub(crate) fn room_for_one_more(&self, what: &str, present: usize) -> Result<(), Refusal> {
        let max = self.limits().max_connections;
        if present < max { Ok(()) } else { Err(Refusal::full(what, max)) }
    }

    /// Tells every connection and every feed that the server ends.
    pub(crate) fn close(&self) {
        self.closing.store(true, Relaxed);
        self.closed.send_replace(true);
    }

    #[inline]
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Relaxed)
    }

    pub(crate) fn watch_closing(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }

    /// The counters, summed over all threads.
    pub(crate) fn tally(&self) -> Vitals {
        let sum = |counter: fn(&Counters) -> &AtomicU64| {
            self.workers.iter().map(|worker| counter(worker).load(Relaxed)).sum()
        };
        let unpaced: u64 = sum(|worker| &worker.published);
        Vitals {
            at: now(),
            connections_open: self.connections.load(Relaxed) as u64,
            connections_accepted: sum(|worker| &worker.accepted),
            requests: sum(|worker| &worker.requests),
            events_published: self.published.load(Relaxed) + unpaced,
            events_sent: sum(|worker| &worker.sent),
            events_dropped: sum(|worker| &worker.dropped),
            slow_disconnects: sum(|worker| &worker.slow_disconnects),
            messages_received: sum(|worker| &worker.messages),
            answers_cancelled: sum(|worker| &worker.answers_cancelled),
            events_in_vain: sum(|worker| &worker.events_in_vain),
            tokens_in_vain: sum(|worker| &worker.tokens_in_vain),
            tokens_sent: sum(|worker| &worker.tokens),
            ..Vitals::default()
        }
    }
}
