//! The hot path: an event and an instant in, counts out. No allocation for an event, no lock of its own; merged after the drain.

mod doubt;
mod foreign;
mod standing;
mod timeline;

use crate::dependence::Sample;
use crate::event_log::EventLog;
use crate::kernel_clock::{Asked, ClockPair, KernelClock};
use crate::lateness::Lateness;
use crate::one_way::OneWay;
use crate::track::{Order, Track};
use crate::window::{Basis, Window};
use crate::{EventRef, Signal};
use doubt::Doubt;
use foreign::Run;
pub use standing::Standing;
use std::collections::BTreeMap;
use std::sync::Arc;
use timeline::Timeline;
use trial::{Bytes, ClockOffset, Counters, Layers, Measurement, Metric, Recording, Stalls};
use wire::event_stamp;
use wire::{MonoTime, Payload, Stamp, Witnessed};

/// How the events of a stream are to be understood.
#[derive(Debug, Clone)]
pub enum Reading {
    /// Payloads of our servers: stamped by the server, this many bytes.
    Push(Arc<Payload>),
    /// Events of jobs: JSON with the server's stamp as its last member.
    Job,
    /// Payloads that this client stamped and the server sent back.
    Echo(Arc<Payload>),
    /// Anybody's payloads: counted and timed on receipt.
    Foreign,
}

/// Instants of one dial.
#[derive(Debug, Clone, Copy)]
pub struct DialTimes {
    /// Before the first packet.
    pub start: MonoTime,
    /// TCP is established.
    pub tcp: MonoTime,
    /// TLS is established; equal to `tcp` on cleartext.
    pub tls: MonoTime,
}

/// Everything that one worker records.
pub struct Recorder {
    reading: Reading,
    window: Arc<Window>,
    /// Added to the server's instants to get the client's.
    clock_offset_ns: i64,
    /// Whether that is the clock of the streams at all; `None` where their stamps are none of a server's.
    doubt: Option<Doubt>,
    log: Option<Arc<EventLog>>,
    distributions: Vec<Recording>,
    timeline: Timeline,
    sample: Sample,
    /// Counts so far; streams add theirs when they end.
    pub counters: Counters,
    /// Bytes so far; streams add theirs when they end.
    pub bytes: Bytes,
    /// Bytes below the application so far; links add theirs when they are dropped.
    pub layers: Layers,
    /// Of events without a stamp, what came with the latest read.
    run: Option<Run>,
    kernel: Option<KernelClock>,
    /// The first failure of a stream.
    failure: Option<String>,
    /// Where the streams of all workers stand.
    standing: Arc<Standing>,
    /// Events across two clocks; `None` where both ends share one.
    one_way: Option<Vec<OneWay>>,
    lateness: Lateness,
    stalls: Option<Stalls>,
}

/// What one stream must remember between events.
#[derive(Debug)]
pub struct StreamState {
    /// Sequence numbers.
    pub track: Track,
    /// When the previous event came.
    last_received: Option<MonoTime>,
    /// Events so far.
    received: u64,
    /// When the server sent the previous event, on its own clock.
    last_sent: MonoTime,
    /// How far the stamp of the first event lies outside of what the server's clock allows.
    astray_ns: Option<u64>,
}

impl StreamState {
    /// A stream before its first event.
    pub const fn new(track: Track) -> Self {
        Self { track, last_received: None, received: 0, last_sent: MonoTime::from_nanos(0), astray_ns: None }
    }

    /// Events so far.
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// How far the first stamp is from the clock that the server shows, where it is another's.
    pub const fn astray_ns(&self) -> Option<u64> {
        self.astray_ns
    }

    /// Whether any event has come.
    pub const fn has_received(&self) -> bool {
        self.received > 0
    }
}

impl Recorder {
    /// An empty recorder; all of its memory is allocated here.
    pub fn new(reading: Reading, window: Arc<Window>, clock_offset_ns: i64, log: Option<Arc<EventLog>>) -> Self {
        let length_ns = u64::try_from(window.length().as_nanos()).unwrap_or(u64::MAX);
        Self {
            reading,
            window,
            clock_offset_ns,
            doubt: None,
            log,
            distributions: Metric::ALL.map(|_| Recording::new()).into(),
            timeline: Timeline::of(length_ns),
            sample: Sample::empty(),
            counters: Counters::default(),
            bytes: Bytes::default(),
            layers: Layers::default(),
            run: None,
            kernel: None,
            failure: None,
            standing: Arc::default(),
            one_way: None,
            lateness: Lateness::default(),
            stalls: None,
        }
    }

    /// Counts streams there, too, for who must wait until every one of every worker stands.
    pub fn counting(self, standing: Arc<Standing>) -> Self {
        Self { standing, ..self }
    }

    /// Keeps the instants of paced events until [`Self::settle`]: about 40 bytes each.
    pub fn deferring(self) -> Self {
        Self { one_way: Some(Vec::new()), ..self }
    }

    /// Takes the one-way times of events that were kept, now that the relation of the clocks is known.
    pub fn settle(&mut self, clock: &ClockOffset) {
        for event in self.one_way.take().unwrap_or_default() {
            let (response_ns, service_ns) = event.times_ns(clock);
            self.lateness.event(clock.local(event.due), response_ns, event.late_ns);
            self.timed(event.offset_ns, event.bytes, response_ns, service_ns);
        }
    }

    /// Says who was late, and takes the judged times, by what a witness saw; `offset_ns` brings its clock to this host's.
    pub fn witnessed(&mut self, seen: Option<&Witnessed>, offset_ns: i64) {
        let (stalls, judged) = std::mem::take(&mut self.lateness).settle(seen, offset_ns);
        self.stalls = Some(stalls);
        if let Some(judged) = judged {
            self.distributions[Metric::JudgedTime as usize] = judged;
        }
    }

    /// Takes a probe of this worker's event loop, which was due and is answered only now.
    pub fn lagged(&mut self, due: MonoTime, now: MonoTime) {
        // Opening connections takes the loop its time, and is timed by itself.
        if self.window.holds(due) {
            let lag_ns = now.nanos_since(due);
            self.duration(Metric::GeneratorLag, lag_ns);
            self.lateness.probe(due, lag_ns);
        }
    }

    /// The same, which also records the kernel's receive stamps; of a server on another clock only their way to the read.
    pub fn with_stamps(self, pair: ClockPair, one_clock: bool, one_in: u32) -> Self {
        Self { kernel: Some(KernelClock::new(pair, one_clock, one_in)), ..self }
    }

    /// Records one duration in nanoseconds.
    pub fn duration(&mut self, metric: Metric, nanos: u64) {
        self.distributions[metric as usize].record(nanos);
    }

    /// Counts a stream that could not be opened.
    pub fn unopened(&mut self, why: String) {
        self.standing.failed();
        self.counters.connection_failures += 1;
        self.failure.get_or_insert(why);
    }

    /// Counts a stream that ended before its time.
    pub fn cut(&mut self, why: String) {
        self.standing.failed();
        self.counters.disconnects += 1;
        self.failure.get_or_insert(why);
    }

    /// Notes a stream that has ended as it should.
    pub fn over(&mut self) {
        self.standing.ended();
    }

    /// Counts a connection that stands, and records the phases of its dial.
    pub fn dialled(&mut self, times: &DialTimes) {
        self.counters.connections += 1;
        self.duration(Metric::ConnectTcp, times.tcp.nanos_since(times.start));
        if times.tls > times.tcp {
            self.duration(Metric::ConnectTls, times.tls.nanos_since(times.tcp));
        }
    }

    /// Records the first response head of a stream.
    pub fn answered(&mut self, asked: Option<MonoTime>, received: MonoTime) {
        self.standing.head();
        if let Some(asked) = asked {
            self.duration(Metric::ConnectHandshake, received.nanos_since(asked));
        }
    }

    /// Records the first event of a stream.
    pub fn first_event(&mut self, times: &DialTimes, received: MonoTime) {
        self.duration(Metric::FirstEvent, received.nanos_since(times.start));
    }

    /// Takes the kernel's stamp of a read whose events have all been taken.
    #[inline]
    pub fn kernel_stamp(&mut self, asked: Option<Asked>, received: MonoTime) {
        let Some(split) = self.kernel.as_mut().and_then(|kernel| kernel.read(asked, received)) else { return };
        if let Some(way_ns) = split.sent_to_kernel_ns {
            self.duration(Metric::SentToKernel, way_ns);
        }
        self.duration(Metric::KernelToRead, split.kernel_to_read_ns);
    }

    /// Takes one signal of a stream, received at `received`.
    #[inline]
    pub fn signal(&mut self, stream: &mut StreamState, signal: Signal<'_>, received: MonoTime) {
        match signal {
            Signal::Event(event) => self.event(stream, event, received),
            Signal::Comment | Signal::Ping(_) => self.counters.heartbeats += 1,
            Signal::Head(_) | Signal::Retry(_) | Signal::Pong(_) | Signal::ResponseEnd | Signal::Close { .. } => {}
        }
    }

    /// Takes one event of a stream, received at `received`.
    #[inline]
    pub fn event(&mut self, stream: &mut StreamState, event: EventRef<'_>, received: MonoTime) {
        self.counters.received += 1;
        self.bytes.payload_in += event.data.len() as u64;
        if let Some(log) = &self.log {
            log.write(&event, received);
        }
        let previous = stream.last_received.replace(received);
        stream.received += 1;
        let (stamp, echo) = match &self.reading {
            Reading::Push(payload) => (verified(payload, event.data), false),
            Reading::Echo(payload) => (verified(payload, event.data), true),
            Reading::Job => (event_stamp(event.data), false),
            Reading::Foreign => return self.foreign(previous, event.data.len(), received),
        };
        let Some(stamp) = stamp else {
            self.counters.corrupt += 1;
            return;
        };
        self.order(stream, stamp.seq);
        if echo {
            return self.echoed(&stamp, event.data.len(), received);
        }
        if self.is_astray(stream, &stamp, received) {
            return;
        }
        self.counters.together += u64::from(stamp.fired < stream.last_sent);
        stream.last_sent = stamp.sent;
        self.pushed(&stamp, event.data.len(), received);
    }

    fn order(&mut self, stream: &mut StreamState, seq: u64) {
        match stream.track.observe(seq) {
            Order::Next => {}
            Order::Gap(missing) => self.counters.lost += missing,
            Order::Late => {
                self.counters.lost -= 1;
                self.counters.reordered += 1;
            }
            Order::Duplicate => self.counters.duplicates += 1,
        }
    }

    fn pushed(&mut self, stamp: &Stamp, bytes: usize, received: MonoTime) {
        let offset_ns = self.clock_offset_ns;
        let [due, fired, sent] = [stamp.due, stamp.fired, stamp.sent].map(|instant| instant.offset_by(offset_ns));
        let Some(offset_ns) = self.window.place(due, received) else { return };
        let (response_ns, service_ns) = (received.nanos_since(due), received.nanos_since(sent));
        if let Some(kernel) = &mut self.kernel {
            kernel.event(sent);
        }
        if self.window.basis() == Basis::Receipt {
            // Without a schedule nothing was due: what waits is the loop that closes itself.
            self.duration(Metric::ServiceTime, service_ns);
            self.in_window(offset_ns, bytes as u64, service_ns, 1);
            return;
        }
        let late_ns = stamp.fired.nanos_since(stamp.due);
        self.duration(Metric::PacerLateness, late_ns);
        self.duration(Metric::Queueing, stamp.sent.nanos_since(stamp.fired));
        match &mut self.one_way {
            None => {
                self.lateness.event(due, response_ns, late_ns);
                self.duration(Metric::DeliveryTime, received.nanos_since(fired));
                self.timed(offset_ns, bytes, response_ns, service_ns);
            }
            Some(kept) => kept.push(OneWay { due: stamp.due, sent: stamp.sent, late_ns, received, offset_ns, bytes }),
        }
    }

    #[inline]
    fn timed(&mut self, offset_ns: u64, bytes: usize, response_ns: u64, service_ns: u64) {
        self.in_window(offset_ns, bytes as u64, response_ns, 1);
        self.duration(Metric::ResponseTime, response_ns);
        self.duration(Metric::ServiceTime, service_ns);
    }

    fn echoed(&mut self, stamp: &Stamp, bytes: usize, received: MonoTime) {
        let Some(offset_ns) = self.window.place(stamp.due, received) else { return };
        let round_trip_ns = received.nanos_since(stamp.due);
        self.in_window(offset_ns, bytes as u64, round_trip_ns, 1);
        self.duration(Metric::RoundTrip, round_trip_ns);
        self.duration(Metric::DeliveryTime, received.nanos_since(stamp.fired));
        self.duration(Metric::ServiceTime, received.nanos_since(stamp.sent));
        let late_ns = stamp.fired.nanos_since(stamp.due);
        self.lateness.event(stamp.due, round_trip_ns, late_ns);
        self.duration(Metric::PacerLateness, late_ns);
        self.duration(Metric::Queueing, stamp.sent.nanos_since(stamp.fired));
    }

    #[inline]
    fn in_window(&mut self, offset_ns: u64, payload_bytes: u64, nanos: u64, events: u64) {
        self.counters.in_window += events;
        self.counters.window_payload_bytes += payload_bytes;
        self.timeline.record(offset_ns, nanos, events);
        self.sample.record(nanos, events);
    }

    /// The measurement, and the first failure of a stream.
    pub fn finish(mut self) -> (Measurement, Option<String>) {
        self.end_run();
        let recorded = Metric::ALL.into_iter().zip(self.distributions);
        let recorded = recorded.map(|(metric, recording)| (metric, recording.finish()));
        let recorded = recorded.filter(|(_, distribution)| !distribution.is_empty());
        let mut measurement = Measurement {
            window_ns: u64::try_from(self.window.length().as_nanos()).unwrap_or(u64::MAX),
            counters: self.counters,
            bytes: self.bytes,
            distributions: recorded.collect::<BTreeMap<_, _>>(),
            timeline: self.timeline.finish(),
            layers: (self.layers.sockets > 0).then_some(self.layers),
            stamps: self.kernel.map(|kernel| kernel.finish(ClockPair::read())),
            dependence: self.sample.dependence(),
            stalls: self.stalls,
            ..Measurement::default()
        };
        measurement.conclude();
        (measurement, self.failure)
    }
}

/// What several workers recorded of one run, as one measurement, and the first failure of a stream.
pub fn merged(recorders: impl IntoIterator<Item = Recorder>) -> (Measurement, Option<String>) {
    let finished = recorders.into_iter().map(Recorder::finish);
    let merged = finished.reduce(|(mut merged, failure), (other, later)| {
        merged.merge(other);
        (merged, failure.or(later))
    });
    merged.unwrap_or_default()
}

/// The stamp of a payload that is exactly what was to be sent.
#[inline]
fn verified(payload: &Payload, data: &[u8]) -> Option<Stamp> {
    Stamp::read(data).ok().filter(|stamp| payload.verify(stamp.seq, data))
}

#[cfg(test)]
mod splitting;
#[cfg(test)]
mod tests;
