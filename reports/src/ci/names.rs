//! The words of thresholds: figures, quantiles, units. Refuses to guess: an unknown word gets the nearest known one.

use trial::{Figure, Metric, Quantile};

/// Durations, which take a quantile.
const METRICS: [(&str, Metric); 15] = [
    ("response", Metric::ResponseTime),
    ("judged", Metric::JudgedTime),
    ("service", Metric::ServiceTime),
    ("delivery", Metric::DeliveryTime),
    ("lateness", Metric::PacerLateness),
    ("queueing", Metric::Queueing),
    ("round-trip", Metric::RoundTrip),
    ("connect-tcp", Metric::ConnectTcp),
    ("connect-tls", Metric::ConnectTls),
    ("handshake", Metric::ConnectHandshake),
    ("first-event", Metric::FirstEvent),
    ("gap", Metric::InterEvent),
    ("generator-lag", Metric::GeneratorLag),
    ("sent-to-kernel", Metric::SentToKernel),
    ("kernel-to-read", Metric::KernelToRead),
];

/// Figures without a quantile.
const FIGURES: [(&str, Figure); 31] = [
    ("throughput", Figure::EventsPerSecond),
    ("goodput", Figure::Goodput),
    ("cpu", Figure::ServerCpuPerEvent),
    ("schedule-cpu", Figure::ScheduleCpuPerEvent),
    ("transport-cpu", Figure::TransportCpuPerEvent),
    ("client-cpu", Figure::ClientCpuPerEvent),
    ("bytes", Figure::BytesPerEvent),
    ("overhead", Figure::OverheadPerEvent),
    ("bytes-up", Figure::UpBytesPerExchange),
    ("bytes-down", Figure::DownBytesPerExchange),
    ("connect-bytes-out", Figure::ConnectBytesOut),
    ("connect-bytes-in", Figure::ConnectBytesIn),
    ("requests", Figure::RequestsPerThousand),
    ("connections", Figure::ConnectionsPerThousand),
    ("memory", Figure::ServerMemoryPerConnection),
    ("requested", Figure::RequestedBytesPerConnection),
    ("requested-without-buffers", Figure::RequestedWithoutBuffersPerConnection),
    ("client-memory", Figure::ClientMemoryPerConnection),
    ("kernel-memory", Figure::KernelMemoryPerConnection),
    ("tls-bytes", Figure::TlsBytesPerEvent),
    ("wire-bytes-in", Figure::WireBytesInPerEvent),
    ("wire-bytes-out", Figure::WireBytesOutPerEvent),
    ("segments", Figure::SegmentsPerEvent),
    ("acks", Figure::AcksPerEvent),
    ("host-cpu", Figure::HostCpuPerEvent),
    ("switches", Figure::ServerSwitchesPerEvent),
    ("client-switches", Figure::ClientSwitchesPerEvent),
    ("run-queue", Figure::ServerRunQueuePerEvent),
    ("client-run-queue", Figure::ClientRunQueuePerEvent),
    ("instructions", Figure::InstructionsPerEvent),
    ("syscalls", Figure::SyscallsPerEvent),
];

/// A word that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unknown {
    pub(super) what: &'static str,
    pub(super) word: String,
    pub(super) nearest: String,
}

/// The figure of `response:p99` or `cpu`.
pub(super) fn figure(text: &str) -> Result<Figure, Unknown> {
    let Some((metric, quantile)) = text.split_once(':') else {
        return find("figure", text, &FIGURES, METRICS.iter().map(|(name, _)| format!("{name}:p99")));
    };
    let quantiles = Quantile::ALL.map(|quantile| (quantile.to_string(), quantile));
    let quantiles: Vec<(&str, Quantile)> =
        quantiles.iter().map(|(name, quantile)| (name.as_str(), *quantile)).collect();
    let metric = find("duration", metric, &METRICS, [])?;
    Ok(Figure::Duration(metric, find("quantile", quantile, &quantiles, [])?))
}

/// The value of a name, or the nearest of the names and of `others`.
pub(super) fn find<T: Copy>(
    what: &'static str,
    word: &str,
    known: &[(&str, T)],
    others: impl IntoIterator<Item = String>,
) -> Result<T, Unknown> {
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == word) {
        return Ok(*value);
    }
    let names = known.iter().map(|(name, _)| (*name).to_owned()).chain(others);
    let nearest = names.max_by(|a, b| strsim::jaro_winkler(a, word).total_cmp(&strsim::jaro_winkler(b, word)));
    Err(Unknown { what, word: word.to_owned(), nearest: nearest.unwrap_or_default() })
}

/// What the numbers of a figure are counted in: units with their factors, the plain one first.
pub(super) fn units(figure: Figure) -> &'static [(&'static str, f64)] {
    const TIMES: [(&str, f64); 5] = [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];
    const BYTES: [(&str, f64); 4] = [("B", 1.0), ("KiB", 1024.0), ("MiB", 1_048_576.0), ("", 1.0)];
    const BYTE_RATES: [(&str, f64); 3] = [("B/s", 1.0), ("KiB/s", 1024.0), ("MiB/s", 1_048_576.0)];
    const RATES: [(&str, f64); 6] = [("", 1.0), ("k", 1e3), ("M", 1e6), ("/s", 1.0), ("k/s", 1e3), ("M/s", 1e6)];
    match figure {
        Figure::Duration(..)
        | Figure::ServerCpuPerEvent
        | Figure::ScheduleCpuPerEvent
        | Figure::TransportCpuPerEvent
        | Figure::ClientCpuPerEvent
        | Figure::HostCpuPerEvent
        | Figure::ServerRunQueuePerEvent
        | Figure::ClientRunQueuePerEvent => &TIMES,
        Figure::EventsPerSecond | Figure::TokensPerSecond | Figure::GoodRequestsPerSecond => &RATES,
        Figure::Goodput => &BYTE_RATES,
        Figure::RequestsPerThousand
        | Figure::ConnectionsPerThousand
        | Figure::SegmentsPerEvent
        | Figure::AcksPerEvent
        | Figure::ServerSwitchesPerEvent
        | Figure::ClientSwitchesPerEvent
        | Figure::InstructionsPerEvent
        | Figure::SyscallsPerEvent
        | Figure::SloAttainment
        | Figure::TokensPerEvent => &RATES[..1],
        Figure::BytesPerEvent
        | Figure::OverheadPerEvent
        | Figure::UpBytesPerExchange
        | Figure::DownBytesPerExchange
        | Figure::ConnectBytesOut
        | Figure::ConnectBytesIn
        | Figure::ServerMemoryPerConnection
        | Figure::RequestedBytesPerConnection
        | Figure::RequestedWithoutBuffersPerConnection
        | Figure::ClientMemoryPerConnection
        | Figure::KernelMemoryPerConnection
        | Figure::TlsBytesPerEvent
        | Figure::WireBytesInPerEvent
        | Figure::WireBytesOutPerEvent
        | Figure::BytesPerToken => &BYTES,
    }
}
