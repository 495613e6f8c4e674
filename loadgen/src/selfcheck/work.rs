//! A server that is kept from its streams by its own work: what falls due meanwhile waits, and is charged.

use super::agreement::{Agreement, judged, predicted, standing, waiting};
use super::bench::{Bench, CONTESTANTS, cell, measured};
use super::pair::{self, Pair, Site};
use super::{Answer, Finding};
use client::endpoint::Endpoint;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};
use trial::{Case, Cell};
use wire::Transport;

pub(super) const HELD_UP: [&str; 3] = [
    "V12 held up",
    "the server's only thread busy for 50 ms with a request",
    "the longest judged time as long, within 5 % or 2 ms; 25 events later than half of it; none lost, counted",
];
pub(super) const HICCUPS: [&str; 3] = [
    "V24 hiccups",
    "the server's only thread busy for 5 ms every 101.3 ms",
    "the share of late events, p98 and p99 of judged times as predicted from its answers, within a tenth",
];

/// What each byte of a request costs the server.
const COST: (Duration, [&str; 2]) = (Duration::from_micros(1), ["--server-cost-per-byte", "1000"]);
/// Longest answer that is read, and longest wait for it.
const MAX_ANSWER_BYTES: u64 = 64 << 10;
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a server is given to accept a connection.
const ACCEPT: Duration = Duration::from_millis(3);
/// From the order of a trial to the work: inside the window.
const LEAD: Duration = Duration::from_millis(900);
/// The work of [`held_up`]; events are a millisecond apart.
const HOLD: Duration = Duration::from_millis(50);
/// The work of [`hiccups`], and how often: no multiple of the events' interval, so that it meets them at every phase.
const HICCUP: Duration = Duration::from_millis(5);
const EVERY: Duration = Duration::from_micros(101_300);
/// What counts as late in [`hiccups`].
const LATE: Duration = Duration::from_millis(1);

/// A request that makes the server compute for a known time, on the thread that reads it.
struct Work {
    endpoint: Endpoint,
    request: String,
}

impl Work {
    fn prepare(url: &str, length: Duration) -> Result<Self, String> {
        let endpoint: Endpoint = url.parse().map_err(|error| format!("{error}"))?;
        let [head, tail] = [r#"{"model":"fast","messages":""#, r#""}"#];
        let bytes = (length.as_nanos() / COST.0.as_nanos()) as usize;
        let filler = "x".repeat(bytes - head.len() - tail.len());
        let request = format!(
            "POST /v1/chat/completions?tokens=1&speed=1000000 HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Content-Length: {bytes}\r\n\r\n{head}{filler}{tail}",
            endpoint.authority
        );
        Ok(Self { endpoint, request })
    }

    /// Has it done; how long the answer took, which is how long the thread was busy.
    fn order(&self) -> Result<Duration, String> {
        let (length, answer) = self.exchange().map_err(|error| format!("no answer to the work: {error}"))?;
        let head = answer.lines().next().unwrap_or_default();
        if head.contains(" 200 ") { Ok(length) } else { Err(format!("the work is answered '{head}'")) }
    }

    fn exchange(&self) -> io::Result<(Duration, String)> {
        let mut stream = TcpStream::connect((self.endpoint.host.as_str(), self.endpoint.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        // The connection is accepted meanwhile: that is no part of the work.
        thread::sleep(ACCEPT);
        let begun = Instant::now();
        stream.write_all(self.request.as_bytes())?;
        let mut first = [0; 1];
        stream.read_exact(&mut first)?;
        let (length, mut answer) = (begun.elapsed(), first.map(char::from).iter().collect::<String>());
        stream.take(MAX_ANSWER_BYTES).read_to_string(&mut answer).map(|_| (length, answer))
    }
}

/// A cell of a thousand events a second for so long, and a site whose server can be kept busy.
fn busy(window: &str) -> (Cell, Site<'static>) {
    let cell = cell("push", &format!("rate=1000\nwarmup='300ms'\nwindow='{window}'"));
    (cell, Site { serve: &COST.1, ..Site::default() })
}

fn each(case: impl Fn(Transport) -> Result<Case, String>) -> Answer {
    let cases: Result<Vec<Case>, String> = CONTESTANTS.into_iter().map(case).collect();
    Ok(Finding::Cases(cases?))
}

pub(super) fn held_up(bench: &Bench) -> Answer {
    let (cell, site) = busy("1s");
    each(|transport| {
        let (trial, length) = pair::trial(bench, site, (&cell, transport), |pair| {
            thread::sleep(LEAD);
            Work::prepare(&pair.url, HOLD)?.order()
        })?;
        let measurement = measured(&trial)?;
        let judged = judged(&measurement)?;
        let mut agreement = Agreement::new();
        let longest_ns = judged.max().unwrap_or(0) as f64;
        agreement.time("longest", [length.as_nanos() as f64, longest_ns], (0.05, 2e6));
        // A schedule that had moved would have one late event instead of one each millisecond.
        let half_ns = HOLD.as_nanos() as u64 / 2;
        let late = (judged.len() as f64 * (1.0 - judged.share_below(half_ns))).round() as u64;
        agreement.count("late by more than 25 ms", [25, late], 2);
        agreement.count("lost", [0, measurement.counters.lost], 0);
        agreement.word("counted", standing(&trial));
        Ok(agreement.case(format!("{transport}, {:.1} ms", length.as_secs_f64() * 1e3)))
    })
}

pub(super) fn hiccups(bench: &Bench) -> Answer {
    let (cell, site) = busy("4s");
    each(|transport| {
        let (trial, (lengths, time)) = pair::trial(bench, site, (&cell, transport), hiccup)?;
        let measurement = measured(&trial)?;
        let (judged, mut agreement) = (judged(&measurement)?, Agreement::new());
        let late = [waiting(&lengths, time, LATE), 1.0 - judged.share_below(LATE.as_nanos() as u64)];
        agreement.share("later than 1 ms", late, 0.1);
        for (name, q) in [("p98", 0.98), ("p99", 0.99)] {
            let found_ns = judged.quantile(q).unwrap_or(0) as f64;
            agreement.time(name, [predicted(&lengths, time, q), found_ns], (0.1, 0.0));
        }
        agreement.word("counted", standing(&trial));
        let (times, share) = (lengths.len(), waiting(&lengths, time, Duration::ZERO));
        let mean_ms = share * time.as_secs_f64() / times as f64 * 1e3;
        Ok(agreement.case(format!("{transport}, {times} times {mean_ms:.2} ms, {:.2} % of the time", 100.0 * share)))
    })
}

/// Keeps the server busy again and again until the trial is over: for how long each, and the time in which that was.
fn hiccup(pair: &Pair) -> Result<(Vec<Duration>, Duration), String> {
    let (work, begun, mut lengths) = (Work::prepare(&pair.url, HICCUP)?, Instant::now(), Vec::new());
    for times in 1.. {
        if pair.is_over() {
            break;
        }
        lengths.push(work.order()?);
        thread::sleep((EVERY * times).saturating_sub(begun.elapsed()));
    }
    Ok((lengths, begun.elapsed()))
}
