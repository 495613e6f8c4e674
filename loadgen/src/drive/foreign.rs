//! Anybody's endpoint: streams opened and read as they are. Payloads carry no stamp, so times are times of receipt.

use super::record::{Started, record};
use super::session::DIAL_LIMIT;
use super::{Observer, Order, TrialError};
use crate::client::Request;
use crate::endpoint::Endpoint;
use crate::fleet::{Fleet, FleetPlan};
use crate::host;
use crate::link::Dialer;
use crate::recorder::{Reading, Recorder};
use crate::redact::Secrets;
use crate::stream::StreamSpec;
use crate::window::{Basis, Window};
use servers::clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use trial::{Load, Measurement, Outcome, Trial, Warning};

/// Longest wait for the first event, beside warm-up and window.
const FIRST_EVENT: Duration = Duration::from_secs(10);

/// What to ask a foreign endpoint for.
#[derive(Debug, Clone)]
pub struct Foreign {
    /// Where.
    pub endpoint: Endpoint,
    /// Method of the request.
    pub method: String,
    /// Body of the request.
    pub body: Option<Vec<u8>>,
    /// Connections opened a second.
    pub connect_rate: f64,
}

/// Reads a foreign endpoint for warm-up and window, or until every stream has ended.
pub async fn run(order: Order, foreign: Foreign, observer: Observer) -> Trial {
    let started = Started::now();
    let (outcome, warning) = match attempt(&order, &foreign, observer).await {
        Ok((measurement, warning)) => (Outcome::Measured(Box::new(measurement)), warning),
        Err(error) => {
            // An endpoint may send back what it was sent.
            let secrets = Secrets::of(&order.headers, &foreign.endpoint.path_and_query);
            (Outcome::Failed(secrets.hide(&error.to_string())), None)
        }
    };
    let mut trial = record(&order, &started, outcome);
    trial.warnings.extend(warning);
    trial
}

async fn attempt(
    order: &Order,
    foreign: &Foreign,
    observer: Observer,
) -> Result<(Measurement, Option<Warning>), TrialError> {
    let load = &order.cell.load;
    let broken = |error: &dyn std::fmt::Display| TrialError::Broken(error.to_string());
    let tls = if foreign.endpoint.tls { Some(order.trust().config().map_err(|error| broken(&error))?) } else { None };
    let dialer = Dialer::resolve(&foreign.endpoint, tls, DIAL_LIMIT).await.map_err(|error| broken(&error))?;
    let first = dialer.addresses().first().copied();
    host::admit(u64::from(load.connections), first).map_err(|error| broken(&error))?;
    let plan = FleetPlan {
        dialer,
        client: order.cell.client,
        specs: vec![spec(order, foreign); load.connections as usize],
        threads: order.threads,
        connect_rate: foreign.connect_rate,
        strict: false,
    };
    let window = Arc::new(Window::new(Basis::Receipt, load.warmup, load.window));
    let log = observer.log.clone();
    let mut fleet = Fleet::launch(&plan, || Recorder::new(Reading::Foreign, Arc::clone(&window), 0, log.clone()))?;
    watch(&mut fleet, &window, load, observer, foreign.connect_rate).await;
    let end = clock::now();
    let recorder = fleet.join().ok_or_else(|| TrialError::Broken("a worker thread died".to_owned()))?;
    let (mut measurement, failures) = recorder.finish();
    measurement.window_ns = window.start().map_or(0, |start| end.nanos_since(start).min(measurement.window_ns));
    let failed = measurement.counters.connection_failures + measurement.counters.disconnects;
    match failures.into_iter().next() {
        Some(first) if measurement.counters.received == 0 => Err(TrialError::Broken(first)),
        first => Ok((measurement, first.map(|first| Warning::StreamsFailed { failed, first }))),
    }
}

/// Waits for the end of the window, of all streams, of the user's patience or of ours.
async fn watch(fleet: &mut Fleet, window: &Window, load: &Load, mut observer: Observer, connect_rate: f64) {
    let connecting = Duration::from_secs_f64(f64::from(load.connections) / connect_rate);
    let limit = Instant::now() + connecting + FIRST_EVENT + load.warmup + load.window;
    let over = async {
        while Instant::now() < limit && window.end().is_none_or(|end| clock::now() < end) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        () = over => {}
        () = fleet.ended() => {}
        () = observer.interrupt.wait() => {}
    }
}

fn spec(order: &Order, foreign: &Foreign) -> StreamSpec {
    let request = Request {
        method: foreign.method.clone(),
        headers: order.headers.clone(),
        body: foreign.body.clone(),
        ..Request::get(&foreign.endpoint.authority, &foreign.endpoint.path_and_query)
    };
    StreamSpec { transport: order.arm.transport, request, expected: None, first_seq: None, leaves: false }
}
