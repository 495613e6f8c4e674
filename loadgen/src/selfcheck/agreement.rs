//! What was expected against what was found, in words and whether they agree. Refuses to run anything.

use std::time::Duration;
use trial::{Case, Distribution, Measurement, Metric, Trial};

/// Every event that fell due while the server stood still waited for the end of that: of stops `s` in a time `T`, the share
/// `Σ max(s - x, 0) / T` of all events waits for longer than `x`.
pub(super) fn waiting(stops: &[Duration], time: Duration, longer_than: Duration) -> f64 {
    stops.iter().map(|stop| stop.saturating_sub(longer_than)).sum::<Duration>().as_secs_f64() / time.as_secs_f64()
}

/// The quantile of waits in nanoseconds: of one stop `s - (1 - q) T`, and zero where the stops are too short to reach it.
pub(super) fn predicted(stops: &[Duration], time: Duration, q: f64) -> f64 {
    let longest = stops.iter().max().map_or(0.0, Duration::as_secs_f64);
    let halved = (0..60).fold([0.0, longest], |[low, high], _| {
        let middle = (low + high) / 2.0;
        let waiting = waiting(stops, time, Duration::from_secs_f64(middle));
        if waiting > 1.0 - q { [middle, high] } else { [low, middle] }
    });
    1e9 * halved[1]
}

/// The parts of one case, as they are compared.
pub(super) struct Agreement {
    expected: Vec<String>,
    found: Vec<String>,
    pass: bool,
}

impl Agreement {
    pub(super) const fn new() -> Self {
        Self { expected: Vec::new(), found: Vec::new(), pass: true }
    }

    /// The prediction and a time, in nanoseconds, and how far apart they may be: as a share or in nanoseconds, whichever is
    /// more.
    pub(super) fn time(&mut self, what: &str, [expected_ns, found_ns]: [f64; 2], (share, most_ns): (f64, f64)) {
        self.pass &= (found_ns - expected_ns).abs() <= most_ns.max(share * expected_ns);
        self.expected.push(format!("{what} {:.2} ms", expected_ns / 1e6));
        self.found.push(format!("{what} {:.2} ms", found_ns / 1e6));
    }

    /// The prediction and a share of all events, and how far apart they may be, as a share.
    pub(super) fn share(&mut self, what: &str, [expected, found]: [f64; 2], share: f64) {
        self.pass &= (found - expected).abs() <= share * expected;
        self.expected.push(format!("{:.2} % {what}", 100.0 * expected));
        self.found.push(format!("{:.2} % {what}", 100.0 * found));
    }

    /// The prediction and a count, and how far apart they may be.
    pub(super) fn count(&mut self, what: &str, [expected, found]: [u64; 2], most: u64) {
        self.pass &= found.abs_diff(expected) <= most;
        self.expected.push(format!("{expected} {what}"));
        self.found.push(format!("{found} {what}"));
    }

    /// Something else, in words.
    pub(super) fn word(&mut self, expected: &str, found: &str) {
        self.pass &= expected == found;
        self.expected.push(expected.to_owned());
        self.found.push(found.to_owned());
    }

    pub(super) fn case(self, injected: String) -> Case {
        let list = |words: Vec<String>| words.join(", ");
        Case { injected, expected: list(self.expected), found: list(self.found), pass: self.pass }
    }
}

/// The judged times of a trial against a server with a witness.
pub(super) fn judged(measurement: &Measurement) -> Result<&Distribution, String> {
    measurement.distributions.get(&Metric::JudgedTime).ok_or_else(|| "no witness: nothing was judged".to_owned())
}

/// Whether a trial counts, in a word.
pub(super) fn standing(trial: &Trial) -> &'static str {
    if trial.is_void() { "void" } else { "counted" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn one_stop_is_predicted_as_the_design_says() {
        let p = |q| (predicted(&[ms(500)], ms(10_000), q) / 1e6).round();
        assert_eq!((p(0.99), p(0.999), p(0.9)), (400.0, 490.0, 0.0));
    }

    #[test]
    fn many_stops_are_predicted_by_their_sum() {
        // Half of the time: a quarter of all events waits for more than half of a stop.
        let p = |q| (predicted(&[ms(40); 50], ms(4_000), q) / 1e6).round();
        assert_eq!((p(0.75), p(0.9), p(0.5), predicted(&[], ms(1), 0.5)), (20.0, 32.0, 0.0, 0.0));
        assert_eq!(waiting(&[ms(40), ms(60)], ms(1_000), ms(50)), 0.01);
    }

    #[test]
    fn a_case_fails_by_any_of_its_parts() {
        let case = |found_ns, word| {
            let mut agreement = Agreement::new();
            agreement.time("p99", [100e6, found_ns], (0.05, 2e6));
            agreement.word("counted", word);
            agreement.case("sse".to_owned())
        };
        let fits = case(104e6, "counted");
        assert_eq!((fits.expected.as_str(), fits.found.as_str()), ("p99 100.00 ms, counted", "p99 104.00 ms, counted"));
        assert!(fits.pass && !case(106e6, "counted").pass && !case(104e6, "void").pass);
    }
}
