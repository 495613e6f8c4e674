//! The parameter sets of every workload, as data. Refuses to draw from them.
//!
//! Sources: medians and tails of hosted models and of recorded streams; output lengths are log-normal fits of the Azure
//! traces of 2023, and for `reason` the percentiles of DeepSeek-R1 in ServeGen (Alibaba, arXiv 2505.09999, Apache-2.0).

use crate::{Arrival, Spread};

/// One workload: the model's name in a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenWorkload {
    /// Name in requests, plans and records.
    pub name: &'static str,
    /// Why it is measured, one sentence.
    pub why: &'static str,
    /// How requests arrive, where a plan does not say otherwise.
    pub arrival: Arrival,
    /// Tokens of an answer.
    pub output_tokens: Spread,
    /// Most tokens of an answer.
    pub output_cap: u32,
    /// Milliseconds from the request to the first content.
    pub first_content_ms: Spread,
    /// Time between one event and the next.
    pub gap: Gap,
    /// Tokens in one event.
    pub per_event: Batch,
}

/// Time between two events of one answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gap {
    /// No pause: everything is due at once, and the only question is capacity.
    None,
    /// A narrow body and a tail of stalls (other requests' prefill), with this mean in milliseconds.
    Stalling {
        /// Mean milliseconds.
        mean_ms: f64,
    },
    /// Milliseconds from a plain distribution.
    Plain(Spread),
}

/// How many tokens one event carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch {
    /// Equally likely from the first number to the second.
    Uniform(u32, u32),
    /// What speculative decoding accepts at once: 1 to 4 tokens with weights .35, .30, .20, .15.
    Speculative,
}

impl Gap {
    /// Mean milliseconds between two events; `None` without a schedule.
    pub fn mean_ms(self) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Stalling { mean_ms } => Some(mean_ms),
            Self::Plain(spread) => Some(spread.mean()),
        }
    }
}

impl Batch {
    /// Mean tokens of one event.
    pub fn mean_tokens(self) -> f64 {
        match self {
            Self::Uniform(low, high) => f64::midpoint(f64::from(low), f64::from(high)),
            Self::Speculative => 2.15,
        }
    }
}

const ONE: Batch = Batch::Uniform(1, 1);

/// Log-normal with median 500 ms and 95th percentile 1,200 ms: `sigma = ln(1200 / 500) / 1.645`.
const CHAT_FIRST: Spread = Spread::LogNormal { median: 500.0, sigma: 0.532 };

/// `mu = 5.0`, `sigma = 0.86`: the fit of the Azure conversation trace.
const CHAT_OUTPUT: Spread = Spread::LogNormal { median: 148.4, sigma: 0.86 };

const CHAT: TokenWorkload = TokenWorkload {
    name: "chat",
    why: "a person talks to a model: one token an event at the speed of hosted models",
    arrival: Arrival::Poisson,
    output_tokens: CHAT_OUTPUT,
    output_cap: 1_000,
    first_content_ms: CHAT_FIRST,
    gap: Gap::Stalling { mean_ms: 15.0 },
    per_event: ONE,
};

const FAST: TokenWorkload = TokenWorkload {
    name: "fast",
    why: "hardware made for inference: 1,000 tokens a second on one stream",
    output_tokens: Spread::Fixed(500.0),
    first_content_ms: Spread::Fixed(120.0),
    gap: Gap::Stalling { mean_ms: 1.0 },
    ..CHAT
};

impl TokenWorkload {
    /// Every workload that generates text.
    pub const ALL: [Self; 11] = [
        CHAT,
        Self {
            name: "chat-batched",
            why: "models that put four or five tokens into an event",
            gap: Gap::Stalling { mean_ms: 60.0 },
            per_event: Batch::Uniform(4, 5),
            ..CHAT
        },
        Self {
            name: "chat-coarse",
            why: "models that send a sentence at a time",
            gap: Gap::Plain(Spread::Uniform(250.0, 400.0)),
            per_event: Batch::Uniform(20, 30),
            ..CHAT
        },
        Self {
            name: "code",
            why: "completion in an editor: short answers, requests in bursts (CV 8)",
            arrival: Arrival::Gamma { burstiness: 1.0 / 64.0 },
            // mu = 2.8, sigma = 0.85: the fit of the Azure coding trace.
            output_tokens: Spread::LogNormal { median: 16.4, sigma: 0.85 },
            first_content_ms: Spread::Fixed(150.0),
            gap: Gap::Stalling { mean_ms: 8.0 },
            ..CHAT
        },
        Self {
            name: "reason",
            why: "a model thinks in silence for up to 90 s, then writes a long answer",
            output_tokens: Spread::Percentiles(&REASON_OUTPUT),
            output_cap: 12_607,
            first_content_ms: Spread::Uniform(5_000.0, 90_000.0),
            gap: Gap::Stalling { mean_ms: 20.0 },
            ..CHAT
        },
        FAST,
        Self {
            name: "fast-500us",
            why: "2,000 tokens a second on one stream",
            gap: Gap::Stalling { mean_ms: 0.5 },
            ..FAST
        },
        Self {
            name: "fast-250us",
            why: "4,000 tokens a second on one stream: where a transport could begin to matter",
            gap: Gap::Stalling { mean_ms: 0.25 },
            ..FAST
        },
        Self {
            name: "max",
            why: "no pacing at all: capacity, never latency",
            arrival: Arrival::Closed,
            output_tokens: Spread::Fixed(1_000.0),
            first_content_ms: Spread::Fixed(0.0),
            gap: Gap::None,
            ..CHAT
        },
        Self {
            name: "agent",
            why: "a turn of a tool loop: short answers, many turns, a growing history",
            arrival: Arrival::Closed,
            output_tokens: Spread::Uniform(60.0, 200.0),
            first_content_ms: Spread::Fixed(200.0),
            gap: Gap::Stalling { mean_ms: 10.0 },
            ..CHAT
        },
        Self {
            name: "idle",
            why: "a stream that is open and says nothing for an hour but its heartbeats",
            arrival: Arrival::Closed,
            output_tokens: Spread::Fixed(0.0),
            output_cap: 0,
            first_content_ms: Spread::Fixed(3_600_000.0),
            gap: Gap::None,
            ..CHAT
        },
    ];

    /// The workload of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        // A promoted constant: the table lives once, for the whole program.
        const TABLE: &[TokenWorkload] = &TokenWorkload::ALL;
        TABLE.iter().find(|workload| workload.name == name)
    }
}

/// Output tokens of DeepSeek-R1, percentiles 1 to 99.
const REASON_OUTPUT: [u16; 99] = [
    141, 170, 192, 209, 225, 239, 252, 264, 276, 287, 298, 309, 320, 331, 341, 351, 360, 369, 378, 387, 395, 403, 411,
    419, 427, 435, 444, 452, 461, 470, 479, 488, 498, 508, 519, 530, 542, 554, 568, 582, 596, 612, 630, 648, 668, 690,
    713, 738, 764, 792, 821, 850, 881, 912, 944, 976, 1008, 1041, 1073, 1104, 1134, 1164, 1192, 1218, 1244, 1269, 1295,
    1319, 1343, 1367, 1392, 1417, 1444, 1470, 1499, 1521, 1554, 1591, 1632, 1680, 1737, 1809, 1903, 2030, 2196, 2400,
    2631, 2876, 3141, 3432, 3758, 4102, 4537, 5057, 5701, 6524, 7617, 9338, 12607,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for workload in &TokenWorkload::ALL {
            assert_eq!(TokenWorkload::named(workload.name), Some(workload));
        }
        assert_eq!(TokenWorkload::ALL.iter().filter(|workload| workload.name == "chat").count(), 1);
        assert_eq!(TokenWorkload::named("gpt-4"), None);
    }

    #[test]
    fn the_recorded_percentiles_are_the_published_ones() {
        assert!(REASON_OUTPUT.is_sorted());
        assert_eq!((REASON_OUTPUT[49], REASON_OUTPUT[89], REASON_OUTPUT[98]), (792, 3_432, 12_607));
    }
}
