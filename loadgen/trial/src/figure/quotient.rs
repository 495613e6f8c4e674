//! How a number is taken from a measurement: quotients of counts, slopes over them.

use crate::{Layers, Measurement, MemoryPoint, Quantile, Second, Tally, Usage};
use wire::HeapUse;

pub(super) fn ratio(numerator: f64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator / denominator as f64)
}

/// How far the bytes of an event of the span may lie from those of any event.
const ALIKE: f64 = 0.05;

/// What the span of every stream holds, for each of its events, where they are like the others: a job's result, that comes
/// with the end of its stream, is not in the span.
pub(super) fn spanned(m: &Measurement, count: impl Fn(&Layers) -> u64) -> Option<f64> {
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

pub(super) fn used(usage: Option<Usage>, count: impl Fn(&Usage) -> Option<u64>) -> Option<f64> {
    usage.and_then(|usage| ratio(count(&usage)? as f64, usage.events))
}

/// What is left of the server's CPU for each event when its schedule's is taken away.
pub(super) fn transport_cpu(m: &Measurement) -> Option<f64> {
    let of = |usage| used(usage, |usage| Some(usage.cpu_ns));
    let schedule = of(m.schedule).filter(|_| sleeps_as_often(m))?;
    of(m.server).map(|all| all - schedule).filter(|&rest| rest > 0.0)
}

/// Bytes of the events of a stream, framing included.
pub(super) fn framed_in(m: &Measurement) -> f64 {
    m.bytes.stream_in.saturating_sub(m.bytes.close_in) as f64
}

/// Bytes received between TLS and TCP that are neither application nor handshake.
pub(super) fn tls_bytes(m: &Measurement) -> Option<f64> {
    let layers = m.layers.filter(|layers| layers.handshakes.back_bytes > 0)?;
    let above = m.bytes.connect_in + m.bytes.stream_in;
    Some(layers.below_tls.back_bytes as f64 - layers.handshakes.back_bytes as f64 - above as f64)
}

pub(super) fn counted(tallies: &[Tally]) -> Option<f64> {
    slope(&tallies.iter().map(|tally| tally.point()).collect::<Vec<_>>())
}

pub(super) fn requested(m: &Measurement, wanted: impl Fn(HeapUse) -> bool) -> Option<f64> {
    m.heap.as_ref().and_then(|heap| heap.requested(wanted))
}

pub(super) fn slope_of(m: &Measurement, bytes: impl Fn(&MemoryPoint) -> Option<u64>) -> Option<f64> {
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
