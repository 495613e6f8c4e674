//! How much of a judged duration is the instrument's own, in both arms alike. Refuses to correct a ratio: it says by how much
//! one is diluted.

use super::arm::ArmTrials;
use super::breakdown::median_ns;
use trial::Metric;

/// Share of a median that may be the instrument's own before the ratio counts as diluted (METHOD, section 5).
const LIMIT: f64 = 0.05;

/// What of a duration is the instrument's own, medians in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Own {
    /// Lateness of the timer, as far as the duration holds it.
    pub timer_ns: f64,
    /// The load generator's way from the kernel's receive stamp to the read; zero where there are no stamps.
    pub client_ns: f64,
}

/// How diluted the ratio of two medians is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dilution {
    /// In the base arm.
    pub base: Own,
    /// In the other arm.
    pub other: Own,
    /// The instrument's own part over the median, base arm.
    pub share: f64,
    /// Ratio of the medians less those parts, where both stay above zero.
    pub undiluted: Option<f64>,
}

impl Own {
    fn of(metric: Metric, arm: &ArmTrials) -> Self {
        // Another clock's events, connections and answers say nothing of the way to the read.
        let client_ns = median_ns(arm, Metric::KernelToRead).unwrap_or(0.0);
        Self { timer_ns: timer_ns(metric, arm).unwrap_or(0.0), client_ns }
    }

    /// Both parts together, nanoseconds.
    pub fn total_ns(&self) -> f64 {
        self.timer_ns + self.client_ns
    }
}

/// Median lateness of the timer that is left inside a duration, nanoseconds; `None` where there is none in it.
fn timer_ns(metric: Metric, arm: &ArmTrials) -> Option<f64> {
    match metric {
        Metric::ResponseTime | Metric::RoundTrip => median_ns(arm, Metric::PacerLateness),
        // What exceeds the cap is charged.
        Metric::JudgedTime => Some((median_ns(arm, Metric::PacerLateness)? - arm.cap_ns() as f64).max(0.0)),
        _ => None,
    }
}

impl Dilution {
    /// `None` where the instrument's own part is small in both arms.
    pub(super) fn of(metric: Metric, base: &ArmTrials, other: &ArmTrials) -> Option<Self> {
        let [x, y] = [base, other].map(|arm| median_ns(arm, metric));
        let (x, y, own) = (x?, y?, [base, other].map(|arm| Own::of(metric, arm)));
        let [a, b] = own.map(|own| own.total_ns());
        let undiluted = (x > a && y > b).then(|| (y - b) / (x - a));
        let [base, other] = own;
        ((a / x).max(b / y) > LIMIT).then_some(Self { base, other, share: a / x, undiluted })
    }
}
