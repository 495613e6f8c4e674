//! What makes a cell impossible to run, each with its remedy. Refuses to mend anything.

use crate::{Cell, ClientKind, Plan, Workload};
use std::time::Duration;
use wire::{MAX_PAYLOAD_BYTES, MIN_PAYLOAD_BYTES};

/// Most cells that one plan may expand to.
const MAX_CELLS: usize = 1000;

/// Why a text is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Not TOML, an unknown key or a value of the wrong kind.
    #[error("{0}")]
    Toml(String),
    /// A plan that cannot be run.
    #[error("cell '{cell}': {problem}")]
    Cell {
        /// Name of the cell.
        cell: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A row that cannot be: its name, what is wrong and what would be right.
    #[error("section '{0}': {1}")]
    Section(String, String),
    /// An end that cannot be.
    #[error("{0}")]
    Stop(String),
    /// A limit of what matters that cannot be.
    #[error("practical = {0:?}: must be above zero, 1 s at most")]
    Practical(Duration),
    /// No cell, or far too many.
    #[error("a plan needs 1 to {MAX_CELLS} cells, this one has {0}")]
    CellCount(usize),
}

impl Plan {
    /// Whether every cell can be run; flags may have changed what the file said.
    ///
    /// # Errors
    /// [`PlanError`], whose text names the cell and the remedy.
    pub fn check(&self) -> Result<(), PlanError> {
        if self.cells.is_empty() || self.cells.len() > MAX_CELLS {
            return Err(PlanError::CellCount(self.cells.len()));
        }
        if let Some(limit) = self.practical.filter(|limit| limit.is_zero() || *limit > Duration::from_secs(1)) {
            return Err(PlanError::Practical(limit));
        }
        for (i, cell) in self.cells.iter().enumerate() {
            let repeated = self.cells[..i].iter().any(|other| other.name == cell.name);
            let problem = if repeated { Some("its name is taken".to_owned()) } else { problem_of(cell) };
            if let Some(problem) = problem {
                return Err(PlanError::Cell { cell: cell.name.clone(), problem });
            }
        }
        Ok(())
    }
}

/// What makes a cell impossible to run, with the remedy.
fn problem_of(cell: &Cell) -> Option<String> {
    if let Some(Err(problem)) = cell.arms.iter().map(|arm| cell.workload.has_parts(*arm)).find(Result::is_err) {
        return Some(problem.to_string());
    }
    // Its steps would find no load that such an arm holds, however long they look.
    if let Some(why) = cell.search().and_then(|_| cell.arms.iter().find_map(|arm| cell.workload.supports(*arm).err())) {
        return Some(why);
    }
    let checks = [
        (cell.arms.is_empty(), "arms is empty".to_owned()),
        (cell.arms.iter().any(|arm| arm.twin), "the null twin is no arm of a plan: null = true adds it".to_owned()),
        (
            cell.arms.iter().enumerate().any(|(i, arm)| cell.arms[..i].contains(arm)),
            "arms names one of them twice: null = true adds a second copy of the base".to_owned(),
        ),
        (cell.base().is_some_and(|base| !cell.arms.contains(&base)), "base must be one of the cell's arms".to_owned()),
        (!(1..=1000).contains(&cell.blocks), format!("blocks = {}: must be 1 to 1000", cell.blocks)),
        (
            !(1..=1000).contains(&cell.controls_every),
            format!("controls_every = {}: must be 1 to 1000", cell.controls_every),
        ),
        (
            cell.workload.stamps() && !cell.workload.has_stamps(&cell.arms),
            "stamps = true needs client = 'lean'".to_owned(),
        ),
        (
            matches!(cell.workload, Workload::Job(_)) && cell.clients() != [ClientKind::Lean],
            "job = 'KIND' needs client = 'lean'".to_owned(),
        ),
        (cell.search().is_some() && cell.row.is_some(), "a search for capacity feeds no row: leave row out".to_owned()),
    ];
    let found = checks.into_iter().find_map(|(wrong, problem)| wrong.then_some(problem));
    found.or_else(|| cell.cadence.problem()).or_else(|| problem_of_workload(&cell.workload))
}

fn problem_of_workload(workload: &Workload) -> Option<String> {
    let payload_bytes = workload.content().map_or(MIN_PAYLOAD_BYTES, |content| content.payload_bytes);
    let connections = workload.connections();
    let steps: &[u32] = if let Workload::Memory { steps, .. } = workload { steps } else { &[1, 2, 3, 4] };
    let checks = [
        (
            !(MIN_PAYLOAD_BYTES..=MAX_PAYLOAD_BYTES).contains(&payload_bytes),
            format!("payload = {payload_bytes}: must be {MIN_PAYLOAD_BYTES} (the stamp) to {MAX_PAYLOAD_BYTES} bytes"),
        ),
        (steps.len() < 4, "steps needs at least four rising numbers of connections".to_owned()),
        (!steps.is_sorted_by(|a, b| a < b), "steps must rise".to_owned()),
        (!(1..=100_000).contains(&connections), format!("connections = {connections}: must be 1 to 100000")),
        (workload.timing().is_some_and(|timing| timing.window.is_zero()), "window must be above zero".to_owned()),
        (
            workload.timing().is_some_and(|timing| timing.whole() > Duration::from_secs(3600)),
            "warmup and window together must stay within an hour".to_owned(),
        ),
    ];
    let found = checks.into_iter().find_map(|(wrong, problem)| wrong.then_some(problem));
    found.or_else(|| match workload {
        Workload::Llm { asked, .. } => asked.problem(),
        Workload::Job(job) => job.problem(),
        Workload::ToolLoop(asked) => asked.problem(),
        Workload::Capacity { push, search } => search.problem(push),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use crate::Plan;
    use std::time::Duration;

    const HEAD: &str = "name = 'p'\nwhy = 'w'\n[[cell]]\nname = 'a'\nwhy = 'b'\nscenario = 'push'\n";

    #[test]
    fn impossible_cells_are_refused_with_the_remedy() {
        for (line, text) in [
            ("payload = 47", "cell 'a': payload = 47: must be 48 (the stamp) to 1048576 bytes"),
            ("blocks = 0", "cell 'a': blocks = 0: must be 1 to 1000"),
            ("window = '0s'", "cell 'a': window must be above zero"),
            ("transports = []", "cell 'a': arms is empty"),
            ("arms = ['sse']\ntransports = ['sse']", "cell 'a': transports is short for arms: give one of them"),
            ("base = 'raw-tcp'", "cell 'a': base must be one of the cell's arms"),
            ("arms = ['sse', 'sse/h2']", "cell 'a': sse/h2: carrier h2 is not supported yet"),
            ("arms = ['sse', \"sse'\"]", "cell 'a': the null twin is no arm of a plan: null = true adds it"),
            (
                "transports = ['sse', 'sse']",
                "cell 'a': arms names one of them twice: null = true adds a second copy of the base",
            ),
            ("steps = [3, 2]", "cell 'a': steps means nothing to its scenario: leave it out"),
            ("workload = 'chat'", "cell 'a': workload means nothing to its scenario: leave it out"),
            ("job = 'train'\nspeed = -1", "cell 'a': speed = -1: must be 0.001 to 1000000"),
            ("stamps = true\nclient = 'library'", "cell 'a': stamps = true needs client = 'lean'"),
        ] {
            assert_eq!(Plan::from_toml(&format!("{HEAD}{line}\n")).unwrap_err().to_string(), text);
        }
        for (scenario, line, text) in [
            ("memory", "steps = [3, 2, 5, 6]", "cell 'a': steps must rise"),
            ("memory", "steps = [1, 2]", "cell 'a': steps needs at least four rising numbers of connections"),
        ] {
            let text_of = Plan::from_toml(&format!("{}{line}\n", HEAD.replace("push", scenario)));
            assert_eq!(text_of.unwrap_err().to_string(), text);
        }
        let twice = HEAD.to_owned() + "[[cell]]\nname = 'a'\nwhy = 'b'\nscenario = 'echo'\n";
        assert_eq!(Plan::from_toml(&twice).unwrap_err().to_string(), "cell 'a': its name is taken");
    }

    #[test]
    fn the_shortest_time_that_matters_is_read_and_has_its_bounds() {
        let plan = |text| Plan::from_toml(&format!("practical = '{text}'\n{HEAD}"));
        assert_eq!(plan("50us").unwrap().practical, Some(Duration::from_micros(50)));
        for (text, shown) in [("0us", "0ns"), ("2s", "2s")] {
            let expected = format!("practical = {shown}: must be above zero, 1 s at most");
            assert_eq!(plan(text).unwrap_err().to_string(), expected);
        }
    }
}
