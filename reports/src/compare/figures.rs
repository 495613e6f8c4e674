//! Which figures each scenario is compared by, and which of them are headlines. Refuses to compute any.

use trial::{Arm, Cell, Figure, Metric, Quantile, Scenario};
use wire::{Role, Transport};

/// The duration that a cell is about. Of our own language-model service that is what was added to the model's schedule;
/// an endpoint whose schedule nobody knows is judged by its TTFT.
pub fn principal(cell: &Cell) -> Option<Metric> {
    match cell.workload.scenario() {
        Scenario::Push | Scenario::Relay => Some(Metric::ResponseTime),
        Scenario::Echo => Some(Metric::RoundTrip),
        Scenario::Connect | Scenario::Read => Some(Metric::FirstEvent),
        Scenario::Saturate
        | Scenario::Memory
        | Scenario::Handshake
        | Scenario::Codec
        | Scenario::Browser
        | Scenario::Exact
        | Scenario::ToolLoop
        | Scenario::Capacity => None,
        Scenario::Llm if cell.workload.is_endpoint() => Some(Metric::FirstContent),
        Scenario::Llm => cell.workload.is_paced().then_some(Metric::ResponseTime),
    }
}

/// The figure that a cell is about where it has no [`principal`] duration.
pub const fn untimed(scenario: Scenario) -> Figure {
    match scenario {
        Scenario::Memory => Figure::RequestedWithoutBuffersPerConnection,
        Scenario::ToolLoop => Figure::TurnOverhead,
        Scenario::Exact => Figure::InstructionsPerEvent,
        Scenario::Llm => Figure::TokensPerSecond,
        Scenario::Push
        | Scenario::Saturate
        | Scenario::Echo
        | Scenario::Connect
        | Scenario::Relay
        | Scenario::Handshake
        | Scenario::Codec
        | Scenario::Browser
        | Scenario::Read
        | Scenario::Capacity => Figure::EventsPerSecond,
    }
}

/// Every figure that a scenario is compared by, in the order of its table: durations, then what is counted.
pub(super) fn figures(scenario: Scenario) -> Vec<Figure> {
    const ENDS: &[Quantile] = &[Quantile::P50, Quantile::P99];
    const ALL: &[Quantile] = &Quantile::ALL;
    let timed: &[(Metric, &[Quantile])] = match scenario {
        Scenario::Push => &[
            (Metric::JudgedTime, ALL),
            (Metric::ResponseTime, ALL),
            (Metric::DeliveryTime, ALL),
            (Metric::ServiceTime, ENDS),
            (Metric::InterEvent, ENDS),
        ],
        Scenario::Echo => &[(Metric::JudgedTime, ALL), (Metric::RoundTrip, ALL), (Metric::DeliveryTime, ALL)],
        Scenario::Relay => &[(Metric::JudgedTime, ALL), (Metric::ResponseTime, ALL), (Metric::ServiceTime, ENDS)],
        Scenario::Connect => &[
            (Metric::ConnectTcp, ENDS),
            (Metric::ConnectTls, ENDS),
            (Metric::ConnectHandshake, ENDS),
            (Metric::FirstEvent, ENDS),
        ],
        Scenario::Read => &[
            (Metric::FirstEvent, ENDS),
            (Metric::ConnectTcp, ENDS),
            (Metric::ConnectTls, ENDS),
            (Metric::ConnectHandshake, ENDS),
            (Metric::InterEvent, ENDS),
        ],
        Scenario::Llm => &[
            (Metric::FirstContent, ENDS),
            (Metric::InterChunk, ENDS),
            (Metric::PerOutputToken, &[Quantile::P50, Quantile::P90]),
            (Metric::EndToEnd, &[Quantile::P50, Quantile::P90]),
            (Metric::JudgedTime, ENDS),
            (Metric::ResponseTime, ENDS),
            (Metric::DeliveryTime, ENDS),
        ],
        Scenario::Saturate
        | Scenario::Memory
        | Scenario::Exact
        | Scenario::Handshake
        | Scenario::Codec
        | Scenario::Browser
        | Scenario::ToolLoop
        | Scenario::Capacity => &[],
    };
    let stamped: &[Metric] =
        if scenario == Scenario::Push { &[Metric::SentToKernel, Metric::KernelToRead] } else { &[] };
    let timed = timed.iter().flat_map(|&(metric, quantiles)| durations(metric, quantiles));
    timed
        .chain(Figure::compared_in(scenario))
        .chain(stamped.iter().flat_map(|&metric| durations(metric, ENDS)))
        .collect()
}

fn durations(metric: Metric, quantiles: &[Quantile]) -> impl Iterator<Item = Figure> {
    quantiles.iter().map(move |&quantile| Figure::Duration(metric, quantile))
}

/// The duration that a contest is about, and the one by which its verdict is given: the judged time where every trial has it.
/// `all_hold`: whether every trial of its arms holds a duration; older records lack some, foreign servers others.
pub fn subject_and_judged(cell: &Cell, all_hold: impl Fn(Metric) -> bool) -> [Option<Metric>; 2] {
    // Of answers from the command line it is what was added, where every event says it.
    let added = cell.workload.is_endpoint() && all_hold(Metric::ResponseTime);
    let subject = if added { Some(Metric::ResponseTime) } else { principal(cell) };
    let is_watched = is_paced(cell) && all_hold(Metric::JudgedTime);
    [subject, subject.map(|metric| if is_watched { Metric::JudgedTime } else { metric })]
}

/// Whether the scenario's duration counts from due times.
const fn is_paced(cell: &Cell) -> bool {
    matches!(cell.workload.scenario(), Scenario::Push | Scenario::Relay | Scenario::Echo | Scenario::Llm)
}

/// The headline figures of a cell in the contest of its base with another arm, by the durations from `due`.
pub fn headlines(cell: &Cell, other: Arm) -> Vec<Figure> {
    headlines_by(cell, other, principal(cell))
}

/// The same by the duration that is [judged](subject_and_judged).
pub fn headlines_by(cell: &Cell, other: Arm, judged: Option<Metric>) -> Vec<Figure> {
    figures(cell.workload.scenario()).into_iter().filter(|&figure| is_headline(cell, other, figure, judged)).collect()
}

/// Every figure of a cell that is a headline in any of its contests.
pub(super) fn all_headlines(cell: &Cell) -> Vec<Figure> {
    let judged = principal(cell);
    let is_any = |figure: &Figure| cell.others().any(|other| is_headline(cell, other, *figure, judged));
    figures(cell.workload.scenario()).into_iter().filter(is_any).collect()
}

/// The headline tests that a cell brings into the family of its report; exact counts take none.
pub fn headline_tests(cell: &Cell) -> usize {
    let headlines = cell.others().flat_map(|other| headlines(cell, other));
    headlines.filter(|figure| !figure.is_exact()).count()
}

/// Whether a figure belongs to the family over which the report's risk is shared: the figures that verdicts of rows
/// rest on, in the contest of the two transports that the article compares (or any two contestants in a cell
/// of one's own). Of durations it is the judged one.
pub(super) fn is_headline(cell: &Cell, other: Arm, figure: Figure, judged: Option<Metric>) -> bool {
    let alike = cell.base().is_some_and(|base| other == base.with(other.protocol));
    let pair = alike && matches!(other.protocol, Transport::Sse | Transport::WebSocket);
    let contest = if cell.row.is_some() { pair } else { other.protocol.role() == Role::Contestant };
    let listed = |figure| cell.section().headlines().any(|headline| headline == figure);
    contest
        && match figure {
            Figure::Duration(metric, quantile) => {
                let is_judged = judged == Some(metric) && listed(Figure::Duration(Metric::JudgedTime, quantile));
                is_judged || (metric != Metric::JudgedTime && listed(figure))
            }
            Figure::TokensPerSecond => !cell.workload.is_paced() && listed(figure),
            figure => listed(figure),
        }
}
