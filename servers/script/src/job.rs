//! Jobs that are watched rather than read: a prediction with its progress, a training run with its metrics. Drawn before
//! they start. Refuses to read a clock, or to write JSON.

use crate::variate::{mix, random};
use crate::{Language, Order, Spread, words};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use std::f64::consts::LN_2;
use std::fmt;
use std::str::FromStr;
use wire::Rate;
use wire::query::{self, QueryError, above_zero, name, parsed};

/// Most steps of one training run.
const MAX_STEPS: u32 = 20_000;
/// System metrics of a training run come each 10 s.
const SYSTEM_EVERY_NS: f64 = 10e9;
/// A checkpoint, and its burst of log lines, comes each 50 steps.
const CHECKPOINT_STEPS: u32 = 50;
const NS: f64 = 1e9;

/// What is drawn from one seed, each with a generator of its own.
const PREDICTION: u64 = 16;
const BURSTS: u64 = 17;
/// First purpose number of metrics.
const METRICS: u64 = 1 << 33;

/// What a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobKind {
    /// A prediction with its progress and its output: [`JobScript::predict`].
    Predict,
    /// A training run with its metrics and its log: [`JobScript::train`].
    Train,
}

impl JobKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Predict, Self::Train];

    /// The job as it will happen.
    pub fn draw(self, job: &JobOrder) -> JobScript {
        match self {
            Self::Predict => JobScript::predict(&job.order),
            Self::Train => JobScript::train(&job.order, job.rate, job.steps),
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Predict => "predict",
            Self::Train => "train",
        })
    }
}

impl FromStr for JobKind {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == word).ok_or("expected predict or train")
    }
}

/// Which job, and how it is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct JobOrder {
    /// Name of the job: whoever asks for the same one watches the same one.
    pub id: String,
    /// Watch from behind this event; from the beginning otherwise.
    pub after: Option<u64>,
    /// Watchers that must be there before the job starts.
    pub quorum: u32,
    /// Training steps a second.
    pub rate: Rate,
    /// Training steps in all.
    pub steps: u32,
    /// Seed, speed, heartbeat and mishaps; the rest of an order has no meaning for a job.
    pub order: Order,
}

impl JobOrder {
    /// Every parameter.
    pub const KEYS: [&str; 9] = ["id", "after", "quorum", "rate", "steps", "seed", "speed", "heartbeat", "mishaps"];

    /// Reads a query string (without `?`), which has [`JobOrder::KEYS`].
    ///
    /// # Errors
    /// [`QueryError`], whose text names the parameter and what it must be.
    pub fn from_query(query: &str) -> Result<Self, QueryError> {
        let rate = Rate::per_second(1.0).expect("1 is above zero");
        let mut job = Self { id: String::new(), after: None, quorum: 1, rate, steps: 500, order: Order::default() };
        query::read(query, &Self::KEYS, |key, value| job.set(key, value))?;
        if !job.order.mishaps.concern_streams_only() {
            let (value, expected) =
                (job.order.mishaps.to_string(), "of a job, status, drop, duplicate and stall alone");
            return Err(QueryError::BadValue { key: "mishaps", value, expected });
        }
        let missing = "1 to 64 letters, digits, '-', '_' or '.': whoever names the same job watches the same job";
        if job.id.is_empty() {
            return Err(QueryError::BadValue { key: "id", value: String::new(), expected: missing });
        }
        Ok(job)
    }

    /// What two watchers of one job must agree on, as the query that orders it.
    pub fn terms(&self) -> String {
        let Self { quorum, rate, steps, order: Order { seed, speed, .. }, .. } = self;
        format!("quorum={quorum}&rate={rate}&steps={steps}&seed={seed}&speed={speed}")
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), &'static str> {
        const RATE: &str = "training steps a second, 0.001 to 10000";
        const STEPS: &str = "training steps, 1 to 20000";
        match key {
            "id" => self.id = name(value)?,
            "after" => self.after = Some(parsed(value, "the number of an event")?),
            "quorum" => self.quorum = above_zero(value, "a number of watchers, at least 1")?,
            "rate" => {
                let rate = value.parse().ok().filter(|rate| (1e-3..=1e4).contains(rate)).and_then(Rate::per_second);
                self.rate = rate.ok_or(RATE)?;
            }
            "steps" => self.steps = Some(above_zero(value, STEPS)?).filter(|n| *n <= MAX_STEPS).ok_or(STEPS)?,
            _ => self.order.set(key, value)?,
        }
        Ok(())
    }
}

/// One event of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEvent {
    /// Accepted, with so many jobs before it.
    Queued(u32),
    /// Work has begun.
    Started,
    /// So many parts are done, of so many.
    Progress(u32, u32),
    /// The result, of about so many bytes.
    Output(u32),
    /// Metrics of a training step.
    Step(u32),
    /// Metrics of the machine.
    System(u32),
    /// A line of the log.
    Log(u32),
    /// The end.
    Done,
}

/// A job as it will happen: events with their due offsets in nanoseconds, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobScript {
    /// Seed of the numbers in the events.
    pub seed: u64,
    /// Due offset and event.
    pub events: Vec<(u64, JobEvent)>,
}

impl JobScript {
    /// A prediction: `queued → started → progress × 5 to 60, at 0.5 to 4 a second → output of 1 to 64 kB → done`.
    pub fn predict(order: &Order) -> Self {
        let random = &mut random(order.seed, PREDICTION);
        let parts = random.random_range(5..=60_u32);
        let every_ns = NS / Spread::Uniform(0.5, 4.0).draw(random);
        // Log-uniform: every doubling between 1 and 64 kB is equally likely.
        let bytes = 1000.0 * (LN_2 * Spread::Uniform(0.0, 6.0).draw(random)).exp();
        let due = |parts: u32| (f64::from(parts) * every_ns / order.speed) as u64;
        let mut events = vec![(0, JobEvent::Queued(random.random_range(0..8))), (due(1), JobEvent::Started)];
        events.extend((1..=parts).map(|part| (due(1 + part), JobEvent::Progress(part, parts))));
        events.push((due(1 + parts), JobEvent::Output(bytes as u32)));
        events.push((due(1 + parts), JobEvent::Done));
        Self { seed: order.seed, events }
    }

    /// A training run: steps at `rate`, metrics of the machine each 10 s, a burst of 20 to 50 log lines each 50 steps.
    pub fn train(order: &Order, rate: Rate, steps: u32) -> Self {
        let random = &mut random(order.seed, BURSTS);
        let mut events = vec![(0, JobEvent::Started)];
        let (mut systems, mut lines) = (0, 0);
        for step in 1..=steps {
            let at_ns = f64::from(step) * rate.interval_ns();
            while f64::from(systems + 1) * SYSTEM_EVERY_NS <= at_ns {
                systems += 1;
                events.push(((f64::from(systems) * SYSTEM_EVERY_NS / order.speed) as u64, JobEvent::System(systems)));
            }
            let due_ns = (at_ns / order.speed) as u64;
            events.push((due_ns, JobEvent::Step(step)));
            if step % CHECKPOINT_STEPS == 0 {
                let burst = random.random_range(20..=50);
                events.extend((lines..lines + burst).map(|line| (due_ns, JobEvent::Log(line))));
                lines += burst;
            }
        }
        let end = events.last().map_or(0, |(due_ns, _)| *due_ns);
        events.push((end, JobEvent::Done));
        Self { seed: order.seed, events }
    }
}

/// The numbers of one training step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepMetrics {
    /// Cross entropy, falling as `90 / (step + 10)` to 1.8, with noise.
    pub loss: f64,
    /// Learning rate: a warm-up of 100 steps, then constant.
    pub learning_rate: f64,
    /// Norm of the gradient.
    pub gradient_norm: f64,
    /// Tokens trained on, a second.
    pub tokens_per_second: u32,
    /// Memory in use, in bytes.
    pub memory_bytes: u64,
}

impl JobScript {
    /// The numbers of one step, or of one reading of the machine.
    pub fn metrics(&self, step: u32) -> StepMetrics {
        let random = &mut random(self.seed, METRICS + u64::from(step));
        StepMetrics {
            loss: 1.8 + 90.0 / (f64::from(step) + 10.0) + 0.05 * random.random::<f64>(),
            learning_rate: 3e-4 * (f64::from(step) / 100.0).min(1.0),
            gradient_norm: 0.5 + random.random::<f64>(),
            tokens_per_second: random.random_range(70_000..90_000),
            memory_bytes: random.random_range(60 << 30..70 << 30),
        }
    }

    /// Appends text of about that many bytes (never fewer, and less than a token more), the same for the same number.
    pub fn append_text(&self, number: u32, bytes: u32, out: &mut Vec<u8>) {
        let end = out.len() + bytes as usize;
        for index in 0.. {
            if out.len() >= end {
                break;
            }
            words::append(Language::English, mix(self.seed ^ u64::from(number)), index, 1, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_prediction_has_its_five_phases() {
        let script = JobScript::predict(&Order::default());
        let [
            (0, JobEvent::Queued(_)),
            (_, JobEvent::Started),
            middle @ ..,
            (_, JobEvent::Output(bytes)),
            (_, JobEvent::Done),
        ] = &script.events[..]
        else {
            panic!("{script:?}")
        };
        assert!((5..=60).contains(&middle.len()) && (1_000..=64_000).contains(bytes));
        assert!(matches!(middle.last(), Some((_, JobEvent::Progress(a, b))) if a == b));
    }

    #[test]
    fn a_training_run_has_steps_metrics_and_bursts() {
        let script = JobScript::train(&Order::default(), Rate::per_second(5.0).unwrap(), 500);
        let count = |wanted: fn(&JobEvent) -> bool| script.events.iter().filter(|(_, event)| wanted(event)).count();
        assert_eq!(count(|event| matches!(event, JobEvent::Step(_))), 500);
        assert_eq!(count(|event| matches!(event, JobEvent::System(_))), 10, "100 s at one each 10 s");
        assert!((200..=500).contains(&count(|event| matches!(event, JobEvent::Log(_)))));
    }

    #[test]
    fn orders_of_jobs_are_checked() {
        let job = JobOrder::from_query("id=a&rate=5&steps=9&seed=3&after=2&quorum=4").unwrap();
        assert_eq!(job.terms(), "quorum=4&rate=5&steps=9&seed=3&speed=1");
        assert_eq!((job.id.as_str(), job.steps, job.after, job.quorum, job.order.seed), ("a", 9, Some(2), 4, 3));
        for (query, text) in [
            ("", "id=: 1 to 64 letters"),
            ("id=a/b", "id=a/b: 1 to 64 letters"),
            ("id=a&rate=0", "rate=0: training steps a second, 0.001 to 10000"),
            ("id=a&steps=20001", "steps=20001: training steps, 1 to 20000"),
            ("id=a&sped=1", "unknown parameter 'sped' (known: id, after, quorum"),
            ("id=a&tokens=1", "unknown parameter 'tokens'"),
            ("id=a&mishaps=cut:3", "mishaps=cut:3: of a job, status, drop, duplicate and stall alone"),
        ] {
            let error = JobOrder::from_query(query).unwrap_err().to_string();
            assert!(error.starts_with(text), "{error}");
        }
    }

    proptest! {
        #[test]
        fn jobs_are_reproducible_and_in_order(seed: u64, steps in 1..300u32, rate in 0.01..100.0f64) {
            let order = Order { seed, ..Order::default() };
            let rate = Rate::per_second(rate).unwrap();
            let job = JobOrder { id: "a".to_owned(), after: None, quorum: 1, rate, steps, order };
            let read = JobOrder::from_query(&format!("id=a&{}", job.terms())).unwrap();
            for kind in JobKind::ALL {
                let script = kind.draw(&job);
                prop_assert!(script.events.is_sorted_by_key(|(due_ns, _)| *due_ns));
                prop_assert_eq!(script, kind.draw(&read), "as ordered by its terms");
            }
        }
    }
}
