//! Memory of both ends at rising numbers of open, quiet connections: pages touched, a slope, so that what an empty process
//! costs cancels. What a server requests is accounted for in `heap`.

use super::session::{Session, SessionError};
use super::{Order, TrialError, heap};
use crate::fleet;
use crate::host;
use crate::recorder::{Reading, Recorder};
use crate::stream::StreamError;
use crate::window::{Basis, Window};
use crate::worker::Worker;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use trial::{Measurement, MemoryPoint};
use wire::{Payload, Rate, Subscription};

/// Connections opened at one go, with a millisecond to the next; nothing is timed here, so only the listen backlog bounds
/// them.
const GO: u32 = 20;
/// Wait for allocators and the kernel to come to rest at each step.
const SETTLE: Duration = Duration::from_millis(100);
/// Longest wait for the connections of one step.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs one trial of scenario `memory`.
///
/// # Errors
/// [`TrialError`] when connections fail or the server stops answering.
pub(super) async fn run(order: &Order, session: &mut Session) -> Result<Measurement, TrialError> {
    let most = order.cell.steps.last().copied().unwrap_or(0);
    host::admit(u64::from(most), session.dialer.addresses().first().copied())
        .map_err(|error| TrialError::Broken(error.to_string()))?;
    let mut quiet = Quiet::none(order, GO);
    let points = steps(order, session, &mut quiet).await;
    let measurement = quiet.close().await?;
    let memory = points?;
    let heap = if order.block < heap::BLOCKS { Some(heap::account(order, &session.facts).await) } else { None };
    Ok(Measurement { memory, heap, window_ns: 0, timeline: Vec::new(), ..measurement })
}

async fn steps(order: &Order, session: &mut Session, quiet: &mut Quiet) -> Result<Vec<MemoryPoint>, TrialError> {
    let mut points = Vec::new();
    for &step in &order.cell.steps {
        match quiet.point(order, session, step).await {
            Ok(point) => points.push(point),
            // A slope takes two points: what was read is kept when the server no longer answers.
            Err(TrialError::Session(error)) if points.len() > 1 => {
                session.miss(&error);
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(points)
}

/// Connections that are open and say nothing more after their first event.
pub(super) struct Quiet {
    streams: JoinSet<Result<(), StreamError>>,
    worker: Worker,
    go: u32,
}

impl Quiet {
    /// None yet, and so many to be opened at one go.
    pub(super) fn none(order: &Order, go: u32) -> Self {
        let payload = Arc::new(Payload::new(order.cell.load.payload_bytes));
        let window = Arc::new(Window::new(Basis::Receipt, Duration::ZERO, Duration::from_secs(1)));
        let worker = Worker::new(Recorder::new(Reading::Push(payload), window, 0, None));
        Self { streams: JoinSet::new(), worker, go }
    }

    /// Opens more until there are so many, and reads both ends.
    async fn point(&mut self, order: &Order, session: &mut Session, number: u32) -> Result<MemoryPoint, TrialError> {
        self.open(order, session, number).await?;
        point(session, u64::from(number)).await
    }

    /// Opens more until there are so many, each with its first event received.
    ///
    /// # Errors
    /// [`TrialError`] when one fails or the server stops answering.
    pub(super) async fn open(&mut self, order: &Order, session: &mut Session, number: u32) -> Result<(), TrialError> {
        for index in self.streams.len() as u32..number {
            let (client, dialer, worker) = (order.arm.client, session.dialer.clone(), self.worker.clone());
            let spec = session.spec(order, &subscription(order), index);
            self.streams.spawn(async move { fleet::read(client, &dialer, &spec, &worker).await });
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

async fn point(session: &mut Session, connections: u64) -> Result<MemoryPoint, TrialError> {
    let vitals = session.control.vitals(true).await.map_err(SessionError::from)?;
    Ok(MemoryPoint {
        connections,
        server_bytes: vitals.pss_bytes,
        client_bytes: host::pss_bytes(),
        kernel_bytes: vitals.kernel.slab_bytes.map(|slabs| slabs + vitals.kernel.tcp_bytes),
    })
}

/// One event at once, so that every buffer that a live stream needs exists, and the next in an hour.
fn subscription(order: &Order) -> Subscription {
    Subscription {
        rate: Rate::per_second(1.0 / 3600.0).expect("above zero"),
        payload_bytes: order.cell.load.payload_bytes,
        heartbeat: None,
        ids: order.cell.load.ids,
        faults: order.cell.load.faults.clone(),
        ..Subscription::default()
    }
}
