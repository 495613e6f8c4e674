//! What a cell of scenario `llm` asks of its server: which workload, beginning when, how fast. Pure data and arithmetic:
//! refuses to ask.

use script::{Arrival, Generation, Order, TokenWorkload, Trace};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use wire::Rate;

/// Answers that are drawn to know how many events a request brings on average.
const SAMPLE: u64 = 64;

/// What is asked of our own language-model service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LlmLoad {
    /// Name of a workload (`script::TokenWorkload`), which is the model's name in the request.
    pub workload: String,
    /// When requests begin.
    #[serde(default)]
    pub begin: Begin,
    /// Time scaling: divides the due offset of every event, and every offset of a trace.
    #[serde(default = "one")]
    pub speed: f64,
    /// Output tokens of each answer, instead of a drawn number or a trace's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u32>,
}

const fn one() -> f64 {
    1.0
}

/// When requests begin.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Begin {
    /// So many streams side by side: each asks its next question when the answer before was due to end. Without a
    /// schedule (`max`) when it has ended: a closed loop.
    #[default]
    Streams,
    /// At drawn instants, at the load's rate of requests a second (open loop).
    Drawn(Arrival),
    /// At the instants of a recorded trace, with its lengths (open loop).
    Trace(String),
}

impl LlmLoad {
    /// The workload's parameters; `None` for a name that nobody knows.
    pub fn parameters(&self) -> Option<&'static TokenWorkload> {
        TokenWorkload::named(&self.workload)
    }

    /// Whether its events have due times; without them it is capacity that is measured, never latency.
    pub fn is_paced(&self) -> bool {
        self.parameters().is_none_or(|workload| workload.gap.mean_ms().is_some())
    }

    /// Mean pace of one stream between first and last content, output tokens a second; `None` without a schedule.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let workload = self.parameters()?;
        Some(self.events_per_second()? * workload.per_event.mean_tokens())
    }

    /// The same in content events.
    fn events_per_second(&self) -> Option<f64> {
        Some(self.speed * 1e3 / self.parameters()?.gap.mean_ms()?)
    }

    /// Content events a second over all streams, at most; `rate` is that of requests, for drawn arrivals.
    pub fn offered(&self, streams: u32, rate: Rate) -> Option<f64> {
        let each = self.events_per_second()?;
        match &self.begin {
            Begin::Streams => Some(each * f64::from(streams)),
            Begin::Drawn(_) => Some(rate.get() * self.mean_events()?),
            Begin::Trace(name) => {
                let trace = Trace::built_in(name).ok()?;
                let last = trace.requests().last().map_or(0.0, |request| request.offset.as_secs_f64());
                let tokens: f64 = trace.requests().iter().map(|request| f64::from(request.output_tokens)).sum();
                Some(tokens / self.parameters()?.per_event.mean_tokens() / last.max(1e-3) * self.speed)
            }
        }
    }

    fn mean_events(&self) -> Option<f64> {
        let workload = self.parameters()?;
        let events = |seed| Generation::draw(workload, &self.order(seed), None).events() as f64;
        Some((0..SAMPLE).map(events).sum::<f64>() / SAMPLE as f64)
    }

    /// The order of one answer.
    pub fn order(&self, seed: u64) -> Order {
        Order { seed, speed: self.speed, tokens: self.tokens, ..Order::default() }
    }

    /// What makes it impossible to run, with the remedy.
    pub fn problem(&self) -> Option<String> {
        let Some(workload) = self.parameters() else {
            let known = TokenWorkload::ALL.map(|workload| workload.name).join(", ");
            return Some(format!("workload = '{}': known are {known}", self.workload));
        };
        let unpaced = workload.gap.mean_ms().is_none();
        let checks = [
            (workload.output_cap == 0, format!("workload '{}' says nothing: use scenario 'memory'", workload.name)),
            (
                self.tokens.is_some_and(|tokens| !(2..=script::MAX_TOKENS).contains(&tokens)),
                format!("tokens must be 2 to {}", script::MAX_TOKENS),
            ),
            (
                unpaced && self.begin != Begin::Streams,
                format!("workload '{}' has no schedule: leave out arrival", workload.name),
            ),
        ];
        let found = checks.into_iter().find_map(|(wrong, problem)| wrong.then_some(problem));
        found.or_else(|| problem_of_speed(self.speed))
    }
}

/// What is wrong with a time scaling.
pub(crate) fn problem_of_speed(speed: f64) -> Option<String> {
    (!(1e-3..=1e6).contains(&speed)).then(|| format!("speed = {speed}: must be 0.001 to 1000000"))
}

impl fmt::Display for Begin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Streams => f.write_str("streams"),
            Self::Drawn(arrival) => arrival.fmt(f),
            Self::Trace(name) => write!(f, "trace:{name}"),
        }
    }
}

impl FromStr for Begin {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str =
            "expected streams, poisson, gamma:BURSTINESS, trace:azure2023_conv or trace:azure2023_code";
        match (word, word.strip_prefix("trace:")) {
            ("streams", _) => Ok(Self::Streams),
            (_, Some(name)) => Trace::built_in(name).map(|_| Self::Trace(name.to_owned())).map_err(|_| EXPECTED),
            _ => match word.parse() {
                Ok(Arrival::Closed) | Err(_) => Err(EXPECTED),
                Ok(arrival) => Ok(Self::Drawn(arrival)),
            },
        }
    }
}

wire::as_text!(Begin);

#[cfg(test)]
mod tests {
    use super::*;

    fn load(workload: &str, speed: f64) -> LlmLoad {
        LlmLoad { workload: workload.to_owned(), begin: Begin::Streams, speed, tokens: None }
    }

    #[test]
    fn the_pace_of_a_stream_follows_from_its_workload() {
        for (workload, speed, tokens_per_second) in [
            ("chat", 1.0, Some(1_000.0 / 15.0)),
            ("code", 0.16, Some(20.0)),
            ("fast-500us", 1.0, Some(2_000.0)),
            ("chat-batched", 1.0, Some(75.0)),
            ("max", 1.0, None),
        ] {
            let pace = load(workload, speed).tokens_per_second();
            let near = pace.zip(tokens_per_second).is_some_and(|(a, b)| (a / b - 1.0).abs() < 1e-9);
            assert!(near || pace == tokens_per_second, "{workload}: {pace:?}");
        }
        let rate = Rate::per_second(10.0).unwrap();
        assert_eq!(load("code", 1.0).offered(100, rate), Some(12_500.0));
        let drawn = LlmLoad { begin: "gamma:0.5".parse().unwrap(), tokens: Some(20), ..load("code", 1.0) };
        assert_eq!(drawn.offered(100, rate), Some(200.0), "ten requests of twenty tokens");
        assert!(!load("max", 1.0).is_paced() && load("chat", 1.0).is_paced());
    }

    #[test]
    fn beginnings_are_words_and_impossible_loads_are_refused() {
        for word in ["streams", "poisson", "gamma:0.5", "trace:azure2023_code"] {
            assert_eq!(word.parse::<Begin>().unwrap().to_string(), word);
        }
        assert!("closed".parse::<Begin>().is_err() && "trace:x".parse::<Begin>().is_err());
        assert_eq!(load("chat", 1.0).problem(), None);
        assert!(load("gpt", 1.0).problem().unwrap().starts_with("workload = 'gpt': known are chat"));
        assert!(load("idle", 1.0).problem().unwrap().contains("use scenario 'memory'"));
        assert!(load("chat", 0.0).problem().unwrap().starts_with("speed = 0"));
        let drawn = LlmLoad { begin: Begin::Drawn(Arrival::Poisson), ..load("max", 1.0) };
        assert!(drawn.problem().unwrap().contains("leave out arrival"));
    }
}
