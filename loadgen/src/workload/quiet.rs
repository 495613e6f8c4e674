//! Connections that are open and quiet: each has received one event, and the next is due in an hour.

use super::session::{Session, SessionError};
use super::subscription::quiet;
use super::{Order, TrialError};
use crate::fleet;
use client::recorder::{Reading, Recorder};
use client::stream::StreamError;
use client::window::{Basis, Window};
use client::worker::Worker;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use trial::{Content, Measurement};
use wire::{Faults, Payload, Rate, Subscription};

/// Wait for allocators and the kernel to come to rest at each step.
const SETTLE: Duration = Duration::from_millis(100);
/// Longest wait for the connections of one step.
const LIMIT: Duration = Duration::from_secs(20);

/// What their one event is, and what damage the server does to it.
pub(super) type Events<'e> = (Content, &'e Faults);

/// Connections that are open and say nothing more after their first event.
pub(super) struct Quiet<'e> {
    events: Events<'e>,
    streams: JoinSet<Result<(), StreamError>>,
    worker: Worker,
    go: u32,
}

impl<'e> Quiet<'e> {
    /// None yet, and so many to be opened at one go.
    pub(super) fn none(events: Events<'e>, go: u32) -> Self {
        let payload = Arc::new(Payload::new(events.0.payload_bytes));
        let window = Arc::new(Window::new(Basis::Receipt, Duration::ZERO, Duration::from_secs(1)));
        let worker = Worker::new(Recorder::new(Reading::Push(payload), window, 0, None));
        Self { events, streams: JoinSet::new(), worker, go }
    }

    /// Opens more until there are so many, each with its first event received.
    ///
    /// # Errors
    /// [`TrialError`] when one fails or the server stops answering.
    pub(super) async fn open(&mut self, order: &Order, session: &mut Session, number: u32) -> Result<(), TrialError> {
        let dialer = Arc::new(session.dialer.clone());
        for index in self.streams.len() as u32..number {
            let spec = Arc::new(session.spec(order, &subscription(self.events), index));
            self.streams.spawn(fleet::read(order.arm.client, Arc::clone(&dialer), spec, self.worker.clone()));
            if index % self.go == 0 {
                sleep(Duration::from_millis(1)).await;
            }
        }
        let reached = timeout(LIMIT, connected(session, u64::from(number))).await;
        if let Some(why) = broken(&mut self.streams) {
            return Err(TrialError::Broken(format!("{number} connections: {why}")));
        }
        reached.map_err(|_| TrialError::Broken(format!("{number} connections did not all open in time")))??;
        Ok(())
    }

    /// Closes all; what they counted.
    ///
    /// # Errors
    /// [`TrialError::Gone`] when what they counted was taken before.
    pub(super) async fn close(mut self) -> Result<Measurement, TrialError> {
        self.streams.shutdown().await;
        Ok(self.worker.finish()?.finish().0)
    }
}

/// Why a stream that was to stay open has ended.
fn broken(streams: &mut JoinSet<Result<(), StreamError>>) -> Option<String> {
    match streams.try_join_next()? {
        Ok(Err(error)) => Some(error.to_string()),
        Ok(Ok(())) => Some("the server ended a stream".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

/// Waits until every connection has received its one event, by the server's count.
async fn connected(session: &mut Session, connections: u64) -> Result<(), SessionError> {
    while session.control.vitals(false).await?.events_sent < connections {
        sleep(Duration::from_millis(10)).await;
    }
    sleep(SETTLE).await;
    Ok(())
}

/// One event at once, so that every buffer that a live stream needs exists, and the next in an hour.
fn subscription((content, faults): Events<'_>) -> Subscription {
    Subscription { rate: Rate::per_second(1.0 / 3600.0).expect("above zero"), faults: faults.clone(), ..quiet(content) }
}
