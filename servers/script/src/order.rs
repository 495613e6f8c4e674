//! What a client may order of an answer beyond what the API's own fields say, to and from a query string.
//!
//! It travels in the URL (`/v1/responses?seed=7`) or, turn by turn, in the extra body field `pushbench` ("seed=7&speed=10"),
//! which official clients send with `extra_query` and `extra_body`. Refuses to act: `Generation` does.

use crate::{MAX_TOKENS, Mishaps};
use std::time::Duration;
use wire::query::{self, QueryError, choice, chosen, heartbeat, heartbeat_text, parsed};

/// Language of the generated text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// 4.7 bytes a token.
    #[default]
    English,
    /// One or two characters of three bytes a token.
    Chinese,
}

/// How often the pretended server stalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Load {
    /// p99/p50 of gaps about 6.7.
    #[default]
    Heavy,
    /// p99/p50 of gaps about 2.8.
    Light,
}

/// Who says how many tokens an event has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Batching {
    /// The workload.
    #[default]
    Workload,
    /// Speculative decoding: 1 to 4.
    Speculative,
}

/// An order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Divides every due offset; 0.001 to 1,000,000.
    pub speed: f64,
    /// How often the server stalls.
    pub load: Load,
    /// Language of the text.
    pub language: Language,
    /// Exactly so many tokens instead of a drawn number (replay of a trace).
    pub tokens: Option<u32>,
    /// Tokens an event.
    pub batching: Batching,
    /// Interval of heartbeats while the stream is quiet.
    pub heartbeat: Option<Duration>,
    /// What goes wrong.
    pub mishaps: Mishaps,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            seed: 1,
            speed: 1.0,
            load: Load::default(),
            language: Language::default(),
            tokens: None,
            batching: Batching::default(),
            heartbeat: Some(Duration::from_secs(15)),
            mishaps: Mishaps::default(),
        }
    }
}

const LOADS: [(&str, Load); 2] = [("heavy", Load::Heavy), ("light", Load::Light)];
const LANGUAGES: [(&str, Language); 2] = [("en", Language::English), ("zh", Language::Chinese)];
const BATCHINGS: [(&str, Batching); 2] = [("workload", Batching::Workload), ("speculative", Batching::Speculative)];

impl Order {
    /// Every parameter, in the order in which they are written.
    pub const KEYS: [&str; 8] = ["seed", "speed", "load", "language", "tokens", "batching", "heartbeat", "mishaps"];

    /// The query string, without `?`; defaults are left out.
    pub fn to_query(&self) -> String {
        let plain = Self::default();
        query::write(&Self::KEYS, |key| self.value_of(key), |key| plain.value_of(key))
    }

    /// This order with what a query string (without `?`) says differently.
    ///
    /// # Errors
    /// [`QueryError`], whose text names the parameter and what it must be.
    pub fn amended(mut self, query: &str) -> Result<Self, QueryError> {
        query::read(query, &Self::KEYS, |key, value| self.set(key, value))?;
        Ok(self)
    }

    fn value_of(&self, key: &str) -> String {
        match key {
            "seed" => self.seed.to_string(),
            "speed" => self.speed.to_string(),
            "load" => choice(&LOADS, self.load),
            "language" => choice(&LANGUAGES, self.language),
            "tokens" => self.tokens.map_or(String::new(), |tokens| tokens.to_string()),
            "batching" => choice(&BATCHINGS, self.batching),
            "heartbeat" => heartbeat_text(self.heartbeat),
            "mishaps" => self.mishaps.to_string(),
            _ => String::new(),
        }
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) -> Result<(), &'static str> {
        match key {
            "seed" => self.seed = parsed(value, "a whole number")?,
            "speed" => {
                const RANGE: &str = "a factor, 0.001 to 1000000";
                self.speed = Some(parsed(value, RANGE)?).filter(|speed| (1e-3..=1e6).contains(speed)).ok_or(RANGE)?;
            }
            "load" => self.load = chosen(&LOADS, value).ok_or("heavy or light")?,
            "language" => self.language = chosen(&LANGUAGES, value).ok_or("en or zh")?,
            "tokens" => {
                const RANGE: &str = "a number of tokens, 0 to 32768";
                self.tokens = Some(parsed(value, RANGE)?).filter(|tokens| *tokens <= MAX_TOKENS);
                self.tokens.ok_or(RANGE)?;
            }
            "batching" => self.batching = chosen(&BATCHINGS, value).ok_or("workload or speculative")?,
            "heartbeat" => self.heartbeat = heartbeat(value)?,
            "mishaps" => self.mishaps = parsed(value, Mishaps::EXPECTED)?,
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn errors_name_the_parameter_and_the_remedy() {
        for (query, text) in [
            ("speed=0", "speed=0: a factor, 0.001 to 1000000"),
            ("speed=nan", "speed=nan: a factor, 0.001 to 1000000"),
            ("tokens=32769", "tokens=32769: a number of tokens, 0 to 32768"),
            ("language=fr", "language=fr: en or zh"),
            ("heartbeat=1ms", "heartbeat=1ms: off, or a duration of 10ms or more, such as 15s"),
        ] {
            assert_eq!(Order::default().amended(query).unwrap_err().to_string(), text);
        }
        let unknown = Order::default().amended("sped=2").unwrap_err().to_string();
        assert!(unknown.starts_with("unknown parameter 'sped' (known: seed, speed, load"), "{unknown}");
    }

    #[test]
    fn a_later_word_amends_an_earlier_one() {
        let first = Order::default().amended("seed=7&speed=10").unwrap();
        let second = first.clone().amended("seed=8&mishaps=cut%3A3").unwrap();
        assert_eq!((second.seed, second.speed, second.mishaps.cut), (8, 10.0, Some(3)));
        assert_eq!(Order::default().to_query(), "");
    }

    proptest! {
        #[test]
        fn orders_round_trip(
            seed: u64, speed in 0.001..1e6f64, tokens in proptest::option::of(0..=MAX_TOKENS), zh: bool,
            cut in proptest::option::of(0..99u64),
        ) {
            let language = if zh { Language::Chinese } else { Language::English };
            let mishaps = Mishaps { cut, ..Mishaps::default() };
            let order = Order { seed, speed, tokens, language, mishaps, ..Order::default() };
            prop_assert_eq!(Order::default().amended(&order.to_query()), Ok(order));
        }

        #[test]
        fn no_order_panics(query in "\\PC{0,200}") {
            let _ = Order::default().amended(&query);
        }
    }
}
