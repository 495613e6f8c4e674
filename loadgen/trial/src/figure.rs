//! Numbers taken from a measurement: the only file that takes a quantile or divides by a count.

use crate::{Measurement, MemoryPoint, Metric};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A share in `(0, 1)` of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantile {
    /// The median.
    P50,
    /// 0.9.
    P90,
    /// 0.99.
    P99,
    /// 0.999.
    P999,
}

impl Quantile {
    /// Every quantile that is reported.
    pub const ALL: [Self; 4] = [Self::P50, Self::P90, Self::P99, Self::P999];

    /// The share in `(0, 1)`.
    pub const fn share(self) -> f64 {
        match self {
            Self::P50 => 0.5,
            Self::P90 => 0.9,
            Self::P99 => 0.99,
            Self::P999 => 0.999,
        }
    }

    /// Independent observations that the quantile needs: `20 / (1 - q)` (METHODOLOGY, load model).
    pub const fn observations_needed(self) -> u64 {
        match self {
            Self::P50 => 40,
            Self::P90 => 200,
            Self::P99 => 2_000,
            Self::P999 => 20_000,
        }
    }
}

impl fmt::Display for Quantile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
            Self::P999 => "p99.9",
        })
    }
}

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
    /// Generator memory for each connection, bytes: slope of PSS over connections.
    ClientMemoryPerConnection,
    /// Kernel memory for each connection, bytes: slope of slabs over connections, both ends when they share a host.
    KernelMemoryPerConnection,
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
            Self::ClientMemoryPerConnection => slope_of(m, |point| Some(point.client_bytes)),
            Self::KernelMemoryPerConnection => slope_of(m, |point| point.kernel_bytes),
            Self::TokensPerSecond => ratio(m.llm.as_ref()?.output_tokens as f64 * 1e9, m.window_ns),
            Self::GoodRequestsPerSecond => ratio(m.llm.as_ref()?.good? as f64 * 1e9, m.window_ns),
            Self::SloAttainment => m.llm.as_ref().and_then(|llm| ratio(llm.good? as f64, llm.sent)),
            Self::TokensPerEvent => m.llm.as_ref().and_then(|llm| ratio(llm.output_tokens as f64, llm.bursts.events)),
            Self::BytesPerToken => m.llm.as_ref().and_then(|llm| ratio(llm.answer_bytes as f64, llm.output_tokens)),
        }
    }

    /// The margin `delta` within which two values count as equivalent (METHODOLOGY, verdicts), as a share.
    pub const fn margin(self) -> f64 {
        match self {
            Self::Duration(_, Quantile::P50 | Quantile::P90) => 0.05,
            Self::Duration(_, Quantile::P99 | Quantile::P999) => 0.10,
            Self::EventsPerSecond | Self::Goodput | Self::ServerCpuPerEvent | Self::ClientCpuPerEvent => 0.05,
            Self::ServerMemoryPerConnection | Self::ClientMemoryPerConnection | Self::KernelMemoryPerConnection => 0.03,
            Self::TokensPerSecond | Self::GoodRequestsPerSecond | Self::SloAttainment => 0.05,
            Self::TokensPerEvent | Self::BytesPerToken => 0.005,
            Self::BytesPerEvent
            | Self::OverheadPerEvent
            | Self::UpBytesPerExchange
            | Self::DownBytesPerExchange
            | Self::ConnectBytesOut
            | Self::ConnectBytesIn
            | Self::RequestsPerThousand
            | Self::ConnectionsPerThousand => 0.005,
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
        )
    }
}

fn ratio(numerator: f64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator / denominator as f64)
}

fn slope_of(m: &Measurement, bytes: impl Fn(&MemoryPoint) -> Option<u64>) -> Option<f64> {
    let points: Option<Vec<_>> =
        m.memory.iter().map(|point| Some((point.connections as f64, bytes(point)? as f64))).collect();
    slope(&points?)
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
mod tests {
    use super::*;
    use crate::{Bytes, Counters, Usage};

    #[test]
    fn figures_are_quotients_of_exact_counts() {
        let measurement = Measurement {
            window_ns: 2_000_000_000,
            counters: Counters { connections: 2, requests: 4, received: 1000, in_window: 500, ..Counters::default() },
            bytes: Bytes { connect_out: 300, stream_in: 78_005, close_in: 5, payload_in: 64_000, ..Bytes::default() },
            server: Some(Usage { cpu_ns: 5_000_000, events: 500, ..Usage::default() }),
            ..Measurement::default()
        };
        for (figure, value) in [
            (Figure::EventsPerSecond, 250.0),
            (Figure::BytesPerEvent, 78.0),
            (Figure::OverheadPerEvent, 14.0),
            (Figure::RequestsPerThousand, 4.0),
            (Figure::ConnectionsPerThousand, 2.0),
            (Figure::ConnectBytesOut, 150.0),
            (Figure::ServerCpuPerEvent, 10_000.0),
        ] {
            assert_eq!(figure.of(&measurement), Some(value), "{figure:?}");
        }
    }

    #[test]
    fn what_was_not_measured_has_no_number() {
        let empty = Measurement::default();
        assert_eq!(Figure::Duration(Metric::ResponseTime, Quantile::P50).of(&empty), None);
        assert_eq!(Figure::EventsPerSecond.of(&empty), None);
        assert_eq!(Figure::ServerMemoryPerConnection.of(&empty), None);
    }

    #[test]
    fn memory_is_a_slope_not_a_quotient() {
        let point = |connections, server_bytes| MemoryPoint { connections, server_bytes, ..MemoryPoint::default() };
        let memory = vec![point(0, 5_000_000), point(100, 6_800_000), point(200, 8_600_000)];
        let measurement = Measurement { memory, ..Measurement::default() };
        assert_eq!(Figure::ServerMemoryPerConnection.of(&measurement), Some(18_000.0));
        assert_eq!(Figure::KernelMemoryPerConnection.of(&measurement), None);
        assert_eq!(slope(&[(1.0, 1.0), (1.0, 2.0)]), None);
    }
}
