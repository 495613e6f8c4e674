//! How much may be run again, for noise and for trials without a number: a run must end in its time, however noisy its host is.

use std::time::Duration;

/// Most times that one block is run again.
const PER_BLOCK: u32 = 2;

/// The time left for running blocks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    left: Duration,
}

impl Allowance {
    /// A share, in `[0, 1]`, of a run's expected length.
    pub fn of(expected: Duration, share: f64) -> Self {
        Self { left: expected.mul_f64(share.clamp(0.0, 1.0)) }
    }

    /// Whether a block that takes `cost` may be run again after this attempt (from 0); takes the time if so. `in_time`: the
    /// rest of the run leaves so much of its budget.
    pub fn grant(&mut self, attempt: u32, cost: Duration, in_time: bool) -> bool {
        let granted = attempt < PER_BLOCK && cost <= self.left && in_time;
        if granted {
            self.left -= cost;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Duration = Duration::from_secs(5);

    #[test]
    fn a_block_is_run_again_twice_at_most() {
        let mut allowance = Allowance::of(COST * 100, 0.3);
        let granted: Vec<_> = (0..4).map(|attempt| allowance.grant(attempt, COST, true)).collect();
        assert_eq!(granted, [true, true, false, false]);
    }

    #[test]
    fn all_redone_blocks_together_take_their_share_and_no_more() {
        let mut allowance = Allowance::of(COST * 10, 0.3);
        let granted = (0..100).filter(|_| allowance.grant(0, COST, true)).count();
        assert_eq!(granted, 3);
        assert!(!Allowance::of(COST * 10, 0.0).grant(0, COST, true));
    }

    #[test]
    fn the_rest_of_the_run_comes_first() {
        let mut allowance = Allowance::of(COST * 10, 0.3);
        assert!(!allowance.grant(0, COST, false));
        assert!(allowance.grant(0, COST, true));
    }
}
