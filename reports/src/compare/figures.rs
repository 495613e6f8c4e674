//! Which figures each scenario is compared by, and which of them are headlines. Refuses to compute any.

use trial::{Cell, Figure, Metric, Quantile, Row, Scenario};
use wire::{Role, Transport};

/// The duration that a scenario is about.
pub const fn principal(scenario: Scenario) -> Option<Metric> {
    match scenario {
        Scenario::Push => Some(Metric::ResponseTime),
        Scenario::Echo => Some(Metric::RoundTrip),
        Scenario::Connect => Some(Metric::FirstEvent),
        Scenario::Llm => Some(Metric::FirstContent),
        Scenario::Saturate | Scenario::Memory | Scenario::Handshake | Scenario::Codec | Scenario::Browser => None,
    }
}

/// Every figure that a scenario is compared by, in the order of its table.
pub(super) fn figures(scenario: Scenario) -> Vec<Figure> {
    match scenario {
        Scenario::Push => [
            durations(Metric::ResponseTime, &Quantile::ALL),
            durations(Metric::ServiceTime, &[Quantile::P50, Quantile::P99]),
            durations(Metric::InterEvent, &[Quantile::P50, Quantile::P99]),
            vec![Figure::ServerCpuPerEvent, Figure::BytesPerEvent, Figure::OverheadPerEvent],
            vec![Figure::RequestsPerThousand, Figure::ConnectionsPerThousand],
            vec![Figure::ConnectBytesOut, Figure::ConnectBytesIn],
        ]
        .concat(),
        Scenario::Saturate => vec![
            Figure::EventsPerSecond,
            Figure::Goodput,
            Figure::ServerCpuPerEvent,
            Figure::ClientCpuPerEvent,
            Figure::BytesPerEvent,
        ],
        Scenario::Echo => [
            durations(Metric::RoundTrip, &Quantile::ALL),
            vec![Figure::UpBytesPerExchange, Figure::DownBytesPerExchange, Figure::ServerCpuPerEvent],
        ]
        .concat(),
        Scenario::Connect => [
            durations(Metric::ConnectTcp, &[Quantile::P50, Quantile::P99]),
            durations(Metric::ConnectTls, &[Quantile::P50, Quantile::P99]),
            durations(Metric::ConnectHandshake, &[Quantile::P50, Quantile::P99]),
            durations(Metric::FirstEvent, &[Quantile::P50, Quantile::P99]),
            vec![Figure::ConnectBytesOut, Figure::ConnectBytesIn, Figure::ServerCpuPerEvent],
        ]
        .concat(),
        Scenario::Memory => vec![
            Figure::ServerMemoryPerConnection,
            Figure::KernelMemoryPerConnection,
            Figure::ClientMemoryPerConnection,
        ],
        Scenario::Llm => [
            durations(Metric::FirstContent, &[Quantile::P50, Quantile::P99]),
            durations(Metric::InterChunk, &[Quantile::P50, Quantile::P99]),
            durations(Metric::PerOutputToken, &[Quantile::P50, Quantile::P90]),
            durations(Metric::EndToEnd, &[Quantile::P50, Quantile::P90]),
            durations(Metric::ResponseTime, &[Quantile::P50, Quantile::P99]),
            vec![Figure::SloAttainment, Figure::TokensPerEvent, Figure::BytesPerToken],
        ]
        .concat(),
        Scenario::Handshake | Scenario::Codec | Scenario::Browser => Vec::new(),
    }
}

fn durations(metric: Metric, quantiles: &[Quantile]) -> Vec<Figure> {
    quantiles.iter().map(|&q| Figure::Duration(metric, q)).collect()
}

/// Whether a figure belongs to the family over which the report's risk is shared: the figures that verdicts of rows
/// rest on, in the contest of the two transports that the article compares (or any two contestants in a cell
/// of one's own).
pub(super) fn is_headline(cell: &Cell, other: Transport, figure: Figure) -> bool {
    let timed_row = matches!(cell.row, None | Some(Row::Latency | Row::Bidirectional | Row::ConnectTime));
    let contest = if cell.row.is_some() { other == Transport::WebSocket } else { other.role() == Role::Contestant };
    contest
        && match figure {
            Figure::Duration(metric, Quantile::P50) => timed_row && principal(cell.scenario) == Some(metric),
            Figure::Duration(metric, Quantile::P99) => {
                matches!(cell.row, None | Some(Row::Latency)) && principal(cell.scenario) == Some(metric)
            }
            Figure::EventsPerSecond => matches!(cell.row, None | Some(Row::Throughput)),
            Figure::ServerMemoryPerConnection => true,
            Figure::Duration(_, Quantile::P90 | Quantile::P999)
            | Figure::Goodput
            | Figure::ServerCpuPerEvent
            | Figure::ClientCpuPerEvent
            | Figure::BytesPerEvent
            | Figure::OverheadPerEvent
            | Figure::UpBytesPerExchange
            | Figure::DownBytesPerExchange
            | Figure::ConnectBytesOut
            | Figure::ConnectBytesIn
            | Figure::RequestsPerThousand
            | Figure::ConnectionsPerThousand
            | Figure::ClientMemoryPerConnection
            | Figure::KernelMemoryPerConnection
            | Figure::TokensPerSecond
            | Figure::GoodRequestsPerSecond
            | Figure::SloAttainment
            | Figure::TokensPerEvent
            | Figure::BytesPerToken => false,
        }
}
