//! Which request is sent when, over which transport, and to which block it belongs. Pure and seeded: refuses to send.

use script::Arrivals;
use std::time::Duration;
use trial::Arm;

/// Blocks at most: enough for an interval (six) and a correction for several figures.
const MOST_BLOCKS: u32 = 12;

/// One request to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Number of the request in the run.
    pub index: u32,
    /// Number of the question: every arm is asked the same ones.
    pub question: u32,
    /// The arm: the transport, and whether it is the null twin.
    pub arm: Arm,
    /// The block, from 0.
    pub block: u32,
    /// When it is due, from the start; `None` in a closed loop.
    pub due: Option<Duration>,
    /// Content events after which its answer is given up.
    pub cancel_after: Option<u32>,
}

/// Which answers are given up, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cancel {
    /// After so many content events.
    pub after: u32,
    /// Share of the questions, in `[0, 1]`.
    pub share: f64,
}

impl Cancel {
    /// Marks the turns whose answers are given up: drawn by question, so that every arm gives up the same ones.
    pub fn mark(self, turns: &mut [Turn], seed: u64) {
        for turn in turns {
            // The golden ratio spreads neighbouring questions over all seeds.
            let own = seed ^ u64::from(turn.question + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            turn.cancel_after = (fastrand::Rng::with_seed(own).f64() < self.share).then_some(self.after);
        }
    }
}

/// When requests begin.
pub enum Pace {
    /// When another answer has ended.
    Closed,
    /// At drawn instants.
    Drawn(Arrivals),
    /// At the instants of a trace.
    Recorded(Vec<Duration>),
}

/// How many blocks `questions` make: neighbouring questions belong to one block.
pub fn blocks(questions: u32, arms: usize) -> u32 {
    if arms < 2 { 1 } else { questions.div_ceil(size(questions, arms)) }
}

fn size(questions: u32, arms: usize) -> u32 {
    if arms < 2 { questions.max(1) } else { questions.div_ceil(MOST_BLOCKS).max(1) }
}

/// All requests in the order in which they are sent. For each question the arms come in random order.
pub fn turns(questions: u32, arms: &[Arm], pace: Pace, seed: u64) -> Vec<Turn> {
    let size = size(questions, arms.len());
    let mut random = fastrand::Rng::with_seed(seed);
    let order = (0..questions).flat_map(|question| {
        let mut arms = arms.to_vec();
        random.shuffle(&mut arms);
        arms.into_iter().map(move |arm| (question, arm))
    });
    let dues: Box<dyn Iterator<Item = Option<Duration>>> = match pace {
        Pace::Closed => Box::new(std::iter::repeat(None)),
        Pace::Drawn(arrivals) => Box::new(arrivals.map(Duration::from_nanos).map(Some)),
        // The arms of one question share its instant.
        Pace::Recorded(offsets) => {
            let each = arms.len();
            Box::new(offsets.into_iter().flat_map(move |offset| std::iter::repeat_n(Some(offset), each)))
        }
    };
    let numbered = order.zip(dues).zip(0..);
    numbered
        .map(|(((question, arm), due), index)| Turn {
            index,
            question,
            arm,
            block: question / size,
            due,
            cancel_after: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use script::Arrival;
    use wire::Transport;

    const SSE: Arm = Arm::of(Transport::Sse);
    const BOTH: [Arm; 2] = [SSE, Arm::of(Transport::WebSocket)];

    #[test]
    fn every_question_goes_to_each_transport_once_in_a_seeded_order() {
        let turns_of = |seed| turns(30, &BOTH, Pace::Closed, seed);
        let plan = turns_of(1);
        assert_eq!((plan.len(), blocks(30, 2)), (60, 10));
        for pair in plan.chunks(2) {
            assert_eq!((pair[0].question, pair[0].block), (pair[1].question, pair[1].block));
            assert_ne!(pair[0].arm, pair[1].arm);
        }
        let firsts = plan.chunks(2).filter(|pair| pair[0].arm == SSE).count();
        assert!((5..=25).contains(&firsts), "{firsts} of 30 begin with SSE");
        assert_eq!(plan, turns_of(1));
        assert_ne!(plan, turns_of(2));
        assert_eq!(plan.last().map(|turn| turn.block), Some(9));
    }

    #[test]
    fn the_null_twin_is_an_arm_like_any_other() {
        let arms = [BOTH[0], BOTH[1], Arm { twin: true, ..SSE }];
        let plan = turns(30, &arms, Pace::Closed, 1);
        assert_eq!((plan.len(), blocks(30, 3)), (90, 10));
        for question in plan.chunks(3) {
            assert!(arms.iter().all(|arm| question.iter().filter(|turn| turn.arm == *arm).count() == 1));
        }
        for (arm, seat) in arms.iter().flat_map(|arm| (0..3).map(move |seat| (arm, seat))) {
            let times = plan.chunks(3).filter(|asked| asked[seat].arm == *arm).count();
            assert!((3..=17).contains(&times), "{arm} comes {times} times of 30 in place {seat}");
        }
    }

    #[test]
    fn every_arm_gives_up_the_same_share_of_questions() {
        let given_up = |share| {
            let mut plan = turns(200, &BOTH, Pace::Closed, 1);
            Cancel { after: 5, share }.mark(&mut plan, 1);
            assert!(plan.chunks(2).all(|pair| pair[0].cancel_after == pair[1].cancel_after));
            plan.iter().filter(|turn| turn.cancel_after == Some(5)).count() / 2
        };
        assert_eq!((given_up(0.0), given_up(1.0)), (0, 200));
        assert!((30..=70).contains(&given_up(0.25)), "{}", given_up(0.25));
    }

    #[test]
    fn an_open_loop_has_due_times_and_a_trace_stops_where_it_ends() {
        let rate = wire::Rate::per_second(10.0).unwrap();
        let plan = turns(5, &BOTH, Pace::Drawn(Arrival::Poisson.offsets(rate, 1).unwrap()), 1);
        assert!(plan.iter().all(|turn| turn.due.is_some()) && plan.is_sorted_by_key(|turn| turn.due));
        let offsets = vec![Duration::ZERO, Duration::from_secs(1)];
        assert_eq!(turns(5, &BOTH, Pace::Recorded(offsets), 1).len(), 4);
        assert_eq!(blocks(30, 1), 1);
    }
}
