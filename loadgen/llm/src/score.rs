//! What the answers of one block came to, as a measurement. Refuses to measure requests that failed: it counts them.

use crate::answer::Answer;
use crate::exchange::Done;
use crate::failure::Failure;
use client::lateness::Lateness;
use client::redact::Secrets;
use std::collections::BTreeMap;
use trial::check::events;
use trial::{InVain, LlmCounts, Measurement, Metric, Recording, Warning};
use wire::{MonoTime, Witnessed};

/// Requests of one transport, added up.
#[derive(Debug, Clone)]
pub struct Score {
    measurement: Measurement,
    times: BTreeMap<Metric, Recording>,
    counts: LlmCounts,
    /// Added to the server's instants; `None` where its clock is not known.
    clock_offset_ns: Option<i64>,
    secrets: Secrets,
    window: Option<(MonoTime, MonoTime)>,
    lateness: Lateness,
}

impl Score {
    /// Nothing yet; `counts` says what is asked for, `secrets` what no reason of a failure may show.
    pub fn of(counts: LlmCounts, clock_offset_ns: Option<i64>, secrets: Secrets) -> Self {
        let (measurement, times, lateness) = (Measurement::default(), BTreeMap::new(), Lateness::default());
        Self { measurement, times, counts, clock_offset_ns, secrets, window: None, lateness }
    }

    /// Adds one request, however it ended at `end`.
    pub fn add(&mut self, done: &Done, end: MonoTime) {
        self.counts.sent += 1;
        self.counts.retries += u64::from(done.retries);
        let begin = done.answer.begin;
        let (from, to) = self.window.unwrap_or((begin, end));
        self.window = Some((from.min(begin), to.max(end)));
        self.traffic(done);
        match &done.failure {
            None if done.answer.given_up.is_some() => self.given_up(&done.answer),
            None => self.answered(&done.answer, done.bytes_in),
            Some(failure) => {
                self.counts.fail(&self.secrets.hide(&failure.to_string()), 1);
                let counters = &mut self.measurement.counters;
                match failure {
                    Failure::Dial(_) => counters.connection_failures += 1,
                    _ => counters.disconnects += 1,
                }
            }
        }
    }

    fn traffic(&mut self, done: &Done) {
        let (counters, bytes) = (&mut self.measurement.counters, &mut self.measurement.bytes);
        counters.requests += 1 + u64::from(done.retries);
        counters.received += done.answer.marks.len() as u64;
        counters.in_window += done.answer.marks.len() as u64;
        counters.heartbeats += done.answer.heartbeats;
        bytes.stream_in += done.bytes_in;
        bytes.stream_out += done.bytes_out;
        bytes.payload_in += done.answer.payload_bytes;
        if let Some(times) = done.dialled {
            counters.connections += 1;
            self.record(Metric::ConnectTcp, times.tcp.nanos_since(times.start));
            if times.tls > times.tcp {
                self.record(Metric::ConnectTls, times.tls.nanos_since(times.tcp));
            }
        }
        if let Some(ns) = done.dispatch_lag_ns {
            self.record(Metric::GeneratorLag, ns);
        }
    }

    fn given_up(&mut self, answer: &Answer) {
        let had = answer.given_up.map_or(0, |(_, had)| had);
        self.counts.cancelled += 1;
        self.counts.cancelled_events += had;
        self.counts.late_events += (answer.contents().count() as u64).saturating_sub(had);
    }

    /// Notes what the server says that it produced in vain.
    pub const fn note_in_vain(&mut self, in_vain: Option<InVain>) {
        self.counts.in_vain = in_vain;
    }

    /// Answers that were given up, and events received of all answers.
    pub const fn cancelled_and_received(&self) -> (u64, u64) {
        (self.counts.cancelled, self.measurement.counters.received)
    }

    fn answered(&mut self, answer: &Answer, bytes_in: u64) {
        answer.count(&mut self.counts);
        self.counts.answer_bytes += bytes_in.saturating_sub(answer.head_bytes);
        let since = |at: MonoTime| at.nanos_since(answer.begin);
        let times = answer.times();
        let single = [
            (Metric::RequestToByte, answer.first_byte.map(since)),
            (Metric::RequestToEvent, answer.marks.first().map(|mark| since(mark.received))),
            (Metric::FirstContent, times.ttft_ns),
            (Metric::PerOutputToken, times.tpot_ns),
            (Metric::EndToEnd, times.e2e_ns),
        ];
        for (metric, ns) in single {
            ns.into_iter().for_each(|ns| self.record(metric, ns));
        }
        let mut before: Option<MonoTime> = None;
        for mark in answer.contents() {
            if let Some(before) = before.replace(mark.received) {
                self.record(Metric::InterChunk, mark.received.nanos_since(before));
            }
        }
        self.one_way(answer);
    }

    /// What the transport added to each content event, where events say when they were due.
    fn one_way(&mut self, answer: &Answer) {
        let Some(offset) = self.clock_offset_ns else { return };
        for mark in answer.contents() {
            let Some(stamp) = mark.stamp else { continue };
            let due = stamp.due.offset_by(offset);
            let (response_ns, late_ns) = (mark.received.nanos_since(due), stamp.fired.nanos_since(stamp.due));
            self.lateness.event(due, response_ns, late_ns);
            self.record(Metric::ResponseTime, response_ns);
            self.record(Metric::DeliveryTime, mark.received.nanos_since(stamp.fired.offset_by(offset)));
            self.record(Metric::ServiceTime, mark.received.nanos_since(stamp.sent.offset_by(offset)));
            self.record(Metric::PacerLateness, late_ns);
            self.record(Metric::Queueing, stamp.sent.nanos_since(stamp.fired));
        }
    }

    fn record(&mut self, metric: Metric, ns: u64) {
        self.times.entry(metric).or_default().record(ns);
    }

    /// First begin and last end of a request; `None` before the first.
    pub const fn stretch(&self) -> Option<(MonoTime, MonoTime)> {
        self.window
    }

    /// Says who was late, and takes the judged times, by what an idle timer on the server's host saw.
    pub fn witnessed(&mut self, seen: Option<&Witnessed>) {
        let (stalls, judged) = std::mem::take(&mut self.lateness).settle(seen, self.clock_offset_ns.unwrap_or(0));
        self.measurement.stalls = Some(stalls);
        self.times.extend(judged.map(|judged| (Metric::JudgedTime, judged)));
    }

    /// The measurement, and what its reader must know.
    pub fn finish(self) -> (Measurement, Vec<Warning>) {
        let Self { mut measurement, times, counts, window, .. } = self;
        measurement.distributions = times.into_iter().map(|(metric, times)| (metric, times.finish())).collect();
        measurement.window_ns = window.map_or(0, |(from, to)| to.nanos_since(from));
        measurement.counters.window_payload_bytes = counts.content_bytes;
        let (failed, sent) = (counts.failed(), counts.sent);
        let first = counts.main_failure().filter(|_| failed > 0).map(str::to_owned);
        let failures = first.map(|first| events::requests_failed(failed, sent, first));
        measurement.llm = Some(counts);
        let buffered = events::buffered(&measurement);
        (measurement, failures.into_iter().chain(buffered).collect())
    }
}
