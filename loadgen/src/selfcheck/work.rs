//! A server that is kept from its streams by its own work: what falls due meanwhile waits, and is charged.

use super::agreement::{Agreement, judged, predicted, standing};
use super::bench::{Bench, CONTESTANTS, cell, measured};
use super::pair::{self, Pair, Site};
use super::{Answer, Finding};
use crate::client::{Post, Request};
use crate::endpoint::Endpoint;
use std::io::{Read as _, Write as _};
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
    "the share of late events, p99 and p99.9 of judged times as predicted, within a tenth",
];

/// What each byte of a request costs the server.
const COST: (Duration, [&str; 2]) = (Duration::from_micros(1), ["--server-cost-per-byte", "1000"]);
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
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
    stream: TcpStream,
    post: Post,
    request: Vec<u8>,
}

impl Work {
    fn prepare(url: &str, length: Duration) -> Result<Self, String> {
        let endpoint: Endpoint = url.parse().map_err(|error| format!("{error}"))?;
        let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let [head, tail] = [r#"{"model":"fast","messages":""#, r#""}"#];
        let bytes = (length.as_nanos() / COST.0.as_nanos()) as usize;
        let body = [head, &"x".repeat(bytes - head.len() - tail.len()), tail].concat();
        let path = "/v1/chat/completions?tokens=1&speed=1000000";
        let post = Post::new(&Request::get(endpoint.authority, path), body.len()).map_err(|error| error.to_string())?;
        let mut request = Vec::new();
        post.write(body.as_bytes(), &mut request);
        Ok(Self { stream, post, request })
    }

    /// Has it done, and waits for the answer.
    fn order(&mut self) -> Result<(), String> {
        self.stream.write_all(&self.request).map_err(|error| error.to_string())?;
        let mut buffer = [0; 4096];
        loop {
            let bytes = self.stream.read(&mut buffer).map_err(|error| format!("no answer to the work: {error}"))?;
            if bytes == 0 {
                return Err("the server closed the connection of the work".to_owned());
            }
            if self.post.push(&buffer[..bytes]).map_err(|error| error.to_string())? {
                return Ok(());
            }
        }
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
        let (trial, ()) = pair::trial(bench, site, (&cell, transport), |pair| {
            thread::sleep(LEAD);
            Work::prepare(&pair.url, HOLD)?.order()
        })?;
        let measurement = measured(&trial)?;
        let judged = judged(&measurement)?;
        let mut agreement = Agreement::new();
        let longest_ns = judged.max().unwrap_or(0) as f64;
        agreement.time("longest", [HOLD.as_nanos() as f64, longest_ns], (0.05, 2e6));
        // A schedule that had moved would have one late event instead of one each millisecond.
        let half_ns = HOLD.as_nanos() as u64 / 2;
        let late = (judged.len() as f64 * (1.0 - judged.share_below(half_ns))).round() as u64;
        agreement.count("late by more than 25 ms", [25, late], 2);
        agreement.count("lost", [0, measurement.counters.lost], 0);
        agreement.word("counted", standing(&trial));
        Ok(agreement.case(format!("{transport}, {} ms", HOLD.as_millis())))
    })
}

pub(super) fn hiccups(bench: &Bench) -> Answer {
    let (cell, site) = busy("4s");
    each(|transport| {
        let (trial, (times, time)) = pair::trial(bench, site, (&cell, transport), hiccup)?;
        let measurement = measured(&trial)?;
        let (judged, stops) = (judged(&measurement)?, vec![HICCUP; times]);
        let mut agreement = Agreement::new();
        let busy = HICCUP.as_secs_f64() * times as f64 / time.as_secs_f64();
        let [expected, found] = [
            busy * (1.0 - LATE.as_secs_f64() / HICCUP.as_secs_f64()),
            1.0 - judged.share_below(LATE.as_nanos() as u64),
        ];
        agreement.share("later than 1 ms", [expected, found], 0.1);
        for (name, q) in [("p99", 0.99), ("p99.9", 0.999)] {
            let found_ns = judged.quantile(q).unwrap_or(0) as f64;
            agreement.time(name, [predicted(&stops, time, q), found_ns], (0.1, 0.0));
        }
        agreement.word("counted", standing(&trial));
        Ok(agreement.case(format!("{transport}, {times} times 5 ms, {:.2} % of the time", 100.0 * busy)))
    })
}

/// Keeps the server busy again and again until the trial is over: how often, and the time in which that was.
fn hiccup(pair: &Pair) -> Result<(usize, Duration), String> {
    let (mut work, begun, mut times) = (Work::prepare(&pair.url, HICCUP)?, Instant::now(), 0);
    while !pair.is_over() {
        work.order()?;
        times += 1;
        thread::sleep((EVERY * times).saturating_sub(begun.elapsed()));
    }
    Ok((times as usize, begun.elapsed()))
}
