//! The search for capacity that a cell asks for, and the cells of its steps. Refuses to search: `reports` decides what is next
//! and what was found.

use crate::{Cell, Push, Workload};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use wire::{Rate, Sharing};

/// Most objectives of one SLO.
const MAX_OBJECTIVES: usize = 8;
/// Highest rate of one stream: what our servers admit.
const MAX_RATE: u64 = 1_000_000;
/// Most connections: what our servers admit.
const MAX_CONNECTIONS: u64 = 20_000;

/// A service level: how slow which share of the events may be. Text form: `p99=10ms`, several with commas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slo(Vec<Objective>);

/// One part of a service level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective {
    /// Share of the events due in the window, in `(0, 1)`.
    pub share: f64,
    /// Longest response time that this share may have.
    pub limit: Duration,
}

/// A text that is no service level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no objective: expected a quantile and a response time, such as p99=10ms (several with commas)")]
pub struct ParseSloError(String);

/// What is raised until the service level breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variable {
    /// Events a second over all connections.
    Rate,
    /// Connections, each at its own rate.
    Connections,
}

/// A search for the highest load that holds a service level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// What must hold.
    pub slo: Slo,
    /// What is raised.
    pub of: Variable,
    /// First load; `None` takes 5 % of what the fastest arm delivers unpaced, or the connections of the cell.
    pub start: Option<u64>,
    /// Load above which is not searched; `None`: the most that our servers admit.
    pub limit: Option<u64>,
    /// Trials of each step and arm; the majority decides.
    pub trials: u32,
    /// Ratio of the lowest load that fails to the highest that holds at which the search ends.
    pub precision: f64,
    /// Shares of the smallest capacity, in percent, at which response times are compared afterwards.
    pub latency: Vec<u32>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            slo: Slo(vec![Objective { share: 0.99, limit: Duration::from_millis(10) }]),
            of: Variable::Rate,
            start: None,
            limit: None,
            trials: 3,
            precision: 1.05,
            latency: vec![25, 50, 75],
        }
    }
}

impl Search {
    /// The most that our servers admit, in the unit of the search.
    fn most(&self, push: &Push) -> u64 {
        match self.of {
            Variable::Rate => MAX_RATE * u64::from(push.connections),
            Variable::Connections => MAX_CONNECTIONS,
        }
    }

    /// What makes it impossible to run with these streams, with the remedy.
    pub(crate) fn problem(&self, push: &Push) -> Option<String> {
        let within = |load: Option<u64>| load.is_none_or(|load| (1..=self.most(push)).contains(&load));
        let rises =
            self.latency.is_sorted_by(|a, b| a < b) && self.latency.iter().all(|share| (1..=100).contains(share));
        let checks = [
            (!within(self.start) || !within(self.limit), format!("start and limit: must be 1 to {}", self.most(push))),
            (!(1..=99).contains(&self.trials), "trials: must be 1 to 99".to_owned()),
            (!(1.001..=2.0).contains(&self.precision), "precision takes a ratio from 1.001 to 2".to_owned()),
            (!rises, "latency takes rising shares from 1 to 100, in percent".to_owned()),
        ];
        checks.into_iter().find_map(|(wrong, problem)| wrong.then_some(problem))
    }
}

/// Part of a search that a trial belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Unpaced: what both ends can move at all, from which the first load follows.
    Saturated,
    /// Bracketing and bisecting.
    Search,
    /// Blocks around the capacities.
    Knee,
}

impl Stage {
    const ALL: [Self; 3] = [Self::Saturated, Self::Search, Self::Knee];

    /// The name in the names of cells.
    const fn name(self) -> &'static str {
        match self {
            Self::Saturated => "saturated",
            Self::Search => "search",
            Self::Knee => "knee",
        }
    }
}

/// A stage and a load in the unit of its search: events a second over all connections, or connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Part of the search.
    pub stage: Stage,
    /// Load.
    pub load: u64,
}

/// A cell that searches for a capacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked<'a> {
    /// The cell. Its blocks are those around the capacities and below the smallest; a single one asks for neither.
    pub cell: &'a Cell,
    /// The streams whose load is raised; connections or rate, whichever is not raised, stay.
    pub push: &'a Push,
    /// What is sought.
    pub search: &'a Search,
}

impl Cell {
    /// What the cell asks for, where it searches for a capacity.
    pub const fn search(&self) -> Option<Asked<'_>> {
        match &self.workload {
            Workload::Capacity { push, search } => Some(Asked { cell: self, push, search }),
            _ => None,
        }
    }
}

impl Asked<'_> {
    /// First load; `None` where it follows from what the arms deliver unpaced.
    pub fn start(self) -> Option<u64> {
        let own = (self.search.of == Variable::Connections).then(|| self.push.connections.into());
        self.search.start.or(own)
    }

    /// Load above which is not searched.
    pub fn limit(self) -> u64 {
        self.search.limit.unwrap_or_else(|| self.search.most(self.push))
    }

    /// Blocks around the capacities; none where there is nothing to compare.
    pub const fn blocks(self) -> u32 {
        if self.cell.blocks > 1 && self.cell.arms.len() > 1 { self.cell.blocks } else { 0 }
    }

    /// The cell of one step.
    pub fn step(self, point: Point) -> Cell {
        let workload = match point.stage {
            Stage::Saturated => Push { sharing: Sharing::Private, ..self.push.clone() }.saturated(),
            Stage::Search | Stage::Knee => Workload::Push(self.streams(point.load)),
        };
        let name = format!("{}/{}/{}", self.cell.name, point.stage.name(), point.load);
        Cell { name, workload, null: false, blocks: 1, controls_every: 1, ..self.cell.clone() }
    }

    /// The point that a cell of this name tries; `None` for cells of anything else.
    pub fn point(self, name: &str) -> Option<Point> {
        let (stage, load) = self.part(name)?.split_once('/')?;
        let stage = Stage::ALL.into_iter().find(|known| known.name() == stage)?;
        Some(Point { stage, load: load.parse().ok()? })
    }

    /// Whether a cell of this name is one of response times below what was found.
    pub fn has_latency(self, name: &str) -> bool {
        self.part(name).is_some_and(|part| part.starts_with("latency/"))
    }

    /// What follows the name of the search in that of a cell of it.
    fn part(self, name: &str) -> Option<&str> {
        name.strip_prefix(&self.cell.name)?.strip_prefix('/')
    }

    /// The streams, with `load` of what is raised.
    pub fn streams(self, load: u64) -> Push {
        let mut push = self.push.clone();
        match self.search.of {
            Variable::Rate => {
                let each = load as f64 / f64::from(push.connections.max(1));
                push.pace.rate = Rate::per_second(each).unwrap_or(push.pace.rate);
            }
            Variable::Connections => push.connections = u32::try_from(load).unwrap_or(u32::MAX),
        }
        push
    }

    /// Cells of response times, the same for all arms, at shares of a load that all hold.
    pub fn latency(self, load: u64) -> Vec<Cell> {
        let cell = |percent: &u32| Cell {
            name: format!("{}/latency/{percent}", self.cell.name),
            why: format!("response time at {percent} % of the smallest capacity, the same load for all"),
            workload: Workload::Push(self.streams((load * u64::from(*percent) / 100).max(1))),
            ..self.cell.clone()
        };
        let shares = self.search.latency.iter().filter(|_| self.cell.blocks > 1);
        shares.map(cell).collect()
    }
}

impl Slo {
    /// The objectives, at least one.
    pub fn objectives(&self) -> &[Objective] {
        &self.0
    }

    /// The shortest response time of any objective.
    pub fn tightest(&self) -> Duration {
        self.0.iter().map(|objective| objective.limit).min().unwrap_or_default()
    }
}

impl FromStr for Slo {
    type Err = ParseSloError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let objectives = text.split(',').map(str::trim).map(Objective::from_str).collect::<Result<Vec<_>, _>>()?;
        let fits = objectives.len() <= MAX_OBJECTIVES;
        fits.then_some(Self(objectives)).ok_or_else(|| ParseSloError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Slo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(Objective::to_string).collect();
        f.pad(&words.join(","))
    }
}

impl FromStr for Objective {
    type Err = ParseSloError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let (quantile, limit) = text.split_once('=')?;
            let percent: f64 = quantile.trim().strip_prefix('p')?.parse().ok()?;
            let limit = humantime::parse_duration(limit.trim()).ok()?;
            let fits = percent > 0.0 && percent < 100.0 && !limit.is_zero() && limit <= Duration::from_secs(60);
            fits.then_some(Self { share: percent / 100.0, limit })
        };
        parsed().ok_or_else(|| ParseSloError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Percent to a millionth: division by 100 must not show.
        let percent = (self.share * 1e8).round() / 1e6;
        write!(f, "p{percent}={}", humantime::format_duration(self.limit))
    }
}

wire::as_text!(Slo);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arm, ClientKind, Plan};
    use wire::Transport;

    #[test]
    fn a_service_level_keeps_its_text() {
        for text in ["p99=10ms", "p50=200us,p99.9=50ms", "p99.99=1s"] {
            assert_eq!(text.parse::<Slo>().unwrap().to_string(), text);
        }
        let spaced: Slo = "p90 = 1ms, p99=5ms".parse().unwrap();
        assert_eq!((spaced.to_string().as_str(), spaced.tightest()), ("p90=1ms,p99=5ms", Duration::from_millis(1)));
        assert!((spaced.objectives()[1].share - 0.99).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_service_level_says_what_is() {
        for text in
            ["", "p99", "p99=", "99=10ms", "p100=1s", "p0=1s", "p99=0s", "p99=10", "p99=2h", "ttft=1s", "p99=1s,"]
        {
            let error = text.parse::<Slo>().unwrap_err().to_string();
            assert!(error.contains("such as p99=10ms"), "{text}: {error}");
        }
    }

    fn cell(search: &str) -> Cell {
        let head = "name='p'\nwhy='w'\nblocks=6\n[[cell]]\nname='capacity'\nwhy='w'\nscenario='capacity'\n";
        let text = format!("{head}connections=10\nrate=5\nsharing='shared'\nsearch={{ {search} }}\n");
        Plan::from_toml(&text).unwrap_or_else(|error| panic!("{error}")).cells.remove(0)
    }

    #[test]
    fn a_plan_declares_a_search_and_keeps_it_in_its_record() {
        let cell = cell("slo = 'p90=1ms', of = 'connections', trials = 1");
        let asked = cell.search().unwrap();
        assert_eq!((asked.search.slo.to_string().as_str(), asked.search.trials), ("p90=1ms", 1));
        assert_eq!((asked.start(), asked.limit(), asked.blocks()), (Some(10), 20_000, 6));
        assert_eq!(cell.trials_in(6), 0, "which are run follows from their results");
        let written = serde_json::to_string(&cell).unwrap();
        assert_eq!(serde_json::from_str::<Cell>(&written).unwrap(), cell);
    }

    #[test]
    fn a_search_that_cannot_be_is_refused_with_the_remedy() {
        let head = "name='p'\nwhy='w'\n[[cell]]\nname='a'\nwhy='w'\nscenario='capacity'\n";
        for (line, said) in [
            ("search = { start = 0 }", "cell 'a': start and limit: must be 1 to 1000000"),
            ("search = { of = 'connections', limit = 20001 }", "cell 'a': start and limit: must be 1 to 20000"),
            ("search = { trials = 0 }", "cell 'a': trials: must be 1 to 99"),
            ("search = { precision = 1 }", "cell 'a': precision takes a ratio from 1.001 to 2"),
            ("search = { latency = [50, 25] }", "cell 'a': latency takes rising shares from 1 to 100, in percent"),
            ("search = { slos = 'p99=1s' }", "did you mean `slo`?"),
            ("arms = ['sse', 'sse!incremental']", "cell 'a': the incremental client runs tool loops alone"),
            ("row = 'throughput'", "cell 'a': a search for capacity feeds no row: leave row out"),
            ("steps = [1, 2, 3, 4]", "cell 'a': steps means nothing to its scenario: leave it out"),
        ] {
            let problem = Plan::from_toml(&format!("{head}{line}\n")).unwrap_err().to_string();
            assert!(problem.contains(said), "{problem}");
        }
    }

    #[test]
    fn a_step_raises_what_was_asked_and_nothing_else() {
        let of = |of, stage| {
            let cell = cell(&format!("of = '{of}'"));
            let step = cell.search().unwrap().step(Point { stage, load: 1000 });
            assert_eq!(cell.search().unwrap().point(&step.name), Some(Point { stage, load: 1000 }));
            (step.workload.connections(), step.workload.pace().map(|pace| pace.rate.get()), step.workload.is_shared())
        };
        assert_eq!(of("rate", Stage::Search), (10, Some(100.0), true), "events a second over all connections");
        assert_eq!(of("connections", Stage::Knee), (1000, Some(5.0), true));
        assert_eq!(of("rate", Stage::Saturated), (10, None, false));
        let cell = cell("");
        for name in ["capacity/latency/25", "capacity/search", "capacity/search/x", "other/search/5", ""] {
            assert_eq!(cell.search().unwrap().point(name), None, "{name}");
            assert_eq!(cell.search().unwrap().has_latency(name), name == "capacity/latency/25");
        }
    }

    #[test]
    fn response_times_are_compared_below_what_all_arms_hold() {
        let cell = cell("");
        let cells = cell.search().unwrap().latency(40_000);
        let rates: Vec<_> = cells.iter().map(|cell| cell.workload.pace().unwrap().rate.get()).collect();
        assert_eq!(rates, [1000.0, 2000.0, 3000.0]);
        assert_eq!((cells[0].name.as_str(), cells[0].trials_in(6)), ("capacity/latency/25", 6 * 3));
        let first_look = Cell { blocks: 1, ..cell.clone() };
        let asked = first_look.search().unwrap();
        assert!(asked.latency(40_000).is_empty() && asked.blocks() == 0);
    }

    #[test]
    fn a_search_can_do_what_its_steps_can() {
        let cell = cell("");
        let step = cell.search().unwrap().step(Point { stage: Stage::Search, load: 1 });
        for arm in Transport::ALL
            .into_iter()
            .flat_map(|protocol| ClientKind::ALL.map(|client| Arm::of(protocol).read_by(client)))
        {
            assert_eq!(cell.workload.supports(arm), step.workload.supports(arm), "{arm}");
        }
    }
}
