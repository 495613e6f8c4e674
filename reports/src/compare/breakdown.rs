//! Where the time of an arm's events goes, part by part. Refuses to make the parts add up: each is a median of its own.
//!
//! ```text
//!   due ── timer ──► fired ── server ──► sent ── wire ──► kernel's stamp ── client ──► received
//! ```

use super::arm::ArmTrials;
use trial::{Cell, Figure, Metric, Quantile, Scenario};

/// One part of the way of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `fired - due`: the timer that releases events.
    Timer,
    /// `sent - fired`: from release to write. Of relayed messages it is the publisher's own wait.
    Server,
    /// `sent` to the kernel's receive stamp. Of relayed messages it holds the server as well.
    Wire,
    /// From the kernel's receive stamp to the read: the load generator's own wake-up and turn.
    Client,
    /// `received - sent`, where no kernel stamp tells the two apart.
    WireAndClient,
}

impl Part {
    /// The duration that holds it.
    pub const fn metric(self) -> Metric {
        match self {
            Self::Timer => Metric::PacerLateness,
            Self::Server => Metric::Queueing,
            Self::Wire => Metric::SentToKernel,
            Self::Client => Metric::KernelToRead,
            Self::WireAndClient => Metric::ServiceTime,
        }
    }
}

/// The parts of one arm: medians over its trials of the median of each trial, nanoseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Breakdown {
    /// In the order of the way.
    pub parts: Vec<(Part, f64)>,
    /// The response time from `due`, which the parts together need not equal.
    pub whole_ns: f64,
}

impl Breakdown {
    /// `None` where no schedule says when events were due, and where a row counts what does not depend on time.
    pub fn of(cell: &Cell, arm: &ArmTrials) -> Option<Self> {
        let paced = matches!(cell.workload.scenario(), Scenario::Push | Scenario::Relay | Scenario::Llm);
        if !paced || cell.section().counted {
            return None;
        }
        let part = |part: Part| Some((part, median_ns(arm, part.metric())?));
        let behind = match (part(Part::Wire), part(Part::Client)) {
            (Some(wire), Some(client)) => vec![wire, client],
            _ => vec![part(Part::WireAndClient)?],
        };
        let parts = [part(Part::Timer)?, part(Part::Server)?].into_iter().chain(behind).collect();
        Some(Self { parts, whole_ns: median_ns(arm, Metric::ResponseTime)? })
    }

    /// A part in nanoseconds; `None` where it was not told apart.
    pub fn part_ns(&self, wanted: Part) -> Option<f64> {
        self.parts.iter().find(|(part, _)| *part == wanted).map(|(_, ns)| *ns)
    }

    /// All parts one after the other, nanoseconds.
    pub fn sum_ns(&self) -> f64 {
        self.parts.iter().map(|(_, ns)| ns).sum()
    }
}

/// Median over trials of the median of a duration, nanoseconds; `None` where no trial holds it.
pub(super) fn median_ns(arm: &ArmTrials, metric: Metric) -> Option<f64> {
    arm.median(Figure::Duration(metric, Quantile::P50))
}
