//! Connect, receive one event, close, again: one connection after the other until the window is over.

use super::session::Session;
use super::subscription::quiet;
use super::{Order, TrialError};
use client::Dialer;
use client::recorder::{Reading, Recorder};
use client::stream::{Stream, StreamError, StreamSpec};
use client::window::{Basis, Window};
use client::worker::Worker;
use servers::clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use trial::{Content, Measurement, Timing};
use wire::{Payload, Schedule, Subscription};

/// Longest wait for one connection's first event.
const LIMIT: Duration = Duration::from_secs(5);

/// Runs one trial of scenario `connect`. Warm-up connections are made and forgotten.
///
/// # Errors
/// [`TrialError`] when a connection fails.
pub(super) async fn run(
    order: &Order,
    session: &mut Session,
    content: Content,
    timing: Timing,
) -> Result<Measurement, TrialError> {
    connections(order, session, content, timing.warmup).await?;
    let before = session.snapshot().await;
    let mut measurement = connections(order, session, content, timing.window).await?;
    let after = session.snapshot().await;
    let (server, client) = after.since(&before);
    (measurement.server, measurement.client) = (server, Some(client));
    Ok(measurement)
}

/// Opens connections one after the other for so long.
async fn connections(
    order: &Order,
    session: &Session,
    content: Content,
    length: Duration,
) -> Result<Measurement, TrialError> {
    let window = Arc::new(Window::new(Basis::Receipt, Duration::ZERO, length));
    let reading = Reading::Push(Arc::new(Payload::new(content.payload_bytes)));
    let worker = Worker::new(Recorder::new(reading, window, session.clock.offset_ns, None));
    let (subscription, end) = (subscription(content), clock::now() + length);
    let mut ended = Ok(());
    for index in 0.. {
        if ended.is_err() || clock::now() > end {
            break;
        }
        // Spawned, so that no connection is polled from the runtime's root future.
        let spec = session.spec(order, &subscription, index);
        let connection = tokio::spawn(one(session.dialer.clone(), spec, worker.clone()));
        ended = connection.await.unwrap_or_else(|error| Err(StreamError::Library(error.to_string())));
    }
    ended.map_err(|error| TrialError::Broken(error.to_string()))?;
    Ok(worker.finish()?.finish().0)
}

async fn one(dialer: Dialer, spec: StreamSpec, worker: Worker) -> Result<(), StreamError> {
    let mut stream = Stream::open(&dialer, &spec, &worker).await?;
    match timeout(LIMIT, stream.run_until(1)).await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => Err(StreamError::Library("the server ended the stream before its first event".to_owned())),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(StreamError::Library("no event within 5 s of connecting".to_owned())),
    }
}

/// Unpaced: the one event is due as soon as the server can write it.
fn subscription(content: Content) -> Subscription {
    Subscription { schedule: Schedule::Unpaced, count: Some(1), ..quiet(content) }
}
