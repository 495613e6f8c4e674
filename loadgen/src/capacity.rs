//! Runs a search for capacity: asks `reports` which load is next, runs both arms at it, records both, asks again.
//!
//! Refuses to decide anything: what is tried next and what was found follow from the records alone.

mod floor_runs;

pub use floor_runs::FloorRuns;

use crate::interrupt::Interrupt;
use crate::journal::{Journal, JournalError};
use crate::runner::order::Turn;
use crate::runner::{self, Progress, RunOptions};
use reports::Capacity;
use reports::capacity::{Ask, Observation, Stage, next, remaining};
use trial::{Arm, CapacityPlan, Cell, Line, Outcome, Pace, Plan, Push, StopRule, Workload};
use wire::Rate;

/// Shares of the smaller capacity at which response times are compared afterwards, in percent.
const LATENCY_LOADS: [u64; 3] = [25, 50, 75];

/// A search: what was asked, and the workload whose load is raised.
#[derive(Debug, Clone)]
pub struct Search {
    /// What was asked.
    pub plan: CapacityPlan,
    /// The streams whose load is raised; connections or rate, whichever is not raised, stay.
    pub push: Push,
    /// What else is the same at every step.
    pub cell: Cell,
}

/// Where a search stands.
#[derive(Debug, Default)]
pub struct Standing {
    /// What was seen.
    pub seen: Vec<Observation>,
    /// Trials on disk, and texts of those that failed.
    pub progress: Progress,
}

impl Search {
    /// Searches to the end or to an interrupt.
    ///
    /// # Errors
    /// [`JournalError`] when a record cannot be written.
    pub async fn run(
        &self,
        options: &RunOptions,
        journal: &mut Journal,
        interrupt: &mut Interrupt,
        mut report: impl FnMut(&Progress),
    ) -> Result<Standing, JournalError> {
        let mut standing = Standing::default();
        let mut random = fastrand::Rng::with_seed(options.seed);
        while let Some(ask) = next(&self.plan, &standing.seen, options.seed) {
            let cell = self.cell_of(ask);
            let (mut arms, seed) = (cell.block_arms(), random.u64(..));
            random.shuffle(&mut arms);
            for (arm, position) in arms.into_iter().zip(0..) {
                self.show(&mut standing, &cell, arm, &mut report);
                let turn = Turn { arm, block: ask.block, attempt: 0, position, seed };
                let trial = tokio::select! {
                    trial = runner::single(&cell, &turn, options) => trial,
                    () = interrupt.wait() => return Ok(standing),
                };
                if let Outcome::Failed(why) = &trial.outcome {
                    standing.progress.failures.push(format!("{} {arm}: {why}", cell.name));
                }
                standing.seen.extend(Observation::of(&self.plan, &trial));
                journal.append(&Line::Trial(Box::new(trial)))?;
                standing.progress.finished += 1;
                standing.progress.expected_done += cell.expected_trial();
            }
        }
        standing.progress.planned = standing.progress.finished;
        Ok(standing)
    }

    /// What was found so far.
    pub fn found(&self, standing: &Standing, seed: u64) -> Capacity {
        Capacity::from_observations(&self.plan, &standing.seen, seed)
    }

    fn show(&self, standing: &mut Standing, cell: &Cell, arm: Arm, report: &mut impl FnMut(&Progress)) {
        let left = remaining(&self.plan, &standing.seen);
        let progress = &mut standing.progress;
        progress.planned = progress.finished + left;
        progress.expected_left = self.cell.expected_trial() * u32::try_from(left).unwrap_or(u32::MAX);
        progress.current = format!("{} {arm}", cell.name);
        report(progress);
    }

    /// The cell of one step.
    fn cell_of(&self, ask: Ask) -> Cell {
        let mut cell = self.cell.clone();
        cell.name = ask.point.cell_name();
        match ask.point.stage {
            Stage::Saturated => {
                cell.workload = Push { sharing: wire::Sharing::Private, ..self.push.clone() }.saturated();
            }
            Stage::Search | Stage::Knee => cell.workload = Workload::Push(self.at(ask.point.load)),
        }
        cell
    }

    /// The streams, with `load` of what is raised.
    fn at(&self, load: u64) -> Push {
        let point = reports::capacity::Point { stage: Stage::Search, load };
        let Pace { schedule, rate } = self.push.pace;
        let (connections, raised) = point.load_of(self.plan.of, self.push.connections, rate.get());
        let pace = Pace { schedule, rate: Rate::per_second(raised).unwrap_or(rate) };
        Push { connections, pace, ..self.push.clone() }
    }

    /// Rounds of the floor at the smaller capacity; `None` where that is not known or an arm has no floor.
    pub fn floor_runs(&self, found: &Capacity, rounds: u32) -> Option<FloorRuns> {
        let load = found.both_hold()?;
        FloorRuns::new(&self.cell.arms, &self.at(load), load, rounds)
    }

    /// Response times of both arms at the same loads, well below what both hold; `None` where that is not known.
    pub fn latency_plan(&self, found: &Capacity, blocks: u32) -> Option<Plan> {
        let capacity = found.both_hold()?;
        let cell = |percent: u64| {
            let mut cell = Cell { blocks, null: true, ..self.cell.clone() };
            cell.workload = Workload::Push(self.at((capacity * percent / 100).max(1)));
            cell.name = format!("capacity/latency/{percent}");
            cell.why = format!("response time at {percent} % of the smaller capacity, the same load for both");
            cell
        };
        Some(Plan {
            name: "capacity".to_owned(),
            why: self.cell.why.clone(),
            cells: LATENCY_LOADS.map(cell).into(),
            stop: StopRule::default(),
            verdicts: true,
            practical: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reports::capacity::{Answer, NoRatio, Point, Shortfall};
    use trial::Variable;
    use wire::Transport;

    fn search(of: Variable) -> Search {
        let workload = Plan::from_toml(
            "name='p'\nwhy='w'\n[[cell]]\nname='capacity'\nwhy='w'\nscenario='push'\nconnections=10\nrate=5\nnull=false\n",
        );
        let plan = CapacityPlan {
            slo: "p99=10ms".parse().unwrap(),
            of,
            arms: [Transport::Sse, Transport::WebSocket],
            start: None,
            limit: 1_000_000,
            trials: 3,
            precision: 1.05,
            knee_blocks: 8,
        };
        let cell = workload.unwrap().cells.remove(0);
        let Workload::Push(push) = cell.workload.clone() else { panic!("not pushed") };
        Search { plan, push, cell }
    }

    #[test]
    fn a_step_raises_what_was_asked_and_nothing_else() {
        let ask = |stage| Ask { point: Point { stage, load: 1000 }, block: 0 };
        let of = |variable, stage| {
            let workload = search(variable).cell_of(ask(stage)).workload;
            (workload.connections(), workload.pace().map(|pace| pace.rate.get()))
        };
        assert_eq!(of(Variable::Rate, Stage::Search), (10, Some(100.0)), "events a second over all connections");
        assert_eq!(of(Variable::Connections, Stage::Knee), (1000, Some(5.0)));
        assert_eq!(of(Variable::Rate, Stage::Saturated), (10, None));
    }

    #[test]
    fn response_times_are_compared_below_what_both_arms_hold() {
        let search = search(Variable::Rate);
        let holds = |holds| Answer::NotFound { holds, why: Shortfall::Unfinished };
        let found = |base, other| Capacity {
            plan: search.plan.clone(),
            answers: [holds(base), holds(other)],
            ratio: Err(NoRatio::Unfinished),
            steps: Vec::new(),
            floors: Vec::new(),
        };
        let plan = search.latency_plan(&found(Some(40_000), Some(90_000)), 6).unwrap();
        let rates: Vec<_> = plan.cells.iter().map(|cell| cell.workload.pace().unwrap().rate.get()).collect();
        assert_eq!(rates, [1000.0, 2000.0, 3000.0]);
        assert_eq!((plan.cells[0].name.as_str(), plan.trials()), ("capacity/latency/25", 3 * 6 * 3));
        assert_eq!(search.latency_plan(&found(Some(40_000), None), 6), None);
    }
}
