//! Anybody's endpoint: streams opened and read as they are. Payloads carry no stamp, so times are times of receipt.

use super::record::{Started, hide, record};
use super::session::DIAL_LIMIT;
use super::{Observer, Order, TrialError};
use crate::fleet::{Fleet, FleetPlan, connecting};
use crate::host;
use client::endpoint::Endpoint;
use client::recorder::{self, Reading, Recorder, Standing};
use client::redact::Secrets;
use client::stream::StreamSpec;
use client::window::{Basis, Window};
use client::{Dialer, Request};
use serde::{Deserialize, Serialize};
use servers::clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use trial::check::{self, events};
use trial::{Measurement, Outcome, Timing, Trial, Warning};
use wire::MonoTime;

/// Connecting that takes no longer may be a part of the window: so may that of a hundredth of the run.
const AT_ONCE: Duration = Duration::from_millis(50);

/// What to ask a foreign endpoint for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// Method of the request.
    pub method: String,
    /// Body of the request.
    pub body: Option<Vec<u8>>,
    /// Longest wait for the first event, beside connecting, warm-up and window.
    pub patience: Duration,
}

/// Reads a foreign endpoint for warm-up and window, or until every stream has ended.
pub(super) async fn run(mut order: Order, foreign: Foreign, observer: Observer) -> Trial {
    let started = Started::now();
    // An endpoint may send back what it was sent.
    let asked = order.url.parse().map_or_else(|_| "/".to_owned(), |endpoint: Endpoint| endpoint.path_and_query);
    let secrets = Secrets::of(&order.headers, &asked);
    let alone = observer.part.is_none();
    let (outcome, warnings) = match attempt(&mut order, &foreign, observer).await {
        Ok((measurement, warnings)) => (Outcome::Measured(Box::new(measurement)), warnings),
        Err(error) => (Outcome::Failed(error.to_string()), Vec::new()),
    };
    let mut trial = record(&order, &started, outcome);
    trial.warnings.extend(warnings);
    trial.warnings.extend(check::host::searched(&trial).filter(|_| alone));
    hide(&mut trial, &secrets);
    trial
}

async fn attempt(
    order: &mut Order,
    foreign: &Foreign,
    observer: Observer,
) -> Result<(Measurement, Vec<Warning>), TrialError> {
    let broken = |error: &dyn std::fmt::Display| TrialError::Broken(error.to_string());
    let endpoint: Endpoint = order.url.parse()?;
    let tls = if endpoint.tls { Some(order.trust().config().map_err(|error| broken(&error))?) } else { None };
    let dialer =
        Dialer::resolve(&endpoint, tls, DIAL_LIMIT.min(foreign.patience)).await.map_err(|error| broken(&error))?;
    let dialer = order.spread(dialer, observer.each());
    let streams = order.cell.workload.connections();
    host::admit(u64::from(streams), observer.each(), dialer.route()).map_err(|error| broken(&error))?;
    let plan = FleetPlan {
        dialer,
        client: order.arm.client,
        specs: vec![spec(order, foreign, &endpoint); streams as usize],
        threads: order.threads,
        connect_rate: order.connect_rate(),
        strict: false,
    };
    let window = window(order.cell.workload.timing().unwrap_or_default(), streams, plan.connect_rate);
    let window = Arc::new(if observer.part.is_some() { window.held() } else { window });
    let (log, standing, interrupt) = (observer.log.clone(), observer.standing(), observer.interrupt.clone());
    let recorder =
        || Recorder::new(Reading::Foreign, Arc::clone(&window), 0, log.clone()).counting(Arc::clone(&standing));
    let (begin, mut fleet) = (clock::now(), Fleet::launch(plan, recorder)?);
    let all = (&*standing, u64::from(streams));
    let (ended, outlasted) = watch(&mut fleet, &window, observer, foreign.patience, all).await;
    let end = clock::now();
    let (mut measurement, failure) = recorder::merged(fleet.join()?);
    close(&mut measurement, &window, begin, end);
    let counters = &measurement.counters;
    let (received, cut) = (counters.received, counters.connection_failures + counters.disconnects);
    let answered = standing.answered();
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
            let failed = first.or(silence).map(|first| events::streams_failed(cut + silent, first));
            let missed = match window.start() {
                None => (received > 0).then(events::window_missed),
                Some(_) => (outlasted > 0).then(|| events::connecting_outlasted(outlasted, u64::from(streams))),
            };
            Ok((measurement, failed.into_iter().chain(missed).collect()))
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

/// The window, which waits until all streams stand where opening them takes a while.
fn window(timing: Timing, streams: u32, connect_rate: f64) -> Window {
    let window = Window::of(Basis::Receipt, timing);
    let connecting = connecting(streams.saturating_sub(1) as usize, connect_rate);
    if connecting > AT_ONCE.max(timing.whole() / 100) { window.held() } else { window }
}

/// The window as long as it was; the whole run where none began, as when streams are over before all of them stand.
fn close(measurement: &mut Measurement, window: &Window, begin: MonoTime, end: MonoTime) {
    let Some(start) = window.start() else {
        let (counters, bytes) = (&mut measurement.counters, &measurement.bytes);
        (counters.in_window, counters.window_payload_bytes) = (counters.received, bytes.payload_in);
        measurement.window_ns = end.nanos_since(begin);
        return;
    };
    measurement.window_ns = end.nanos_since(start).min(measurement.window_ns);
}

/// Waits until `all` streams stand, then for the end of the window, of all streams, of the user's patience or of ours; whether
/// all streams ended, and how many had before the window could begin.
async fn watch(
    fleet: &mut Fleet,
    window: &Window,
    Observer { mut interrupt, mut part, .. }: Observer,
    patience: Duration,
    all: (&Standing, u64),
) -> (bool, u64) {
    let ((standing, streams), patient) = (all, Instant::now() + fleet.connecting() + patience);
    let mut outlasted = 0;
    let over = async {
        while window.is_held() && Instant::now() < patient && !standing.is_settled(streams) {
            sleep(Duration::from_millis(10)).await;
        }
        outlasted = if window.is_held() { standing.over() } else { 0 };
        let mut limit = patient;
        match &mut part {
            None => window.release(),
            Some(part) => {
                part.open_window(window).await;
                limit = Instant::now() + patience;
            }
        }
        limit += window.warmup() + window.length();
        while Instant::now() < limit && window.end().is_none_or(|end| clock::now() < end) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        () = over => (false, outlasted),
        () = fleet.ended() => (true, outlasted),
        () = interrupt.wait() => (false, outlasted),
    }
}

fn spec(order: &Order, foreign: &Foreign, endpoint: &Endpoint) -> Arc<StreamSpec> {
    let request = Request {
        method: foreign.method.clone(),
        headers: order.headers.clone(),
        body: foreign.body.clone(),
        ..Request::get(&endpoint.authority, &endpoint.path_and_query)
    };
    Arc::new(StreamSpec { transport: order.arm.protocol, request, expected: None, first_seq: None, leaves: false })
}
