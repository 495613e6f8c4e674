//! The gate: whether a block is run again, and when a cell has enough of them.
//!
//! A block is run again for causes of noise only, never for its result. That can be seen in the types: [`causes`] is given
//! what the host did and whether the generator kept up, and no measurement. [`Widths`] sees figures and gives away only
//! whether intervals are narrow, not where they lie.

mod allowance;
#[cfg(test)]
#[allow(dead_code, reason = "the checks take more of it")]
#[path = "../../trial/src/check/samples.rs"]
mod samples;
mod width;

pub use allowance::Allowance;
pub use width::Widths;

use trial::check::host::{self, Calm};
use trial::{Action, Noise, Warning};

/// Whether the generator was fit, as far as a redo can mend it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Validity(Vec<Warning>);

impl Validity {
    /// Keeps, of a trial's warnings, those that a busy host causes at the generator. A load near its ceiling is not
    /// among them: it would be as near the next time.
    pub fn of(warnings: &[Warning]) -> Self {
        let fault = |warning: &&Warning| warning.check().noise && warning.action() == Action::Void;
        Self(warnings.iter().filter(fault).cloned().collect())
    }
}

/// Why the block of this trial is to be run again; empty when it stands. `quantiles`: its figures are of single events, not means over all.
pub fn causes(noise: &Noise, calm: Calm, quantiles: bool, validity: &Validity) -> Vec<Warning> {
    host::of_noise(noise, calm, quantiles).into_iter().chain(validity.0.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::check::{events, generator, network, stalls};

    #[test]
    fn a_calm_trial_stands() {
        let noise = Noise {
            foreign_cpus: Some(0.1),
            steal: Some(0.001),
            server_wait: Some(0.04),
            generator_wait: Some(0.01),
            loop_ns: Some((1_000, 1_100)),
            ..Noise::default()
        };
        assert_eq!(causes(&noise, Calm::default(), true, &Validity::default()), []);
    }

    #[test]
    fn every_cause_is_named() {
        let noise = Noise {
            foreign_cpus: Some(1.9),
            steal: Some(0.02),
            server_wait: Some(0.4),
            hiccup_ns: Some(20_000_000),
            loop_ns: Some((1_000, 1_200)),
            ..Noise::default()
        };
        let validity = Validity::of(&[generator::generator_saturated(99.0, None, None)]);
        let causes = causes(&noise, Calm::default(), true, &validity);
        let named: Vec<&str> = causes.iter().map(|cause| cause.check().id).collect();
        assert_eq!(named, ["foreign-load", "steal", "hiccup", "cpu-speed", "run-queue-wait", "generator-saturated"]);
    }

    #[test]
    fn results_are_no_causes() {
        let warnings = [
            events::events_lost(5, 9),
            generator::offered_short(1, 2),
            stalls::pacer_late(300.0),
            network::syn_repeated(1_000.0),
        ];
        assert_eq!(Validity::of(&warnings), Validity::default());
    }
}
