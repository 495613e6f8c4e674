//! The exact pass: a server under an instrument that counts, twice, with few and with many events; their difference is
//! the cost of an event. Apart from every other pass: nothing here is a time.

use super::session::Session;
use super::subscription::quiet;
use super::{Order, TrialError};
use crate::fleet;
use crate::instrument::{Counted, Instrument};
use crate::recorder::{Reading, Recorder};
use crate::target::OwnServer;
use crate::window::{Basis, Window};
use crate::worker::Worker;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use trial::{ClientKind, Content, Counters, ExactPass, Measurement, Tally, Workload};
use wire::{Faults, Payload, Rate, Schedule, Subscription};

/// Events of the two runs.
const EVENTS: [u64; 2] = [20, 220];
/// Length of either run: the same, so that what a server does each second cancels too. The greater number then leaves
/// 18 ms to an event, enough for it to be alone under a slow instrument.
const LENGTH: Duration = Duration::from_secs(4);
/// Longest wait for the events of one run.
const LIMIT: Duration = Duration::from_secs(30);
/// Runs that are tried until one has its events alone.
const ATTEMPTS: usize = 3;
/// One event in so many may share the wake-up of another.
const TOGETHER: u64 = 100;

/// Runs one trial of scenario `exact`: both instruments, each where it is installed.
///
/// # Errors
/// [`TrialError::Unsupported`] against a server that is not this program's own, else what went wrong.
pub(super) async fn run(order: &Order) -> Result<Measurement, TrialError> {
    if !order.url.is_empty() {
        return Err(TrialError::Unsupported("an exact pass starts its own servers: leave out --target".to_owned()));
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
const TOO_BUSY: &str = "on this busy host more than 1 % of the events shared a wake-up: repeat when it is quiet";

/// One run under an instrument.
struct Run {
    events: u64,
    counted: Counted,
    /// Whether the events came one by one, each with the wake-ups that it costs.
    alone: bool,
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
        let (received, counted) = count(order, instrument, events).await?;
        counters.add(&received);
        let alone = received.together * TOGETHER <= received.received;
        if alone || attempts == ATTEMPTS {
            return Ok(Run { events: received.received, counted, alone });
        }
        attempts += 1;
    }
}

/// What an instrument counts while a fresh server of the order's cell sends so many events to one reader, and what the
/// reader received.
///
/// # Errors
/// [`TrialError`] when the server does not start, the stream breaks, or the instrument leaves no count.
pub async fn count(order: &Order, instrument: Instrument, events: u64) -> Result<(Counters, Counted), TrialError> {
    let broken = |error: &dyn std::error::Error| TrialError::Broken(error.to_string());
    let directory = tempfile::tempdir()?;
    let output = directory.path().join("counts");
    let wrapper = instrument.wrapper(&output);
    let server = OwnServer::start_under(&order.cell, Some(&wrapper)).await.map_err(|error| broken(&error))?;
    let received = read(order, &server, events).await;
    server.stop().await;
    Ok((received?, instrument.read(&output).map_err(|error| broken(&error))?))
}

/// One stream of so many events, read to its end.
async fn read(order: &Order, server: &OwnServer, events: u64) -> Result<Counters, TrialError> {
    let Workload::Exact { content, faults } = &order.cell.workload else {
        return Err(TrialError::Unsupported("events of scenario 'exact' alone are counted".to_owned()));
    };
    let session = Session::open(&server.url().parse()?, &order.trust(), &[]).await?;
    let spec = session.spec(order, &subscription(*content, faults, events), 0);
    let payload = Arc::new(Payload::new(content.payload_bytes));
    let window = Arc::new(Window::new(Basis::Receipt, Duration::ZERO, LIMIT));
    let worker = Worker::new(Recorder::new(Reading::Push(payload), window, 0, None));
    let (dialer, reader) = (session.dialer.clone(), worker.clone());
    let stream = tokio::spawn(async move { fleet::read(ClientKind::Lean, &dialer, &spec, &reader).await });
    match timeout(LIMIT, stream).await {
        Ok(Ok(Ok(()))) => Ok(worker.finish()?.finish().0.counters),
        Ok(Ok(Err(error))) => Err(TrialError::Broken(error.to_string())),
        Ok(Err(error)) => Err(TrialError::Broken(error.to_string())),
        Err(_) => Err(TrialError::Broken(format!("the stream did not end within {} s", LIMIT.as_secs()))),
    }
}

fn subscription(content: Content, faults: &Faults, events: u64) -> Subscription {
    let quiet = quiet(content);
    Subscription {
        schedule: Schedule::Constant,
        rate: Rate::per_second(events as f64 / LENGTH.as_secs_f64()).unwrap_or(quiet.rate),
        count: Some(events),
        faults: faults.clone(),
        ..quiet
    }
}

/// Names are kept in any case: a call that each event makes for itself does not depend on wake-ups.
fn note(pass: &mut ExactPass, instrument: Instrument, runs: &[Run; 2]) {
    let alone = runs.iter().all(|run| run.alone);
    if !alone {
        pass.not_measured.push(format!("{}: {TOO_BUSY}", instrument.program()));
    }
    let tallies = runs.iter().filter(|_| alone).map(|run| Tally { events: run.events, count: run.counted.total });
    match instrument {
        Instrument::Callgrind => pass.instructions = tallies.collect(),
        Instrument::Strace => {
            pass.syscalls = tallies.collect();
            let [few, many] = runs;
            pass.events_between = many.events.saturating_sub(few.events);
            pass.syscalls_by_name = difference(&few.counted.by_name, &many.counted.by_name);
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
