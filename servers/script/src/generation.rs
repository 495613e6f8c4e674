//! One answer, drawn before it starts: how many tokens, in which events, due when, saying what. Refuses to read a clock.
//!
//! The gap model: with probability 0.97 log-normal (median `m`, sigma 0.2), else a stall of 4 to 8 `m`. Its mean is
//! `1.17 m` and p99/p50 about 6.7, as of a loaded server; `load=light` stalls in 1.5 % of gaps for 2.5 to 3.5 `m`, mean `1.05 m`.

use crate::variate::{Random, random};
use crate::{Batch, Batching, Gap, Language, Load, Order, Spread, TokenWorkload, words};
use rand::RngExt as _;

/// Most tokens of any answer, whatever is ordered.
pub const MAX_TOKENS: u32 = 32_768;

/// Spread of the body of the gap model: the standard deviation of the logarithm.
const SIGMA: f64 = 0.2;

/// What is drawn from one seed, each with a generator of its own.
const LENGTH: u64 = 1;
const FIRST: u64 = 2;
const GAPS: u64 = 3;
const BATCHES: u64 = 4;

/// An answer as it will be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    language: Language,
    seed: u64,
    events: Vec<Content>,
    first_content_ns: u64,
    tokens: u32,
    truncated: bool,
}

/// One content event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Content {
    due_ns: u64,
    tokens: u32,
}

impl Generation {
    /// Draws an answer of `workload` as ordered; `max_tokens` is the request's own limit.
    pub fn draw(workload: &TokenWorkload, order: &Order, max_tokens: Option<u32>) -> Self {
        let wanted = order.tokens.unwrap_or_else(|| drawn_tokens(workload, order.seed)).min(MAX_TOKENS);
        let tokens = max_tokens.map_or(wanted, |most| wanted.min(most));
        let first_ms = workload.first_content_ms.draw(&mut random(order.seed, FIRST));
        let pace = Pace { gap: workload.gap, load: order.load, speed: order.speed };
        let batch = match order.batching {
            Batching::Workload => workload.per_event,
            Batching::Speculative => Batch::Speculative,
        };
        let first_content_ns = pace.nanos(first_ms);
        let events = contents(tokens, first_content_ns, &pace, batch, order.seed);
        Self {
            language: order.language,
            seed: order.seed,
            events,
            first_content_ns,
            tokens,
            truncated: tokens < wanted,
        }
    }

    /// Content events.
    pub const fn events(&self) -> usize {
        self.events.len()
    }

    /// Tokens of the whole answer.
    pub const fn tokens(&self) -> u32 {
        self.tokens
    }

    /// Whether the request's limit cut the answer short.
    pub const fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// When the first content is due, in nanoseconds from the request; also without any content.
    pub const fn first_content_ns(&self) -> u64 {
        self.first_content_ns
    }

    /// When the last content is due, in nanoseconds from the request.
    pub fn last_content_ns(&self) -> u64 {
        self.events.last().map_or(self.first_content_ns, |event| event.due_ns)
    }

    /// When content event `index` is due, in nanoseconds from the request; past the end, when the last one is.
    pub fn due_ns(&self, index: usize) -> u64 {
        self.events.get(index).map_or_else(|| self.last_content_ns(), |event| event.due_ns)
    }

    /// Tokens of content event `index`; none past the end.
    pub fn tokens_of(&self, index: usize) -> u32 {
        self.events.get(index).map_or(0, |event| event.tokens)
    }

    /// Appends the text of content event `index`, which needs no escaping in JSON.
    pub fn append_text(&self, index: usize, out: &mut Vec<u8>) {
        words::append(self.language, self.seed, index, self.tokens_of(index), out);
    }

    /// The whole text.
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        (0..self.events()).for_each(|index| self.append_text(index, &mut text));
        String::from_utf8_lossy(&text).into_owned()
    }
}

fn drawn_tokens(workload: &TokenWorkload, seed: u64) -> u32 {
    let tokens = workload.output_tokens.draw(&mut random(seed, LENGTH)).round();
    (tokens as u32).clamp(workload.output_cap.min(1), workload.output_cap)
}

fn contents(tokens: u32, first_ns: u64, pace: &Pace, batch: Batch, seed: u64) -> Vec<Content> {
    let (mut gaps, mut batches) = (random(seed, GAPS), random(seed, BATCHES));
    let (mut left, mut due_ns, mut events) = (tokens, first_ns, Vec::new());
    while left > 0 {
        let tokens = batch.draw(&mut batches).min(left);
        events.push(Content { due_ns, tokens });
        left -= tokens;
        due_ns += pace.nanos(pace.gap_ms(&mut gaps));
    }
    events
}

/// The speed of one answer.
struct Pace {
    gap: Gap,
    load: Load,
    speed: f64,
}

impl Pace {
    fn nanos(&self, ms: f64) -> u64 {
        (ms * 1e6 / self.speed) as u64
    }

    fn gap_ms(&self, random: &mut Random) -> f64 {
        match self.gap {
            Gap::None => 0.0,
            Gap::Plain(spread) => spread.draw(random),
            Gap::Stalling { mean_ms } => {
                let (share, low, high, mean) = match self.load {
                    Load::Heavy => (0.03, 4.0, 8.0, 1.17),
                    Load::Light => (0.015, 2.5, 3.5, 1.05),
                };
                let median = mean_ms / mean;
                let stalls = random.random::<f64>() < share;
                let body = Spread::LogNormal { median, sigma: SIGMA };
                if stalls { Spread::Uniform(low * median, high * median) } else { body }.draw(random)
            }
        }
    }
}

impl Batch {
    fn draw(self, random: &mut Random) -> u32 {
        match self {
            Self::Uniform(low, high) => random.random_range(low..=high),
            Self::Speculative => match random.random_range(0..100_u32) {
                0..35 => 1,
                35..65 => 2,
                65..85 => 3,
                _ => 4,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn draw(name: &str, order: &Order) -> Generation {
        Generation::draw(TokenWorkload::named(name).unwrap(), order, None)
    }

    fn quantiles(load: Load) -> (f64, f64, f64) {
        let order = Order { tokens: Some(30_000), load, ..Order::default() };
        let answer = draw("chat", &order);
        let mut gaps: Vec<_> =
            (1..answer.events()).map(|i| (answer.due_ns(i) - answer.due_ns(i - 1)) as f64 / 1e6).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        gaps.sort_by(f64::total_cmp);
        let at = |q: f64| gaps[(q * gaps.len() as f64) as usize];
        (mean, at(0.5), at(0.99))
    }

    #[test]
    fn gaps_have_the_mean_and_the_tail_of_a_loaded_server() {
        let (mean, p50, p99) = quantiles(Load::Heavy);
        assert!((mean / 15.0 - 1.0).abs() < 0.02, "mean {mean} ms");
        assert!((6.0..7.5).contains(&(p99 / p50)), "p99/p50 {}", p99 / p50);
        let (mean, p50, p99) = quantiles(Load::Light);
        assert!((mean / 15.0 - 1.0).abs() < 0.02, "mean {mean} ms");
        assert!((2.5..3.1).contains(&(p99 / p50)), "p99/p50 {}", p99 / p50);
    }

    #[test]
    fn the_model_s_limit_and_the_request_s_are_kept() {
        let order = Order { tokens: Some(50), ..Order::default() };
        let chat = TokenWorkload::named("chat").unwrap();
        let (whole, cut) = (Generation::draw(chat, &order, Some(50)), Generation::draw(chat, &order, Some(20)));
        assert_eq!((whole.tokens(), whole.is_truncated()), (50, false));
        assert_eq!((cut.tokens(), cut.is_truncated(), cut.events()), (20, true, 20));
        assert!(whole.text().starts_with(&cut.text()), "a limit changes the end, not the beginning");
        assert_eq!(draw("chat", &Order { tokens: Some(u32::MAX), ..Order::default() }).tokens(), MAX_TOKENS);
        assert_eq!(Generation::draw(chat, &order, Some(0)).text(), "");
    }

    #[test]
    fn batches_hold_the_tokens_that_their_workload_says() {
        for (name, range) in [("chat", 1..=1), ("chat-batched", 4..=5), ("chat-coarse", 20..=30)] {
            let answer = draw(name, &Order { tokens: Some(200), ..Order::default() });
            assert!((0..answer.events() - 1).all(|i| range.contains(&answer.tokens_of(i))), "{name}");
            assert_eq!((0..answer.events()).map(|i| answer.tokens_of(i)).sum::<u32>(), 200);
        }
        let batching = Batching::Speculative;
        let answer = draw("chat", &Order { tokens: Some(20_000), batching, ..Order::default() });
        let share =
            |n| (0..answer.events()).filter(|&i| answer.tokens_of(i) == n).count() as f64 / answer.events() as f64;
        for (n, expected) in [(1, 0.35), (2, 0.3), (3, 0.2), (4, 0.15)] {
            assert!((share(n) - expected).abs() < 0.02, "{n} tokens: {}", share(n));
        }
    }

    #[test]
    fn silence_is_a_schedule_too() {
        let idle = draw("idle", &Order::default());
        assert_eq!((idle.events(), idle.tokens(), idle.last_content_ns()), (0, 0, 3_600_000_000_000));
        let max = draw("max", &Order::default());
        assert_eq!((max.events(), max.last_content_ns()), (1_000, 0));
    }

    #[test]
    fn speed_divides_every_due_time() {
        let (plain, fast) = (draw("chat", &Order::default()), draw("chat", &Order { speed: 10.0, ..Order::default() }));
        assert_eq!(plain.text(), fast.text());
        let ratio = plain.last_content_ns() as f64 / fast.last_content_ns() as f64;
        assert!((ratio / 10.0 - 1.0).abs() < 1e-4, "{ratio}");
    }

    proptest! {
        #[test]
        fn one_seed_is_one_answer(seed: u64, which in 0..TokenWorkload::ALL.len(), other: u64) {
            let (workload, order) = (&TokenWorkload::ALL[which], Order { seed, ..Order::default() });
            let (a, b) = (Generation::draw(workload, &order, None), Generation::draw(workload, &order, None));
            prop_assert_eq!(a.text(), b.text());
            prop_assert!((1..a.events()).all(|i| a.due_ns(i - 1) <= a.due_ns(i)));
            prop_assert_eq!(&a, &b);
            let different = Generation::draw(workload, &Order { seed: other, ..order }, None);
            prop_assert!(seed == other || a.tokens() < 5 || different.text() != a.text());
        }
    }
}
