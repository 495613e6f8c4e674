//! What the generator can take at all: its own fleet and decoders against a null server of the same framing.
//!
//! The null server writes each event alone, as our servers do, and shares the host. Where it is the slower of the two,
//! the figure is too low, never too high.

use super::null_server;
use crate::fleet::{CONNECT_RATE, Fleet, FleetPlan};
use client::codec::Corpus;
use client::endpoint::Endpoint;
use client::recorder::{self, Reading, Recorder};
use client::stream::StreamSpec;
use client::window::{Basis, Window};
use client::{Dialer, Request};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use trial::ClientKind;
use wire::{Payload, Rate, Transport};

/// Discarded at the start.
const WARMUP: Duration = Duration::from_millis(200);
/// Measured.
const WINDOW: Duration = Duration::from_millis(500);
/// Longest wait for the first event.
const LIMIT: Duration = Duration::from_secs(3);

/// Events a second, one connection for each worker; `None` when none came.
///
/// # Errors
/// When a thread or a socket is not to be had.
pub(super) async fn of(transport: Transport, payload_bytes: usize, threads: usize) -> io::Result<Option<Rate>> {
    let address = null_server::start(Corpus::new(transport, payload_bytes), threads)?;
    let endpoint: Endpoint = format!("http://{address}/").parse().map_err(io::Error::other)?;
    let dialer = Dialer::resolve(&endpoint, None, LIMIT).await.map_err(io::Error::other)?;
    let request = Request { payload_bytes: Some(payload_bytes), ..Request::get(&endpoint.authority, "/".to_owned()) };
    let spec = Arc::new(StreamSpec { transport, request, expected: None, first_seq: Some(0), leaves: false });
    let plan = FleetPlan {
        dialer,
        client: ClientKind::Lean,
        specs: vec![spec; threads],
        threads,
        connect_rate: CONNECT_RATE,
        strict: false,
    };
    let window = Arc::new(Window::new(Basis::Receipt, WARMUP, WINDOW));
    let reading = Reading::Push(Arc::new(Payload::new(payload_bytes)));
    let fleet = Fleet::launch(plan, || Recorder::new(reading.clone(), Arc::clone(&window), 0, None))?;
    // Nothing comes of a fleet that stays silent, and that is what is returned.
    let _ = timeout(LIMIT, opened(&window)).await;
    sleep(WARMUP + WINDOW).await;
    let events = recorder::merged(fleet.join()?).0.counters.in_window;
    Ok(Rate::per_second(events as f64 / WINDOW.as_secs_f64()))
}

async fn opened(window: &Window) {
    while window.start().is_none() {
        sleep(Duration::from_millis(1)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_framing_has_a_ceiling() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for transport in [Transport::Sse, Transport::WebSocket] {
            let ceiling = runtime.block_on(of(transport, 128, 1)).unwrap();
            assert!(ceiling.is_some_and(|rate| rate.get() > 100.0), "{transport}: {ceiling:?}");
        }
    }
}
