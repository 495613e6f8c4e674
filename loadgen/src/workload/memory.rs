//! Memory of both ends at rising numbers of open, quiet connections: pages touched, a slope, so that what an empty process
//! costs cancels. What a server requests is accounted for in `heap`.

use super::quiet::{Events, Quiet};
use super::session::{Session, SessionError};
use super::{Order, TrialError, heap};
use crate::host;
use trial::{Measurement, MemoryPoint};

/// Connections opened at one go, with a millisecond to the next; nothing is timed here, so only the listen backlog bounds
/// them.
const GO: u32 = 20;

/// Runs one trial of scenario `memory`.
///
/// # Errors
/// [`TrialError`] when connections fail or the server stops answering.
pub(super) async fn run(
    order: &Order,
    session: &mut Session,
    steps: &[u32],
    events: Events<'_>,
) -> Result<Measurement, TrialError> {
    host::admit(u64::from(order.cell.workload.connections()), 1, session.dialer.route())
        .map_err(|error| TrialError::Broken(error.to_string()))?;
    let mut quiet = Quiet::none(events, GO);
    let points = points(order, session, steps, &mut quiet).await;
    let measurement = quiet.close().await?;
    let memory = points?;
    let heap = if order.block < heap::BLOCKS { Some(heap::account(order, events, &session.facts).await) } else { None };
    Ok(Measurement { memory, heap, window_ns: 0, timeline: Vec::new(), ..measurement })
}

async fn points(
    order: &Order,
    session: &mut Session,
    steps: &[u32],
    quiet: &mut Quiet<'_>,
) -> Result<Vec<MemoryPoint>, TrialError> {
    let mut points = Vec::new();
    for &step in steps {
        match opened(order, session, quiet, step).await {
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

/// Opens more until there are so many, and reads both ends.
async fn opened(
    order: &Order,
    session: &mut Session,
    quiet: &mut Quiet<'_>,
    number: u32,
) -> Result<MemoryPoint, TrialError> {
    quiet.open(order, session, number).await?;
    point(session, u64::from(number)).await
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
