//! Whether anybody else is at work on this host, and a wait for them to end.

use crate::noise;
use std::time::{Duration, Instant};
use trial::Warning;
use trial::check::host::{self, QUIET_CPUS};

/// Length of one sample.
const SAMPLE: Duration = Duration::from_millis(1_500);

/// What was seen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quiet {
    /// Foreign CPUs, sample by sample.
    pub(super) samples: Vec<f64>,
    /// Whether it ended quiet.
    pub(super) quiet: bool,
    waited: Duration,
}

impl Quiet {
    /// A host that did not become quiet.
    pub(super) fn warning(&self) -> Option<Warning> {
        let cpus = *self.samples.last().filter(|_| !self.quiet)?;
        Some(host::not_quiet(cpus, self.waited.as_secs()))
    }
}

/// Samples until two in a row are quiet, for as long as `limit`; without a limit to speak of, one sample is taken as it is.
pub(super) async fn gate(limit: Duration) -> Quiet {
    let (begun, mut samples) = (Instant::now(), Vec::new());
    let needed = if limit < SAMPLE * 2 { 1 } else { 2 };
    loop {
        // A host whose idle time cannot be read stays unknown: waiting would not change that.
        let Some(cpus) = noise::foreign_cpus(SAMPLE).await else { break };
        samples.push(cpus);
        if are_quiet(&samples, needed) || begun.elapsed() + SAMPLE > limit {
            break;
        }
    }
    Quiet { quiet: are_quiet(&samples, needed), samples, waited: begun.elapsed() }
}

/// Whether the last so many samples are quiet.
fn are_quiet(samples: &[f64], needed: usize) -> bool {
    samples.len() >= needed && samples.iter().rev().take(needed).all(|&cpus| cpus < QUIET_CPUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_quiet_samples_in_a_row_are_needed() {
        assert!(!are_quiet(&[], 1) && !are_quiet(&[0.1], 2));
        assert!(are_quiet(&[0.1], 1) && are_quiet(&[0.9, 0.14, 0.1], 2));
        assert!(!are_quiet(&[0.1, 0.15], 2) && !are_quiet(&[0.1, 0.9, 0.1], 2));
    }

    #[test]
    fn a_host_that_stays_busy_is_named_with_how_long_it_was_waited_for() {
        let quiet = |samples: &[f64], quiet| Quiet { samples: samples.to_vec(), quiet, waited: Duration::from_secs(9) };
        assert_eq!(quiet(&[0.8], false).warning(), Some(host::not_quiet(0.8, 9)));
        assert_eq!(quiet(&[0.8, 0.1, 0.1], true).warning(), None);
        assert_eq!(quiet(&[], false).warning(), None, "what was not measured is not said");
    }

    #[test]
    fn without_time_one_sample_is_taken() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(runtime.block_on(gate(Duration::ZERO)).samples.len(), 1);
    }
}
