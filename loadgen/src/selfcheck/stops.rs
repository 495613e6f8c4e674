//! Processes that stand still: what an open loop must see and whom it must blame, and what a closed loop cannot see.

use super::agreement::{Agreement, judged, predicted, standing};
use super::bench::{Bench, CONTESTANTS, cell, measured};
use super::pair::{self, Pair, Site};
use super::{Answer, Finding};
use crate::namespace;
use nix::unistd::Pid;
use std::thread;
use std::time::{Duration, Instant};
use trial::check::events::CLOSED_LOOP;
use trial::check::stalls::{GENERATOR_PAUSED, HOST_STALLED, SERVER_STALLED};
use trial::{Case, Distribution, Figure, Metric, Quantile, Trial, Warning};
use wire::Transport;

pub(super) const FREEZE: [&str; 3] = [
    "V2 freeze",
    "the server stopped for 50, 200 and 700 ms",
    "the longest, p99 and p99.9 of judged times as predicted, within 5 % or 2 ms; the server's, and counted",
];
pub(super) const BLIND: [&str; 3] = [
    "V2' freeze, closed loop",
    "the server of a load that waits for itself stopped for 500 ms",
    "p99 below a tenth of what a schedule shows, and closed-loop said",
];
pub(super) const PAUSE: [&str; 3] = [
    "V22 pause",
    "the load generator stopped for 50, 200 and 700 ms",
    "the longest response time as long, within 5 % or 2 ms; the generator's, and void",
];
pub(super) const THROTTLE: [&str; 3] = [
    "V23 throttle",
    "the server stopped for 40 ms, again and again, 40 ms between",
    "p75, p90 and p99 of judged times as predicted, within 5 % or 2 ms",
];
pub(super) const REMOTE: [&str; 3] =
    ["V26 remote freeze", "a server in another network namespace stopped for 50, 200 and 700 ms", "the same as V2"];

/// Lengths of stops, in milliseconds, each with a window that it reaches p99 of.
const STOPS: [(u64, &str); 3] = [(50, "2s"), (200, "2s"), (700, "4s")];
/// From the order of a trial to the stop: inside the window.
const LEAD: Duration = Duration::from_millis(900);
/// The stop of a closed loop, and its window.
const BLIND_STOP: Duration = Duration::from_millis(500);
const BLIND_WINDOW: Duration = Duration::from_secs(4);
/// Share of the open loop's p99 that the closed loop must stay below.
const BLIND_SHARE: f64 = 0.1;
/// One stop of a server that is throttled, and what lies between two.
const BEAT: Duration = Duration::from_millis(40);
/// Deviation from the prediction: as a share, and in nanoseconds, whichever is more.
const TOLERANCE: (f64, f64) = (0.05, 2e6);
/// By how many milliseconds a pause of the generator may be told too short: its probes are 10 ms apart.
const PROBES_MS: f64 = 12.0;

pub(super) fn server(bench: &Bench) -> Answer {
    frozen(bench, Site::default())
}

pub(super) fn remote(bench: &Bench) -> Answer {
    match namespace::cable() {
        Ok(cable) => frozen(bench, Site { cable: Some(&cable), ..Site::default() }),
        Err(why) => Ok(Finding::NotRun(format!("not measured: it needs root, network namespaces and ip ({why})"))),
    }
}

fn frozen(bench: &Bench, site: Site<'_>) -> Answer {
    let each = |transport| STOPS.map(|(ms, window)| frozen_once(bench, site, transport, (ms, window)));
    let cases: Result<Vec<Case>, String> = CONTESTANTS.into_iter().flat_map(each).collect();
    Ok(Finding::Cases(cases?))
}

fn frozen_once(bench: &Bench, site: Site<'_>, transport: Transport, stop: (u64, &str)) -> Result<Case, String> {
    let (trial, stopped) = stopped(bench, site, transport, stop, |pair| pair.server)?;
    let measurement = measured(&trial)?;
    let (judged, window) = (judged(&measurement)?, Duration::from_nanos(measurement.window_ns));
    let mut agreement = Agreement::new();
    agreement.time("longest", [stopped.as_nanos() as f64, judged.max().unwrap_or(0) as f64], TOLERANCE);
    for quantile in [Quantile::P99, Quantile::P999] {
        let expected_ns = predicted(&[stopped], window, quantile.share());
        let found_ns = judged.quantile(quantile.share()).unwrap_or(0) as f64;
        agreement.time(&quantile.to_string(), [expected_ns, found_ns], TOLERANCE);
    }
    agreement.word("the server's", blamed(&trial, stopped));
    agreement.word("counted", standing(&trial));
    Ok(agreement.case(format!("{transport}, {:.1} ms", stopped.as_secs_f64() * 1e3)))
}

pub(super) fn generator(bench: &Bench) -> Answer {
    let once = |stop| {
        let (trial, stopped) = stopped(bench, Site::default(), Transport::Sse, stop, |pair| pair.generator)?;
        let measurement = measured(&trial)?;
        let longest = measurement.distributions.get(&Metric::ResponseTime).and_then(Distribution::max);
        let mut agreement = Agreement::new();
        agreement.time("longest", [stopped.as_nanos() as f64, longest.unwrap_or(0) as f64], TOLERANCE);
        agreement.word("the generator's", blamed(&trial, stopped));
        agreement.word("void", standing(&trial));
        Ok(agreement.case(format!("sse, {:.1} ms", stopped.as_secs_f64() * 1e3)))
    };
    let cases: Result<Vec<Case>, String> = STOPS.into_iter().map(once).collect();
    Ok(Finding::Cases(cases?))
}

/// A trial of a thousand events a second, during which one of its processes is stopped; and for how long it really was.
fn stopped(
    bench: &Bench,
    site: Site<'_>,
    transport: Transport,
    (ms, window): (u64, &str),
    whom: impl FnOnce(&Pair) -> Pid,
) -> Result<(Trial, Duration), String> {
    let cell = cell("push", &format!("rate=1000\nwarmup='300ms'\nwindow='{window}'"));
    pair::trial(bench, site, (&cell, transport), |pair| {
        thread::sleep(LEAD);
        pair::stop(whom(pair), Duration::from_millis(ms))
    })
}

/// Who is said to have stood still for that long, give or take the tolerance.
fn blamed(trial: &Trial, stopped: Duration) -> &'static str {
    let stopped_ms = stopped.as_secs_f64() * 1e3;
    let near = |ms: f64, most: f64| (ms - stopped_ms).abs() <= most.max(TOLERANCE.0 * stopped_ms);
    let stalls = [
        (&SERVER_STALLED, TOLERANCE.1 / 1e6, "the server's", "the server's of another length"),
        (&GENERATOR_PAUSED, PROBES_MS, "the generator's", "the generator's of another length"),
        (&HOST_STALLED, f64::INFINITY, "the host's", "the host's"),
    ];
    let blame = |warning: &Warning| {
        let (_, most, right, wrong) = stalls.iter().find(|(check, ..)| warning.is(check))?;
        Some(if near(warning.number("longest_ms"), *most) { *right } else { *wrong })
    };
    let blames: Vec<&str> = trial.warnings.iter().filter_map(blame).collect();
    match blames[..] {
        [] => "nobody's",
        [one] => one,
        _ => "more than one's",
    }
}

pub(super) fn closed_loop(bench: &Bench) -> Answer {
    let cell = cell("saturate", &format!("warmup='300ms'\nwindow='{}s'", BLIND_WINDOW.as_secs()));
    let once = |transport| {
        let (trial, stopped) = pair::trial(bench, Site::default(), (&cell, transport), |pair| {
            thread::sleep(LEAD);
            pair::stop(pair.server, BLIND_STOP)
        })?;
        let p99 = Figure::Duration(Metric::ServiceTime, Quantile::P99);
        let (ns, seen_ns) = (p99.of(&measured(&trial)?).unwrap_or(f64::MAX), predicted(&[stopped], BLIND_WINDOW, 0.99));
        let flagged = trial.warnings.iter().any(|warning| warning.is(&CLOSED_LOOP));
        let flag = if flagged { "flagged" } else { "not flagged" };
        Ok(Case {
            injected: format!("{transport}, {:.1} ms", stopped.as_secs_f64() * 1e3),
            expected: format!("p99 below {:.1} ms, flagged", BLIND_SHARE * seen_ns / 1e6),
            found: format!("p99 {:.1} ms, {flag}", ns / 1e6),
            pass: flagged && ns < BLIND_SHARE * seen_ns,
        })
    };
    let cases: Result<Vec<Case>, String> = CONTESTANTS.into_iter().map(once).collect();
    Ok(Finding::Cases(cases?))
}

pub(super) fn throttled(bench: &Bench) -> Answer {
    let cell = cell("push", "rate=1000\nwarmup='300ms'\nwindow='4s'");
    let once = |transport| {
        let (trial, (stops, time)) = pair::trial(bench, Site::default(), (&cell, transport), beat)?;
        let measurement = measured(&trial)?;
        let judged = judged(&measurement)?;
        let mut agreement = Agreement::new();
        for (name, q) in [("p75", 0.75), ("p90", 0.9), ("p99", 0.99)] {
            let found_ns = judged.quantile(q).unwrap_or(0) as f64;
            agreement.time(name, [predicted(&stops, time, q), found_ns], TOLERANCE);
        }
        agreement.word("counted", standing(&trial));
        let stopped = stops.iter().sum::<Duration>().as_secs_f64();
        let [mean_ms, percent] = [stopped / stops.len() as f64 * 1e3, 100.0 * stopped / time.as_secs_f64()];
        Ok(agreement.case(format!("{transport}, stops of {mean_ms:.1} ms, {percent:.1} % of the time")))
    };
    let cases: Result<Vec<Case>, String> = CONTESTANTS.into_iter().map(once).collect();
    Ok(Finding::Cases(cases?))
}

/// Stops the server and lets it run, in turn, until the trial is over: the stops, and the time in which they were.
fn beat(pair: &Pair) -> Result<(Vec<Duration>, Duration), String> {
    let (begun, mut stops) = (Instant::now(), Vec::new());
    while !pair.is_over() {
        thread::sleep(BEAT);
        stops.push(pair::stop(pair.server, BEAT)?);
    }
    Ok((stops, begun.elapsed()))
}
