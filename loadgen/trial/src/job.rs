//! What a cell watches when its events are those of jobs: which kind, how fast, what is due when. Pure data and arithmetic:
//! refuses to watch.

use crate::Timing;
use crate::llm_load::problem_of_speed;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use wire::llm::{JobKind, JobOrder, JobScript, Order};
use wire::{Rate, Sharing};

/// Most training steps of a job.
const MOST_STEPS: f64 = 20_000.0;

/// Jobs of our own service, watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Watchers.
    pub connections: u32,
    /// A prediction for each watcher, or one training run for all of them.
    #[serde(rename = "job")]
    pub kind: JobKind,
    /// Training steps a second, before `speed`.
    pub rate: Rate,
    /// Time scaling: divides the due offset of every event.
    pub speed: f64,
    /// How long.
    #[serde(flatten)]
    pub timing: Timing,
    /// Whether the client asks the kernel when each read's last byte came.
    pub stamps: bool,
}

impl Job {
    /// Who reads what: predictions are everybody's own, a training run is one stream for all.
    pub const fn sharing(&self) -> Sharing {
        match self.kind {
            JobKind::Predict => Sharing::Private,
            JobKind::Train => Sharing::Shared,
        }
    }

    /// The job that watcher `index` of a trial with this seed asks for; `name` is one that no other trial has.
    pub fn order(&self, seed: u64, index: u32, name: &str) -> JobOrder {
        let order = |seed| Order { seed, speed: self.speed, ..Order::default() };
        let (id, quorum, order) = match self.kind {
            JobKind::Predict => (format!("{name}-{index}"), 1, order(seed.wrapping_add(u64::from(index)))),
            JobKind::Train => (name.to_owned(), self.connections, order(seed)),
        };
        JobOrder { id, after: None, quorum, rate: self.rate, steps: self.steps(), order }
    }

    /// Due offsets of that watcher's events in nanoseconds, from the start of its job to the end of the window, and
    /// whether the job ends with them.
    pub fn dues(&self, seed: u64, index: u32) -> (Vec<u64>, bool) {
        let JobScript { events, .. } = self.kind.draw(&self.order(seed, index, ""));
        let end_ns = nanos(self.timing.whole());
        let dues: Vec<_> = events.iter().map(|(due_ns, _)| *due_ns).take_while(|due_ns| *due_ns < end_ns).collect();
        let whole = dues.len() == events.len();
        (dues, whole)
    }

    /// Events over all watchers that are due within the window, where all of them begin at one time.
    fn planned(&self, seed: u64) -> u64 {
        let warmup_ns = nanos(self.timing.warmup);
        let of = |index| self.dues(seed, index).0.iter().filter(|due_ns| **due_ns >= warmup_ns).count() as u64;
        match self.kind {
            JobKind::Predict => (0..self.connections).map(of).sum(),
            JobKind::Train => of(0) * u64::from(self.connections),
        }
    }

    /// Events a second over all watchers within the window, of one draw.
    pub fn offered(&self) -> f64 {
        self.planned(1) as f64 / self.timing.window.as_secs_f64().max(1e-3)
    }

    /// What makes it impossible to run, with the remedy.
    pub fn problem(&self) -> Option<String> {
        let speed = problem_of_speed(self.speed);
        if speed.is_some() {
            return speed;
        }
        let steps = self.steps_due();
        let many = self.kind == JobKind::Train && !(1.0..=MOST_STEPS).contains(&steps);
        many.then(|| {
            format!(
                "{steps:.0} training steps within warmup and window: must be 1 to {MOST_STEPS}; change rate or speed"
            )
        })
    }

    /// Training steps that end just within the window: a run that is watched to its end.
    fn steps(&self) -> u32 {
        self.steps_due().clamp(1.0, MOST_STEPS) as u32
    }

    fn steps_due(&self) -> f64 {
        let seconds = self.timing.whole().as_secs_f64();
        (self.rate.get() * self.speed * seconds).ceil() - 1.0
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(kind: JobKind, connections: u32, speed: f64, rate: f64) -> Job {
        let timing = Timing { warmup: Duration::from_secs(1), window: Duration::from_secs(2) };
        Job { connections, kind, rate: Rate::per_second(rate).unwrap(), speed, timing, stamps: true }
    }

    #[test]
    fn a_training_run_is_one_for_all_and_ends_within_the_window() {
        let job = job(JobKind::Train, 40, 10.0, 1.0);
        let order = job.order(7, 3, "x");
        assert_eq!((order.id.as_str(), order.quorum, order.steps, order.order.seed), ("x", 40, 29, 7));
        let (dues, whole) = job.dues(7, 3);
        assert_eq!(
            (dues.len(), whole),
            (1 + 29 + 1 + 2, true),
            "started, steps, done, and the machine each 10 s of life"
        );
        assert_eq!(dues, job.dues(7, 0).0);
        // From 1 s on: steps 10 to 29, both readings, done.
        assert_eq!(job.planned(7), 40 * (20 + 2 + 1));
        assert!((job.offered() - 460.0).abs() < 1e-9);
    }

    #[test]
    fn predictions_are_everybodys_own_and_may_outlast_the_window() {
        let job = job(JobKind::Predict, 60, 10.0, 1.0);
        let of = |index| job.order(7, index, "x");
        assert_eq!((of(3).id.as_str(), of(3).quorum, of(3).order.seed), ("x-3", 1, 10));
        let ends = (0..60).filter(|&index| job.dues(7, index).1).count();
        assert!((1..60).contains(&ends), "{ends} of 60 end within the window");
        let all: usize = (0..60).map(|index| job.dues(7, index).0.len()).sum();
        assert!((1..all as u64).contains(&job.planned(7)));
    }

    #[test]
    fn impossible_jobs_are_refused() {
        let problem = |kind, speed, rate| job(kind, 1, speed, rate).problem();
        assert_eq!(problem(JobKind::Train, 1.0, 1.0), None);
        assert!(problem(JobKind::Train, 0.0, 1.0).unwrap().starts_with("speed = 0"));
        assert!(problem(JobKind::Train, 1.0, 0.1).unwrap().starts_with("0 training steps"));
        assert!(problem(JobKind::Train, 1e4, 1.0).unwrap().starts_with("29999 training steps"));
        assert_eq!(problem(JobKind::Predict, 1e4, 1.0), None, "a prediction has no rate");
    }
}
