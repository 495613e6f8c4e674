//! Trials that were not in a steady state. Drifting trials stay in every figure: dropping them would be selection.

use crate::stats::trend::{kendall_p, theil_sen};
use trial::{Measurement, Quantile};

/// Slices that a window is looked at in.
pub const SLICES: usize = 10;
/// Largest p-value of Kendall's test.
pub(super) const RISK: f64 = 0.01;
/// Change over the window that counts as drift: the margin of p50.
pub(super) const MARGIN: f64 = 0.05;
/// Share of drifting trials above which the warm-up is too short.
pub const LIMIT: f64 = 0.20;

/// Whether the median rises or falls through the window by more than its margin and not by chance; `None` where the
/// timeline has too few slices, or slices with too few events.
pub fn drifts(measurement: &Measurement) -> Option<bool> {
    let count = measurement.timeline.len();
    let bounds = |slice: usize| slice * count / SLICES..(slice + 1) * count / SLICES;
    let slices = (0..SLICES).map(|slice| ln_median(measurement, bounds(slice)));
    slices.collect::<Option<Vec<f64>>>().map(|series| is_trend(&series))
}

/// The rule itself, on the logarithms of ten medians.
fn is_trend(series: &[f64]) -> bool {
    let change = theil_sen(series).map_or(0.0, |slope| (slope * series.len() as f64).abs());
    change > MARGIN.ln_1p() && kendall_p(series) < RISK
}

fn ln_median(measurement: &Measurement, slices: std::ops::Range<usize>) -> Option<f64> {
    let medians = measurement.timeline.get(slices)?.iter().filter(|slice| slice.received > 0);
    let mut medians: Vec<(u64, u64)> =
        medians.map(|slice| Some((slice.quantile(Quantile::P50)?, slice.received))).collect::<Option<_>>()?;
    let events: u64 = medians.iter().map(|median| median.1).sum();
    let enough = events >= Quantile::P50.observations_needed();
    medians.sort_unstable();
    // The median of the slices' medians, each counted as often as it has events.
    let mut below = 0;
    let middle = medians.into_iter().find(|median| {
        below += median.1;
        below >= events.div_ceil(2)
    });
    middle.filter(|_| enough).map(|(ns, _)| (ns as f64).ln())
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::Second;

    fn measured(medians_us: &[u64], events: u64) -> Measurement {
        let slice = |us: &u64| Second { received: events, p50_ns: Some(us * 1_000), ..Second::default() };
        Measurement { timeline: medians_us.iter().map(slice).collect(), ..Measurement::default() }
    }

    #[test]
    fn a_rise_beyond_the_margin_is_drift_and_a_wobble_is_not() {
        let rising = [100, 102, 104, 106, 108, 110, 112, 114, 116, 118];
        let small = [1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009];
        let wobbling = [100, 120, 95, 118, 102, 121, 97, 119, 101, 117];
        assert_eq!(drifts(&measured(&rising, 100)), Some(true));
        assert_eq!(drifts(&measured(&rising.map(|us| 250 - us), 100)), Some(true));
        assert_eq!(drifts(&measured(&small, 100)), Some(false), "sure, and less than the margin");
        assert_eq!(drifts(&measured(&wobbling, 100)), Some(false));
    }

    #[test]
    fn twenty_slices_are_taken_by_twos_and_too_little_says_nothing() {
        let rising: Vec<u64> = (0..20).map(|i| 100 + i).collect();
        assert_eq!(drifts(&measured(&rising, 20)), Some(true), "forty events for each pair");
        assert_eq!(drifts(&measured(&rising, 19)), None);
        assert_eq!(drifts(&measured(&rising[..9], 100)), None);
    }
}
