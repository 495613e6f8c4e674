//! Sequence numbers of one stream: what was lost, repeated or overtaken. Exact for anything within 64 events.

/// The reach of the memory for late and repeated events.
const REACH: u64 = 64;

/// What one sequence number says about the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The next one.
    Next,
    /// So many before it are missing so far.
    Gap(u64),
    /// One that was missing has come after a later one.
    Late,
    /// It has come before.
    Duplicate,
}

/// Which sequence numbers of one stream have come.
#[derive(Debug, Clone, Default)]
pub struct Track {
    /// The sequence number that would be in order; `None` before the first event of an unanchored stream.
    next: Option<u64>,
    /// Bit `i`: sequence number `next - 1 - i` has come.
    seen: u64,
}

impl Track {
    /// A stream that must begin with sequence number `first`.
    pub const fn from(first: u64) -> Self {
        Self { next: Some(first), seen: u64::MAX }
    }

    /// A stream that may begin anywhere.
    pub const fn anywhere() -> Self {
        Self { next: None, seen: u64::MAX }
    }

    /// Sequence numbers passed so far, those that are missing included.
    pub const fn next(&self) -> Option<u64> {
        self.next
    }

    /// Takes one sequence number.
    #[inline]
    pub fn observe(&mut self, seq: u64) -> Order {
        let next = self.next.unwrap_or(seq);
        if seq >= next {
            let gap = seq - next;
            self.seen = if gap + 1 >= REACH { 1 } else { self.seen << (gap + 1) | 1 };
            self.next = Some(seq + 1);
            return if gap == 0 { Order::Next } else { Order::Gap(gap) };
        }
        let back = next - 1 - seq;
        if back >= REACH || self.seen >> back & 1 == 1 {
            return Order::Duplicate;
        }
        self.seen |= 1 << back;
        Order::Late
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn orders(seqs: &[u64]) -> Vec<Order> {
        let mut track = Track::from(0);
        seqs.iter().map(|&seq| track.observe(seq)).collect()
    }

    #[test]
    fn loss_repetition_and_disorder_are_told_apart() {
        use Order::{Duplicate, Gap, Late, Next};
        assert_eq!(orders(&[0, 1, 2]), [Next, Next, Next]);
        assert_eq!(orders(&[0, 2, 3]), [Next, Gap(1), Next]);
        assert_eq!(orders(&[0, 0, 1]), [Next, Duplicate, Next]);
        assert_eq!(orders(&[0, 2, 1, 1, 3]), [Next, Gap(1), Late, Duplicate, Next]);
        assert_eq!(orders(&[2]), [Gap(2)]);
        assert_eq!(orders(&[200, 1]), [Gap(200), Duplicate]);
        assert_eq!(Track::anywhere().observe(7), Next);
    }

    proptest! {
        #[test]
        fn any_order_within_reach_is_accounted_exactly(
            order in Just((0..50u64).collect::<Vec<_>>()).prop_shuffle(), kept in 1..50usize,
        ) {
            let kept = &order[..kept];
            let (mut lost, mut track) = (0, Track::from(0));
            for &seq in kept {
                match track.observe(seq) {
                    Order::Gap(n) => lost += n,
                    Order::Late => lost -= 1,
                    Order::Next => {}
                    Order::Duplicate => prop_assert!(false, "no number was repeated"),
                }
            }
            prop_assert_eq!(lost, track.next().unwrap() - kept.len() as u64);
        }
    }
}
