//! The exact pass: a server and a reader, both under an instrument that counts, twice, with few and with many events; their
//! difference is the cost of an event. Apart from every other pass: nothing here is a time.

use super::session::{DIAL_LIMIT, SessionError};
use super::subscription::quiet;
use super::{Order, TrialError};
use crate::instrument::{Counted, Instrument};
use crate::target::OwnServer;
use crate::{fleet, generator};
use client::endpoint::Endpoint;
use client::recorder::{Reading, Recorder};
use client::stream::StreamSpec;
use client::window::{Basis, Window};
use client::worker::Worker;
use client::{Dialer, Request};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use trial::{ClientKind, Counters, ExactPass, Measurement, Outcome, Start, Tally};
use wire::{Payload, Rate, Schedule, Subscription};

/// Events of the two runs.
const EVENTS: [u64; 2] = [20, 120];
/// Length of either run: the same, so that what a process does each second cancels too. The greater number then leaves
/// 17 ms to an event, enough for it to be alone under a slow instrument.
const LENGTH: Duration = Duration::from_secs(2);
/// Longest wait for the events of one run.
const LIMIT: Duration = Duration::from_secs(30);
/// Runs that are tried until one has its events alone.
const ATTEMPTS: usize = 3;
/// One event in so many may share the wake-up of another.
const TOGETHER: u64 = 50;

/// Runs one trial of scenario `exact`: both instruments, each where it is installed. An order whose URL names a stream is the
/// reader's half of such a trial: it reads that stream and counts nothing but events.
///
/// # Errors
/// [`TrialError::Unsupported`] against a server that is not this program's own, else what went wrong.
pub(super) async fn run(order: &Order) -> Result<Measurement, TrialError> {
    if !order.url.is_empty() {
        let endpoint: Endpoint = order.url.parse()?;
        if endpoint.path() != order.arm.protocol.path() {
            return Err(TrialError::Unsupported("an exact pass starts its own servers: leave out --target".to_owned()));
        }
        return Ok(Measurement { counters: read(order, &endpoint).await?, ..Measurement::default() });
    }
    let (mut pass, mut counters) = (ExactPass::default(), Counters::default());
    for instrument in [Instrument::Callgrind, Instrument::Strace] {
        match instrument.version() {
            Err(missing) => pass.not_measured.push(missing.to_string()),
            Ok(version) => {
                pass.instruments.push(version);
                let runs = [
                    one_by_one(order, instrument, EVENTS[0], &mut counters).await?,
                    one_by_one(order, instrument, EVENTS[1], &mut counters).await?,
                ];
                note(&mut pass, instrument, &runs);
            }
        }
    }
    if pass.instruments.is_empty() {
        return Err(TrialError::Unsupported(pass.not_measured.join("; ")));
    }
    Ok(Measurement { exact: Some(pass), counters, ..Measurement::default() })
}

/// Why there is no number although the instrument was there.
const TOO_BUSY: &str = "on this busy host more than 2 % of the events shared a wake-up: repeat when it is quiet";

/// One stream with both of its ends under an instrument.
#[derive(Debug)]
pub struct Run {
    /// What the reader received.
    pub received: Counters,
    /// What the server did in its life.
    pub server: Counted,
    /// What the reader did in its life.
    pub client: Counted,
}

impl Run {
    /// Whether the events came one by one, each with the wake-ups that it costs.
    const fn is_alone(&self) -> bool {
        self.received.together * TOGETHER <= self.received.received
    }
}

/// The first run whose events came one by one, or else the last.
async fn one_by_one(
    order: &Order,
    instrument: Instrument,
    events: u64,
    counters: &mut Counters,
) -> Result<Run, TrialError> {
    let mut attempts = 1;
    loop {
        let run = count(order, instrument, events).await?;
        counters.add(&run.received);
        if run.is_alone() || attempts == ATTEMPTS {
            return Ok(run);
        }
        attempts += 1;
    }
}

/// What an instrument counts while a fresh server of the order's cell sends so many events to a fresh reader.
///
/// # Errors
/// [`TrialError`] when the server does not start, the stream breaks, or the instrument leaves no count.
pub async fn count(order: &Order, instrument: Instrument, events: u64) -> Result<Run, TrialError> {
    let broken = |error: &dyn std::error::Error| TrialError::Broken(error.to_string());
    let directory = tempfile::tempdir()?;
    let [ours, theirs] = ["client", "server"].map(|end| directory.path().join(end));
    let server = OwnServer::start_under(&order.cell, Some(&instrument.wrapper(&theirs))).await;
    let server = server.map_err(|error| broken(&error))?;
    let (path, query) = (order.arm.protocol.path(), subscription(order, events).to_query());
    let reader = Order { url: format!("{}{path}?{query}", server.url()), ..order.clone() };
    let wrapper = instrument.wrapper(&ours);
    let trial = timeout(LIMIT * 2, generator::run(&reader, (Some(&wrapper), Start::default()), |_| {})).await;
    server.stop().await;
    let trial = trial.map_err(|_| TrialError::Silent(LIMIT * 2))?.map_err(TrialError::Broken)?;
    let received = match trial.outcome {
        Outcome::Measured(measurement) => measurement.counters,
        Outcome::Unsupported(why) | Outcome::Failed(why) => return Err(TrialError::Broken(why)),
    };
    let [client, server] = [ours, theirs].map(|output| instrument.read(&output).map_err(|error| broken(&error)));
    Ok(Run { received, server: server?, client: client? })
}

/// The stream that a URL names, read to its end.
async fn read(order: &Order, endpoint: &Endpoint) -> Result<Counters, TrialError> {
    let payload_bytes = order.cell.workload.payload_bytes();
    let dialer = Dialer::resolve(endpoint, None, DIAL_LIMIT).await.map_err(SessionError::from)?;
    let dialer = dialer.from_sources(&order.sources);
    let request = Request {
        payload_bytes: Some(payload_bytes),
        ..Request::get(&endpoint.authority, endpoint.path_and_query.clone())
    };
    let spec = StreamSpec { transport: order.arm.protocol, request, expected: None, first_seq: Some(0), leaves: false };
    let window = Arc::new(Window::new(Basis::Receipt, Duration::ZERO, LIMIT));
    let reading = Reading::Push(Arc::new(Payload::new(payload_bytes)));
    let worker = Worker::new(Recorder::new(reading, window, 0, None));
    let reader = worker.clone();
    let stream = tokio::spawn(fleet::read(ClientKind::Lean, Arc::new(dialer), Arc::new(spec), reader));
    match timeout(LIMIT, stream).await {
        Ok(Ok(Ok(()))) => Ok(worker.finish()?.finish().0.counters),
        Ok(Ok(Err(error))) => Err(TrialError::Broken(error.to_string())),
        Ok(Err(error)) => Err(TrialError::Broken(error.to_string())),
        Err(_) => Err(TrialError::Broken(format!("the stream did not end within {} s", LIMIT.as_secs()))),
    }
}

fn subscription(order: &Order, events: u64) -> Subscription {
    let workload = &order.cell.workload;
    let quiet = workload.content().map_or_else(Subscription::default, quiet);
    Subscription {
        schedule: Schedule::Constant,
        rate: Rate::per_second(events as f64 / LENGTH.as_secs_f64()).unwrap_or(quiet.rate),
        count: Some(events),
        faults: workload.faults().cloned().unwrap_or_default(),
        ..quiet
    }
}

/// Names are kept in any case: a call that each event makes for itself does not depend on wake-ups.
fn note(pass: &mut ExactPass, instrument: Instrument, runs: &[Run; 2]) {
    let alone = runs.iter().all(Run::is_alone);
    if !alone {
        pass.not_measured.push(format!("{}: {TOO_BUSY}", instrument.program()));
    }
    let tallies = |count: fn(&Run) -> u64| -> Vec<Tally> {
        let tally = |run: &Run| Tally { events: run.received.received, count: count(run) };
        runs.iter().filter(|_| alone).map(tally).collect()
    };
    match instrument {
        Instrument::Callgrind => {
            pass.instructions = tallies(|run| run.server.total);
            pass.client_instructions = tallies(|run| run.client.total);
            pass.allocations = tallies(|run| run.server.named());
            pass.client_allocations = tallies(|run| run.client.named());
        }
        Instrument::Strace => {
            pass.syscalls = tallies(|run| run.server.total);
            pass.client_syscalls = tallies(|run| run.client.total);
            let [few, many] = runs;
            pass.events_between = many.received.received.saturating_sub(few.received.received);
            pass.syscalls_by_name = difference(&few.server.by_name, &many.server.by_name);
        }
    }
}

/// What `after` has more than `before`, by name.
fn difference(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> BTreeMap<String, i64> {
    let of = |counts: &BTreeMap<String, u64>, name| counts.get(name).map_or(0, |&count| count as i64);
    let names = before.keys().chain(after.keys());
    names.map(|name| (name.clone(), of(after, name) - of(before, name))).filter(|(_, more)| *more != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_runs_share_cancels() {
        let counts = |pairs: &[(&str, u64)]| pairs.iter().map(|&(name, n)| (name.to_owned(), n)).collect();
        let (before, after) = (counts(&[("mmap", 9), ("read", 4)]), counts(&[("mmap", 9), ("sendto", 5), ("read", 2)]));
        assert_eq!(difference(&before, &after), BTreeMap::from([("read".to_owned(), -2), ("sendto".to_owned(), 5)]));
    }
}
