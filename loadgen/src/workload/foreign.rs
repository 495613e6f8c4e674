//! Anybody's endpoint: streams opened and read as they are. Payloads carry no stamp, so times are times of receipt.

use super::record::{Started, hide, record};
use super::session::DIAL_LIMIT;
use super::{Observer, Order, TrialError};
use crate::fleet::{Fleet, FleetPlan};
use crate::host;
use client::endpoint::Endpoint;
use client::recorder::{self, Reading, Recorder};
use client::redact::Secrets;
use client::stream::StreamSpec;
use client::window::{Basis, Window};
use client::{Dialer, Request};
use servers::clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use trial::check::{self, events};
use trial::{Measurement, Outcome, Trial, Warning};

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
    /// Longest wait for the first event, beside warm-up and window.
    pub patience: Duration,
}

/// Reads a foreign endpoint for warm-up and window, or until every stream has ended.
pub async fn run(mut order: Order, foreign: Foreign, observer: Observer) -> Trial {
    let started = Started::now();
    // An endpoint may send back what it was sent.
    let secrets = Secrets::of(&order.headers, &foreign.endpoint.path_and_query);
    let (outcome, warning) = match attempt(&mut order, &foreign, observer).await {
        Ok((measurement, warning)) => (Outcome::Measured(Box::new(measurement)), warning),
        Err(error) => (Outcome::Failed(error.to_string()), None),
    };
    let mut trial = record(&order, &started, outcome);
    trial.warnings.extend(warning);
    trial.warnings.extend(check::host::searched(&trial));
    hide(&mut trial, &secrets);
    trial
}

async fn attempt(
    order: &mut Order,
    foreign: &Foreign,
    observer: Observer,
) -> Result<(Measurement, Option<Warning>), TrialError> {
    let broken = |error: &dyn std::fmt::Display| TrialError::Broken(error.to_string());
    let tls = if foreign.endpoint.tls { Some(order.trust().config().map_err(|error| broken(&error))?) } else { None };
    let dialer = Dialer::resolve(&foreign.endpoint, tls, DIAL_LIMIT.min(foreign.patience))
        .await
        .map_err(|error| broken(&error))?;
    let dialer = order.spread(dialer);
    host::admit(u64::from(order.cell.workload.connections()), dialer.route()).map_err(|error| broken(&error))?;
    let plan = FleetPlan {
        dialer,
        client: order.arm.client,
        specs: vec![spec(order, foreign); order.cell.workload.connections() as usize],
        threads: order.threads,
        connect_rate: foreign.connect_rate,
        strict: false,
    };
    let window = Arc::new(Window::of(Basis::Receipt, order.cell.workload.timing().unwrap_or_default()));
    let (log, standing, interrupt) = (observer.log.clone(), Arc::new(AtomicU64::new(0)), observer.interrupt.clone());
    let recorder =
        || Recorder::new(Reading::Foreign, Arc::clone(&window), 0, log.clone()).counting(Arc::clone(&standing));
    let (begin, mut fleet) = (clock::now(), Fleet::launch(&plan, recorder)?);
    let ended = watch(&mut fleet, &window, observer, foreign).await;
    let end = clock::now();
    let (mut measurement, failure) = recorder::merged(fleet.join()?);
    measurement.window_ns = window.start().map_or(0, |start| end.nanos_since(start).min(measurement.window_ns));
    let counters = &measurement.counters;
    let (received, cut) = (counters.received, counters.connection_failures + counters.disconnects);
    let answered = standing.load(Relaxed);
    // Whoever opens and says nothing does not fail by itself.
    let silent = counters.connections.saturating_sub(answered + counters.disconnects);
    let silence = (silent > 0).then(|| "no answer to the request".to_owned());
    match failure {
        Some(first) if received == 0 => Err(TrialError::Broken(first)),
        None if received == 0 && !interrupt.came() => {
            let waited = Duration::from_millis(end.nanos_since(begin) / 1_000_000);
            Err(TrialError::Broken(nothing(answered, ended, waited)))
        }
        first => {
            let first = first.or(silence);
            Ok((measurement, first.map(|first| events::streams_failed(cut + silent, first))))
        }
    }
}

/// Why there is nothing to show, though no stream failed.
fn nothing(answered: u64, ended: bool, waited: Duration) -> String {
    let waited = humantime::format_duration(waited);
    match (answered, ended) {
        (0, _) => {
            format!("no answer to the request within {waited}: something accepts connections there and says nothing")
        }
        (_, true) => format!("every stream ended, after {waited} at most, and none had brought an event"),
        (_, false) => format!("the request was answered, but no event came within {waited}"),
    }
}

/// Waits for the end of the window, of all streams, of the user's patience or of ours; whether all streams ended.
async fn watch(fleet: &mut Fleet, window: &Window, mut observer: Observer, foreign: &Foreign) -> bool {
    let connecting = fleet.connecting(foreign.connect_rate);
    let limit = Instant::now() + connecting + foreign.patience + window.warmup() + window.length();
    let over = async {
        while Instant::now() < limit && window.end().is_none_or(|end| clock::now() < end) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        () = over => false,
        () = fleet.ended() => true,
        () = observer.interrupt.wait() => false,
    }
}

fn spec(order: &Order, foreign: &Foreign) -> Arc<StreamSpec> {
    let request = Request {
        method: foreign.method.clone(),
        headers: order.headers.clone(),
        body: foreign.body.clone(),
        ..Request::get(&foreign.endpoint.authority, &foreign.endpoint.path_and_query)
    };
    Arc::new(StreamSpec { transport: order.arm.protocol, request, expected: None, first_seq: None, leaves: false })
}
