//! Which figures each scenario is compared by, and which of them are headlines. Refuses to compute any.

use trial::{Arm, Cell, Figure, Metric, Quantile, Row, Scenario};
use wire::{Role, Transport};

/// The duration that a cell is about. Of our own language-model service that is what was added to the model's schedule;
/// an endpoint whose schedule nobody knows is judged by its TTFT.
pub fn principal(cell: &Cell) -> Option<Metric> {
    match cell.scenario {
        Scenario::Push | Scenario::Relay => Some(Metric::ResponseTime),
        Scenario::Echo => Some(Metric::RoundTrip),
        Scenario::Connect => Some(Metric::FirstEvent),
        Scenario::Saturate
        | Scenario::Memory
        | Scenario::Handshake
        | Scenario::Codec
        | Scenario::Browser
        | Scenario::Exact => None,
        Scenario::Llm => match &cell.llm {
            None => Some(Metric::FirstContent),
            Some(llm) => llm.is_paced().then_some(Metric::ResponseTime),
        },
    }
}

/// The figure that a cell is about where it has no [`principal`] duration.
pub const fn untimed(scenario: Scenario) -> Figure {
    match scenario {
        Scenario::Memory => Figure::RequestedWithoutBuffersPerConnection,
        Scenario::Exact => Figure::InstructionsPerEvent,
        Scenario::Llm => Figure::TokensPerSecond,
        Scenario::Push
        | Scenario::Saturate
        | Scenario::Echo
        | Scenario::Connect
        | Scenario::Relay
        | Scenario::Handshake
        | Scenario::Codec
        | Scenario::Browser => Figure::EventsPerSecond,
    }
}

/// What a connection needs before and beside its events.
const EXCHANGES: [Figure; 4] =
    [Figure::RequestsPerThousand, Figure::ConnectionsPerThousand, Figure::ConnectBytesOut, Figure::ConnectBytesIn];

/// Every figure that a scenario is compared by, in the order of its table.
pub(super) fn figures(scenario: Scenario) -> Vec<Figure> {
    match scenario {
        Scenario::Push => push(),
        Scenario::Saturate => [
            vec![Figure::EventsPerSecond, Figure::Goodput],
            vec![Figure::ServerCpuPerEvent, Figure::ClientCpuPerEvent, Figure::BytesPerEvent],
            HOST.to_vec(),
        ]
        .concat(),
        Scenario::Echo => [
            durations(Metric::JudgedTime, &Quantile::ALL),
            durations(Metric::RoundTrip, &Quantile::ALL),
            durations(Metric::DeliveryTime, &Quantile::ALL),
            vec![Figure::UpBytesPerExchange, Figure::DownBytesPerExchange, Figure::ServerCpuPerEvent],
            HOST.to_vec(),
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
            Figure::RequestedWithoutBuffersPerConnection,
            Figure::RequestedBytesPerConnection,
            Figure::ServerMemoryPerConnection,
            Figure::KernelMemoryPerConnection,
            Figure::ClientMemoryPerConnection,
        ],
        Scenario::Exact => vec![Figure::InstructionsPerEvent, Figure::SyscallsPerEvent],
        Scenario::Llm => llm(),
        Scenario::Handshake | Scenario::Codec | Scenario::Browser => Vec::new(),
        Scenario::Relay => [
            durations(Metric::JudgedTime, &Quantile::ALL),
            durations(Metric::ResponseTime, &Quantile::ALL),
            durations(Metric::ServiceTime, &[Quantile::P50, Quantile::P99]),
            vec![Figure::ServerCpuPerEvent, Figure::BytesPerEvent, Figure::OverheadPerEvent],
        ]
        .concat(),
    }
}

/// Events from a schedule.
fn push() -> Vec<Figure> {
    [
        durations(Metric::JudgedTime, &Quantile::ALL),
        durations(Metric::ResponseTime, &Quantile::ALL),
        durations(Metric::DeliveryTime, &Quantile::ALL),
        durations(Metric::ServiceTime, &[Quantile::P50, Quantile::P99]),
        durations(Metric::InterEvent, &[Quantile::P50, Quantile::P99]),
        vec![Figure::TransportCpuPerEvent, Figure::ServerCpuPerEvent, Figure::ScheduleCpuPerEvent],
        vec![Figure::BytesPerEvent, Figure::OverheadPerEvent],
        EXCHANGES.to_vec(),
        WIRE.to_vec(),
        HOST.to_vec(),
        durations(Metric::SentToKernel, &[Quantile::P50, Quantile::P99]),
        durations(Metric::KernelToRead, &[Quantile::P50, Quantile::P99]),
    ]
    .concat()
}

/// Answers of a language model.
fn llm() -> Vec<Figure> {
    [
        durations(Metric::FirstContent, &[Quantile::P50, Quantile::P99]),
        durations(Metric::InterChunk, &[Quantile::P50, Quantile::P99]),
        durations(Metric::PerOutputToken, &[Quantile::P50, Quantile::P90]),
        durations(Metric::EndToEnd, &[Quantile::P50, Quantile::P90]),
        durations(Metric::JudgedTime, &[Quantile::P50, Quantile::P99]),
        durations(Metric::ResponseTime, &[Quantile::P50, Quantile::P99]),
        durations(Metric::DeliveryTime, &[Quantile::P50, Quantile::P99]),
        vec![Figure::TokensPerSecond, Figure::SloAttainment, Figure::TokensPerEvent, Figure::BytesPerToken],
        vec![Figure::ServerCpuPerEvent, Figure::ClientCpuPerEvent],
    ]
    .concat()
}

/// Below the application.
const WIRE: [Figure; 5] = [
    Figure::TlsBytesPerEvent,
    Figure::WireBytesInPerEvent,
    Figure::WireBytesOutPerEvent,
    Figure::SegmentsPerEvent,
    Figure::AcksPerEvent,
];

/// What the scheduler has charged and to whom.
const HOST: [Figure; 5] = [
    Figure::HostCpuPerEvent,
    Figure::ServerSwitchesPerEvent,
    Figure::ClientSwitchesPerEvent,
    Figure::ServerRunQueuePerEvent,
    Figure::ClientRunQueuePerEvent,
];

fn durations(metric: Metric, quantiles: &[Quantile]) -> Vec<Figure> {
    quantiles.iter().map(|&q| Figure::Duration(metric, q)).collect()
}

/// The headline figures of a cell in the contest of its base with another arm, by the durations from `due`.
pub fn headlines(cell: &Cell, other: Arm) -> Vec<Figure> {
    let judged = principal(cell);
    figures(cell.scenario).into_iter().filter(|&figure| is_headline(cell, other, figure, judged)).collect()
}

/// Every figure of a cell that is a headline in any of its contests.
pub(super) fn all_headlines(cell: &Cell) -> Vec<Figure> {
    let judged = principal(cell);
    let is_any = |figure: &Figure| cell.others().any(|other| is_headline(cell, other, *figure, judged));
    figures(cell.scenario).into_iter().filter(is_any).collect()
}

/// The headline tests that a cell brings into the family of its report.
pub fn headline_tests(cell: &Cell) -> usize {
    cell.others().map(|other| headlines(cell, other).len()).sum()
}

/// Whether a figure belongs to the family over which the report's risk is shared: the figures that verdicts of rows
/// rest on, in the contest of the two transports that the article compares (or any two contestants in a cell
/// of one's own). Of durations it is the judged one.
pub(super) fn is_headline(cell: &Cell, other: Arm, figure: Figure, judged: Option<Metric>) -> bool {
    let timed_row = matches!(cell.row, None | Some(Row::Latency | Row::Bidirectional | Row::ConnectTime));
    let alike = cell.base().is_some_and(|base| other == base.with(other.protocol));
    let pair = alike && matches!(other.protocol, Transport::Sse | Transport::WebSocket);
    let contest = if cell.row.is_some() { pair } else { other.protocol.role() == Role::Contestant };
    contest
        && match figure {
            Figure::Duration(metric, Quantile::P50) => timed_row && judged == Some(metric),
            Figure::Duration(metric, Quantile::P99) => {
                matches!(cell.row, None | Some(Row::Latency)) && judged == Some(metric)
            }
            Figure::EventsPerSecond => matches!(cell.row, None | Some(Row::Throughput)),
            Figure::ServerMemoryPerConnection => true,
            // Where CPU is the question; the schedule is the same in both arms and would only dilute it.
            Figure::TransportCpuPerEvent => cell.row == Some(Row::Throughput),
            Figure::TokensPerSecond => cell.llm.as_ref().is_some_and(|llm| !llm.is_paced()),
            Figure::Duration(_, Quantile::P90 | Quantile::P999)
            | Figure::Goodput
            | Figure::ServerCpuPerEvent
            | Figure::ScheduleCpuPerEvent
            | Figure::ClientCpuPerEvent
            | Figure::BytesPerEvent
            | Figure::OverheadPerEvent
            | Figure::UpBytesPerExchange
            | Figure::DownBytesPerExchange
            | Figure::ConnectBytesOut
            | Figure::ConnectBytesIn
            | Figure::RequestsPerThousand
            | Figure::ConnectionsPerThousand
            | Figure::RequestedBytesPerConnection
            | Figure::RequestedWithoutBuffersPerConnection
            | Figure::ClientMemoryPerConnection
            | Figure::KernelMemoryPerConnection
            | Figure::TlsBytesPerEvent
            | Figure::WireBytesInPerEvent
            | Figure::WireBytesOutPerEvent
            | Figure::SegmentsPerEvent
            | Figure::AcksPerEvent
            | Figure::HostCpuPerEvent
            | Figure::ServerSwitchesPerEvent
            | Figure::ClientSwitchesPerEvent
            | Figure::ServerRunQueuePerEvent
            | Figure::ClientRunQueuePerEvent
            | Figure::InstructionsPerEvent
            | Figure::SyscallsPerEvent
            | Figure::GoodRequestsPerSecond
            | Figure::SloAttainment
            | Figure::TokensPerEvent
            | Figure::BytesPerToken => false,
        }
}
