//! Numbers taken from a measurement: the only file that takes a quantile or divides by a count.

use crate::{Layers, Leg, Measurement, MemoryPoint, Metric, Quantile, Second, Tally, Usage};
use serde::{Deserialize, Serialize};
use wire::HeapUse;

/// One number of a trial, comparable between trials of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// A quantile of a duration, nanoseconds.
    Duration(Metric, Quantile),
    /// Events delivered a second.
    EventsPerSecond,
    /// Payload bytes delivered once and in order, a second.
    Goodput,
    /// Server CPU nanoseconds for each event.
    ServerCpuPerEvent,
    /// CPU nanoseconds that the schedule alone costs the server for each event: the same schedule with nobody subscribed.
    ScheduleCpuPerEvent,
    /// Server CPU nanoseconds for each event, less those of the schedule.
    TransportCpuPerEvent,
    /// Generator CPU nanoseconds for each event.
    ClientCpuPerEvent,
    /// Bytes received for each event, framing included.
    BytesPerEvent,
    /// Bytes above the payload for each event received.
    OverheadPerEvent,
    /// Bytes sent for each exchange (echo).
    UpBytesPerExchange,
    /// Bytes received for each exchange (echo).
    DownBytesPerExchange,
    /// Bytes of the request that opens a connection.
    ConnectBytesOut,
    /// Bytes of the response head that opens a connection.
    ConnectBytesIn,
    /// HTTP requests for each 1,000 events.
    RequestsPerThousand,
    /// TCP connections for each 1,000 events.
    ConnectionsPerThousand,
    /// Server memory for each connection, bytes: slope of PSS over connections.
    ServerMemoryPerConnection,
    /// Bytes that a connection has the server request of its allocator (scenario `memory`).
    RequestedBytesPerConnection,
    /// Those without the I/O buffers of the libraries, whose size is a knob.
    RequestedWithoutBuffersPerConnection,
    /// Generator memory for each connection, bytes: slope of PSS over connections.
    ClientMemoryPerConnection,
    /// Kernel memory for each connection, bytes: slope of slabs over connections, both ends when they share a host.
    KernelMemoryPerConnection,
    /// Bytes of TLS received for each event: records, without the handshake.
    TlsBytesPerEvent,
    /// Bytes of frames that brought an event, for each event.
    WireBytesInPerEvent,
    /// Bytes of frames that the client answered with, for each event.
    WireBytesOutPerEvent,
    /// Segments that brought payload, for each event.
    SegmentsPerEvent,
    /// Pure ACKs that the client answered with, for each event.
    AcksPerEvent,
    /// CPU nanoseconds of the whole host for each event: server, generator, kernel and whatever else ran.
    HostCpuPerEvent,
    /// Context switches of the server for each event.
    ServerSwitchesPerEvent,
    /// Context switches of the generator for each event.
    ClientSwitchesPerEvent,
    /// Nanoseconds that the server's threads waited for a CPU, for each event.
    ServerRunQueuePerEvent,
    /// Nanoseconds that the generator's threads waited for a CPU, for each event.
    ClientRunQueuePerEvent,
    /// User instructions of the server for each event: slope over events (scenario `exact`).
    InstructionsPerEvent,
    /// System calls of the server for each event: slope over events (scenario `exact`).
    SyscallsPerEvent,
    /// Output tokens a second of all answers together, over the window.
    TokensPerSecond,
    /// Requests a second that met the service-level objective.
    GoodRequestsPerSecond,
    /// Share of the requests sent that met the service-level objective.
    SloAttainment,
    /// Output tokens of one content event.
    TokensPerEvent,
    /// Bytes received for one output token, heads of responses excluded.
    BytesPerToken,
}

impl Figure {
    /// The number, or `None` where the measurement has none.
    pub fn of(self, m: &Measurement) -> Option<f64> {
        let (counters, bytes) = (&m.counters, &m.bytes);
        let framed_in = bytes.stream_in.saturating_sub(bytes.close_in);
        match self {
            Self::Duration(metric, q) => m.distributions.get(&metric)?.quantile(q.share()).map(|ns| ns as f64),
            Self::EventsPerSecond => ratio(counters.in_window as f64 * 1e9, m.window_ns),
            Self::Goodput => ratio(counters.window_payload_bytes as f64 * 1e9, m.window_ns),
            Self::ServerCpuPerEvent => m.server.and_then(|usage| ratio(usage.cpu_ns as f64, usage.events)),
            Self::ScheduleCpuPerEvent => m.schedule.and_then(|usage| ratio(usage.cpu_ns as f64, usage.events)),
            Self::TransportCpuPerEvent => {
                let schedule = Self::ScheduleCpuPerEvent.of(m).filter(|_| sleeps_as_often(m))?;
                Self::ServerCpuPerEvent.of(m).map(|all| all - schedule).filter(|&rest| rest > 0.0)
            }
            Self::ClientCpuPerEvent => m.client.and_then(|usage| ratio(usage.cpu_ns as f64, usage.events)),
            Self::BytesPerEvent => ratio(framed_in as f64, counters.received),
            Self::OverheadPerEvent => ratio(framed_in as f64 - bytes.payload_in as f64, counters.received),
            Self::UpBytesPerExchange => ratio(bytes.stream_out as f64, counters.messages_sent),
            Self::DownBytesPerExchange => ratio(framed_in as f64, counters.messages_sent),
            Self::ConnectBytesOut => ratio(bytes.connect_out as f64, counters.connections),
            Self::ConnectBytesIn => ratio(bytes.connect_in as f64, counters.connections),
            Self::RequestsPerThousand => ratio(counters.requests as f64 * 1e3, counters.received),
            Self::ConnectionsPerThousand => ratio(counters.connections as f64 * 1e3, counters.received),
            Self::ServerMemoryPerConnection => slope_of(m, |point| Some(point.server_bytes)),
            Self::RequestedBytesPerConnection => requested(m, |_| true),
            Self::RequestedWithoutBuffersPerConnection => requested(m, |purpose| !purpose.is_buffer()),
            Self::ClientMemoryPerConnection => slope_of(m, |point| Some(point.client_bytes)),
            Self::KernelMemoryPerConnection => slope_of(m, |point| point.kernel_bytes),
            Self::TlsBytesPerEvent => tls_bytes(m).and_then(|bytes| ratio(bytes, counters.received)),
            Self::WireBytesInPerEvent => spanned(m, |layers| layers.span.back.bytes),
            Self::WireBytesOutPerEvent => spanned(m, |layers| layers.span.out.bytes),
            Self::SegmentsPerEvent => spanned(m, |layers| layers.span.back.data_segments),
            Self::AcksPerEvent => spanned(m, |layers| Leg::pure_acks(&layers.span.out)),
            Self::HostCpuPerEvent => used(m.server, |usage| usage.host_cpu_ns),
            Self::ServerSwitchesPerEvent => used(m.server, |usage| Some(usage.switches)),
            Self::ClientSwitchesPerEvent => used(m.client, |usage| Some(usage.switches)),
            Self::ServerRunQueuePerEvent => used(m.server, |usage| usage.run_queue_ns),
            Self::ClientRunQueuePerEvent => used(m.client, |usage| usage.run_queue_ns),
            Self::InstructionsPerEvent => m.exact.as_ref().and_then(|exact| counted(&exact.instructions)),
            Self::SyscallsPerEvent => m.exact.as_ref().and_then(|exact| counted(&exact.syscalls)),
            Self::TokensPerSecond => ratio(m.llm.as_ref()?.output_tokens as f64 * 1e9, m.window_ns),
            Self::GoodRequestsPerSecond => ratio(m.llm.as_ref()?.good? as f64 * 1e9, m.window_ns),
            Self::SloAttainment => m.llm.as_ref().and_then(|llm| ratio(llm.good? as f64, llm.sent)),
            Self::TokensPerEvent => m.llm.as_ref().and_then(|llm| ratio(llm.output_tokens as f64, llm.bursts.events)),
            Self::BytesPerToken => m.llm.as_ref().and_then(|llm| ratio(llm.answer_bytes as f64, llm.output_tokens)),
        }
    }

    /// The margin `delta` within which two values count as equivalent (METHOD, section 5), as a share.
    pub const fn margin(self) -> f64 {
        match self {
            Self::Duration(_, Quantile::P50 | Quantile::P90) => 0.05,
            Self::Duration(_, Quantile::P99 | Quantile::P999) => 0.10,
            Self::EventsPerSecond | Self::Goodput | Self::ServerCpuPerEvent | Self::ClientCpuPerEvent => 0.05,
            Self::ScheduleCpuPerEvent | Self::TransportCpuPerEvent => 0.05,
            Self::HostCpuPerEvent | Self::ServerSwitchesPerEvent | Self::ClientSwitchesPerEvent => 0.05,
            Self::ServerRunQueuePerEvent | Self::ClientRunQueuePerEvent => 0.10,
            // A segment holds what the sender had when it wrote; an ACK, what the receiver had when its timer ran.
            Self::SegmentsPerEvent | Self::AcksPerEvent | Self::WireBytesOutPerEvent => 0.01,
            // Housekeeping of either run that the slope does not cancel: some calls in hundreds.
            Self::InstructionsPerEvent | Self::SyscallsPerEvent => 0.02,
            Self::ServerMemoryPerConnection | Self::ClientMemoryPerConnection | Self::KernelMemoryPerConnection => 0.03,
            Self::RequestedBytesPerConnection | Self::RequestedWithoutBuffersPerConnection => 0.03,
            Self::TokensPerSecond | Self::GoodRequestsPerSecond | Self::SloAttainment => 0.05,
            Self::TokensPerEvent | Self::BytesPerToken => 0.005,
            Self::BytesPerEvent
            | Self::OverheadPerEvent
            | Self::UpBytesPerExchange
            | Self::DownBytesPerExchange
            | Self::ConnectBytesOut
            | Self::ConnectBytesIn
            | Self::RequestsPerThousand
            | Self::ConnectionsPerThousand
            | Self::TlsBytesPerEvent
            | Self::WireBytesInPerEvent => 0.005,
        }
    }

    /// Whether the figure is an exact count, which needs no interval.
    pub const fn is_exact(self) -> bool {
        matches!(
            self,
            Self::BytesPerEvent
                | Self::OverheadPerEvent
                | Self::UpBytesPerExchange
                | Self::DownBytesPerExchange
                | Self::ConnectBytesOut
                | Self::ConnectBytesIn
                | Self::RequestsPerThousand
                | Self::ConnectionsPerThousand
                | Self::TlsBytesPerEvent
                | Self::WireBytesInPerEvent
                | Self::WireBytesOutPerEvent
                | Self::SegmentsPerEvent
                | Self::AcksPerEvent
                | Self::InstructionsPerEvent
                | Self::SyscallsPerEvent
                | Self::RequestedBytesPerConnection
                | Self::RequestedWithoutBuffersPerConnection
        )
    }
}

fn ratio(numerator: f64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator / denominator as f64)
}

/// How far the bytes of an event of the span may lie from those of any event.
const ALIKE: f64 = 0.05;

/// What the span of every stream holds, for each of its events, where they are like the others: a job's result, that comes
/// with the end of its stream, is not in the span.
fn spanned(m: &Measurement, count: impl Fn(&Layers) -> u64) -> Option<f64> {
    let layers = m.layers.as_ref()?;
    let other = layers.handshakes.back_bytes + m.bytes.connect_in + m.bytes.close_in;
    let of_stream = ratio(layers.below_tls.back_bytes.saturating_sub(other) as f64, m.counters.received)?;
    let of_span = ratio(layers.span.back.payload_bytes as f64, layers.span_events)?;
    let is_alike = (of_span - of_stream).abs() <= ALIKE * of_stream;
    ratio(count(layers) as f64, layers.span_events).filter(|_| is_alike)
}

/// Least context switches of a server for each event, as a share of those of its schedule alone.
const AS_OFTEN: f64 = 0.8;

/// Whether a server went to sleep about as often as its schedule alone did. One that is so busy that the next event is due
/// before it could sleep does not pay for that sleep: the schedule alone then costs more than its share of the whole.
fn sleeps_as_often(m: &Measurement) -> bool {
    let switches = |usage| used(usage, |usage| Some(usage.switches)).unwrap_or(0.0);
    switches(m.server) >= AS_OFTEN * switches(m.schedule)
}

fn used(usage: Option<Usage>, count: impl Fn(&Usage) -> Option<u64>) -> Option<f64> {
    usage.and_then(|usage| ratio(count(&usage)? as f64, usage.events))
}

/// Bytes received between TLS and TCP that are neither application nor handshake.
fn tls_bytes(m: &Measurement) -> Option<f64> {
    let layers = m.layers.filter(|layers| layers.handshakes.back_bytes > 0)?;
    let above = m.bytes.connect_in + m.bytes.stream_in;
    Some(layers.below_tls.back_bytes as f64 - layers.handshakes.back_bytes as f64 - above as f64)
}

fn counted(tallies: &[Tally]) -> Option<f64> {
    slope(&tallies.iter().map(|tally| tally.point()).collect::<Vec<_>>())
}

fn requested(m: &Measurement, wanted: impl Fn(HeapUse) -> bool) -> Option<f64> {
    m.heap.as_ref().and_then(|heap| heap.requested(wanted))
}

fn slope_of(m: &Measurement, bytes: impl Fn(&MemoryPoint) -> Option<u64>) -> Option<f64> {
    let points: Option<Vec<_>> =
        m.memory.iter().map(|point| Some((point.connections as f64, bytes(point)? as f64))).collect();
    slope(&points?)
}

/// Growth of the backlog as a share of what is offered: Theil–Sen slope of the median response time over the slices of the
/// window, by due time, in seconds a second. Events that wait ever longer are events that pile up (Little's law:
/// backlog = rate × wait), and a server that is short by one in a thousand lets the wait grow by a millisecond a second.
///
/// `None` below two slices: one has no slope.
pub fn backlog_growth(m: &Measurement) -> Option<f64> {
    let point = |second: &Second| Some((second.offset_ns as f64, second.quantile(Quantile::P50)? as f64));
    let points: Vec<_> = m.timeline.iter().filter_map(point).collect();
    let pairs = points.iter().enumerate().flat_map(|(i, a)| points[i + 1..].iter().map(move |b| (a, b)));
    let mut slopes: Vec<_> = pairs.map(|(a, b)| (b.1 - a.1) / (b.0 - a.0)).filter(|slope| slope.is_finite()).collect();
    slopes.sort_by(f64::total_cmp);
    let n = slopes.len();
    (n > 0).then(|| (slopes[(n - 1) / 2] + slopes[n / 2]) / 2.0)
}

/// Least-squares slope of `y` over `x`; `None` below two distinct `x`.
pub fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (mean_x, mean_y) = (sum_x / n, sum_y / n);
    let (xy, xx) = points
        .iter()
        .fold((0.0, 0.0), |(xy, xx), &(x, y)| (xy + (x - mean_x) * (y - mean_y), xx + (x - mean_x) * (x - mean_x)));
    (xx > 0.0).then(|| xy / xx)
}

#[cfg(test)]
mod tests;
