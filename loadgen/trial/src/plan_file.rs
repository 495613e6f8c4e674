//! A plan as TOML. Lists of rates, payloads, connections or presets expand into a grid of cells.
//!
//! Refuses unknown keys and says which known one is nearest.

use crate::plan_check::problem_of;
use crate::{Arm, Begin, Cadence, Cell, ClientKind, JobLoad, LlmLoad, Load, Plan, Row, Scenario, StopRule};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use wire::llm::JobKind;
use wire::{Faults, Flush, Preset, Rate, Schedule, Sharing, Transport};

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
    /// No cell, or far too many.
    #[error("a plan needs 1 to {MAX_CELLS} cells, this one has {0}")]
    CellCount(usize),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    name: String,
    why: String,
    #[serde(default = "six")]
    blocks: u32,
    max_blocks: Option<u32>,
    #[serde(default, with = "crate::span::optional")]
    budget: Option<Duration>,
    redo: Option<f64>,
    /// Base of every cell that names none of its own and has this arm.
    base: Option<Arm>,
    verdicts: Option<bool>,
    #[serde(default)]
    section: Vec<Row>,
    cell: Vec<CellSpec>,
}

fn six() -> u32 {
    6
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn values(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CellSpec {
    name: String,
    why: String,
    row: Option<String>,
    scenario: Scenario,
    arms: Option<Vec<Arm>>,
    /// Short form of `arms` for those that differ in the protocol alone.
    transports: Option<Vec<Transport>>,
    base: Option<Arm>,
    null: Option<bool>,
    preset: Option<OneOrMany<Preset>>,
    flush: Option<Flush>,
    #[serde(default, with = "crate::span::optional")]
    tick: Option<Duration>,
    #[serde(default, with = "crate::span::optional")]
    spin: Option<Duration>,
    /// Reads all arms of the cell, in the place of what they say.
    client: Option<ClientKind>,
    blocks: Option<u32>,
    connections: Option<OneOrMany<u32>>,
    schedule: Option<Schedule>,
    rate: Option<OneOrMany<Rate>>,
    payload: Option<OneOrMany<usize>>,
    sharing: Option<Sharing>,
    ids: Option<bool>,
    #[serde(default, with = "crate::span::optional")]
    warmup: Option<Duration>,
    #[serde(default, with = "crate::span::optional")]
    window: Option<Duration>,
    #[serde(default)]
    steps: Vec<u32>,
    faults: Option<Faults>,
    stamps: Option<bool>,
    workload: Option<String>,
    job: Option<JobKind>,
    arrival: Option<Begin>,
    speed: Option<f64>,
    tokens: Option<u32>,
}

impl Plan {
    /// Reads a plan and expands its grids.
    ///
    /// # Errors
    /// [`PlanError`], whose text names the line, the cell or the nearest known key.
    pub fn from_toml(text: &str) -> Result<Self, PlanError> {
        let mut file: PlanFile = toml::from_str(text).map_err(|error| PlanError::Toml(with_nearest(&error)))?;
        let rows = Row::known(std::mem::take(&mut file.section))?;
        let rows = file.cell.iter().map(|spec| Row::of_cell(&spec.name, spec.row.as_deref(), &rows));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let cells: Vec<Cell> = file.cell.iter().zip(rows).flat_map(|(spec, row)| spec.expand(&file, row)).collect();
        if cells.is_empty() || cells.len() > MAX_CELLS {
            return Err(PlanError::CellCount(cells.len()));
        }
        for (i, cell) in cells.iter().enumerate() {
            let repeated = cells[..i].iter().any(|other| other.name == cell.name);
            let problem = if repeated { Some("its name is taken".to_owned()) } else { problem_of(cell) };
            if let Some(problem) = problem {
                return Err(PlanError::Cell { cell: cell.name.clone(), problem });
            }
        }
        let verdicts = file.verdicts.unwrap_or(true);
        Ok(Self { stop: file.stop()?, name: file.name, why: file.why, cells, verdicts })
    }
}

impl PlanFile {
    fn stop(&self) -> Result<StopRule, PlanError> {
        let redo = self.redo.unwrap_or(StopRule::default().redo);
        if !(0.0..=1.0).contains(&redo) {
            return Err(PlanError::Stop(format!("redo = {redo}: must be a share from 0 to 1")));
        }
        if let Some(most) = self.max_blocks.filter(|most| !(self.blocks..=1000).contains(most)) {
            return Err(PlanError::Stop(format!("max_blocks = {most}: must be {} (blocks) to 1000", self.blocks)));
        }
        Ok(StopRule { max_blocks: self.max_blocks, budget: self.budget, redo })
    }
}

impl CellSpec {
    /// The grid that the lists of this cell span.
    fn expand(&self, file: &PlanFile, row: Option<Arc<Row>>) -> Vec<Cell> {
        let cells = vec![Cell { row, ..self.cell(file) }];
        let cells = spread(cells, self.preset.as_ref(), |cell, &preset| {
            cell.preset = preset;
            preset.to_string()
        });
        let cells = spread(cells, self.connections.as_ref(), |cell, &connections| {
            cell.load.connections = connections;
            format!("{connections}c")
        });
        let cells = spread(cells, self.rate.as_ref(), |cell, &rate| {
            cell.load.rate = rate;
            format!("{rate}hz")
        });
        spread(cells, self.payload.as_ref(), |cell, &bytes| {
            cell.load.payload_bytes = bytes;
            format!("{bytes}B")
        })
    }

    /// The cell without its lists.
    fn cell(&self, file: &PlanFile) -> Cell {
        let load = Load {
            connections: 1,
            schedule: self.schedule.unwrap_or_else(|| self.default_schedule()),
            rate: Rate::per_second(100.0).expect("100 is above zero"),
            payload_bytes: 64,
            sharing: self.job().map(|job| job.sharing()).or(self.sharing).unwrap_or_default(),
            ids: self.ids.unwrap_or(false),
            warmup: self.warmup.unwrap_or(Duration::from_secs(1)),
            window: self.window.unwrap_or(Duration::from_secs(2)),
            faults: self.faults.clone().unwrap_or_default(),
        };
        let arms = self.arms();
        let read = |arm: Arm| arm.read_by(self.client.unwrap_or(arm.client));
        let of_plan = file.base.map(read).filter(|base| arms.contains(base));
        Cell {
            name: self.name.clone(),
            why: self.why.clone(),
            row: None,
            scenario: self.scenario,
            base: self.base.map(read).or(of_plan).or(arms.first().copied()),
            null: self.null.unwrap_or(true),
            preset: Preset::Equal,
            flush: self.flush,
            cadence: Cadence { tick: self.tick.unwrap_or_default(), spin: self.spin.unwrap_or_default() },
            blocks: self.blocks.unwrap_or(file.blocks),
            load,
            steps: self.steps.clone(),
            stamps: self.stamps.unwrap_or_else(|| self.scenario.has_stamps(&arms)),
            arms,
            llm: self.llm(),
            job: self.job(),
        }
    }

    /// What is compared; without a word, SSE and WebSocket.
    fn arms(&self) -> Vec<Arm> {
        let short = || self.transports.as_deref().unwrap_or(&[Transport::Sse, Transport::WebSocket]);
        let arms = self.arms.clone().unwrap_or_else(|| short().iter().copied().map(Arm::of).collect());
        arms.into_iter().map(|arm| arm.read_by(self.client.unwrap_or(arm.client))).collect()
    }

    /// Which jobs are watched.
    fn job(&self) -> Option<JobLoad> {
        Some(JobLoad { kind: self.job?, speed: self.speed.unwrap_or(1.0) })
    }

    /// What a language model is asked for.
    fn llm(&self) -> Option<LlmLoad> {
        Some(LlmLoad {
            workload: self.workload.clone()?,
            begin: self.arrival.clone().unwrap_or_default(),
            speed: self.speed.unwrap_or(1.0),
            tokens: self.tokens,
        })
    }

    /// The shape in time where the cell states none.
    fn default_schedule(&self) -> Schedule {
        match self.llm() {
            Some(llm) if !llm.is_paced() => Schedule::Unpaced,
            Some(llm) if llm.begin != Begin::Streams => Schedule::Poisson,
            _ if self.scenario == Scenario::Saturate => Schedule::Unpaced,
            _ => Schedule::Constant,
        }
    }
}

/// A copy of each cell for each value; where there are several, each leaves its mark in the name.
fn spread<T>(cells: Vec<Cell>, list: Option<&OneOrMany<T>>, set: impl Fn(&mut Cell, &T) -> String) -> Vec<Cell> {
    let Some(list) = list else { return cells };
    let copies = |cell: Cell| {
        let set = &set;
        list.values().iter().map(move |value| {
            let mut copy = cell.clone();
            let mark = set(&mut copy, value);
            if let OneOrMany::Many(_) = list {
                copy.name = format!("{}/{mark}", copy.name);
            }
            copy
        })
    };
    cells.into_iter().flat_map(copies).collect()
}

/// The parser's message, with the nearest known word where it refused an unknown one.
fn with_nearest(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let message = error.message();
    let quoted: Vec<_> = message.split('`').skip(1).step_by(2).collect();
    let nearest = match quoted.split_first() {
        Some((word, known)) if message.starts_with("unknown") => known
            .iter()
            .map(|known| (strsim::damerau_levenshtein(word, known), *known))
            .min()
            .filter(|(distance, known)| *distance <= known.len().max(3) / 2),
        _ => None,
    };
    let text = text.trim_end();
    nearest.map_or(text.to_owned(), |(_, known)| format!("{text}\ndid you mean `{known}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "name = 'p'\nwhy = 'w'\n[[cell]]\nname = 'a'\nwhy = 'b'\nscenario = 'push'\n";

    #[test]
    fn lists_expand_into_a_grid_with_telling_names() {
        let plan =
            Plan::from_toml(&format!("{HEAD}rate = [10, 20]\npayload = [64, 1024]\npreset = 'stock'\n")).unwrap();
        let names: Vec<_> = plan.cells.iter().map(|cell| cell.name.as_str()).collect();
        assert_eq!(names, ["a/10hz/64B", "a/10hz/1024B", "a/20hz/64B", "a/20hz/1024B"]);
        assert_eq!(plan.trials(), 4 * 6 * 3);
        assert!(plan.cells.iter().all(|cell| cell.preset == Preset::Stock));
    }

    #[test]
    fn pushed_and_relayed_events_are_stamped_unless_a_cell_says_no() {
        let stamps = |lines: &str| Plan::from_toml(&format!("{HEAD}{lines}\n")).unwrap().cells[0].stamps;
        assert!(stamps("") && stamps("job = 'train'") && !stamps("stamps = false") && !stamps("client = 'library'"));
        let of = |scenario: &str| Plan::from_toml(&HEAD.replace("push", scenario)).unwrap().cells[0].stamps;
        assert_eq!(["relay", "echo", "saturate", "connect"].map(of), [true, false, false, false]);
    }

    #[test]
    fn the_null_arm_repeats_the_base_of_the_ratios() {
        for (of_plan, transports, expected) in [
            ("", "['sse', 'websocket']", ["sse", "websocket", "sse'"]),
            ("", "['websocket', 'sse']", ["websocket", "sse", "websocket'"]),
            ("", "['websocket', 'sse']\nbase = 'sse'", ["websocket", "sse", "sse'"]),
            ("base = 'sse'", "['websocket', 'sse']", ["websocket", "sse", "sse'"]),
            ("base = 'sse'", "['websocket', 'sse']\nbase = 'websocket'", ["websocket", "sse", "websocket'"]),
            ("base = 'sse'", "['raw-tcp', 'websocket']", ["raw-tcp", "websocket", "raw-tcp'"]),
        ] {
            let plan = Plan::from_toml(&format!("{of_plan}\n{HEAD}transports = {transports}\n")).unwrap();
            let arms: Vec<_> = plan.cells[0].block_arms().iter().map(Arm::to_string).collect();
            assert_eq!(arms, expected, "{of_plan} {transports}");
        }
    }

    #[test]
    fn records_without_a_base_keep_theirs() {
        let plan = Plan::from_toml(&format!("{HEAD}transports = ['websocket', 'sse']\n")).unwrap();
        let mut cell = serde_json::to_value(&plan.cells[0]).unwrap();
        assert_eq!(cell.as_object_mut().unwrap().remove("base"), Some("websocket".into()));
        let older: Cell = serde_json::from_value(cell).unwrap();
        assert_eq!(
            (older.base(), older.others().collect()),
            (Some(Arm::of(Transport::Sse)), vec![Arm::of(Transport::WebSocket)])
        );
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest() {
        let error = Plan::from_toml(&format!("{HEAD}paylod = 64\n")).unwrap_err().to_string();
        assert!(error.contains("line 7"), "{error}");
        assert!(error.ends_with("did you mean `payload`?"), "{error}");
        let error = Plan::from_toml(&format!("{HEAD}transports = ['see']\n")).unwrap_err().to_string();
        assert!(error.ends_with("did you mean `sse`?"), "{error}");
    }

    #[test]
    fn a_workload_of_a_language_model_is_read() {
        let head = HEAD.replace("'push'", "'llm'");
        let cell = |lines| Plan::from_toml(&format!("{head}{lines}\n")).map(|plan| plan.cells[0].clone());
        let cell_of = cell("workload = 'code'\nspeed = 0.5\ntokens = 40\nconnections = 10").unwrap();
        assert_eq!((cell_of.offered(), cell_of.load.schedule), (Some(625.0), Schedule::Constant));
        assert_eq!(cell("workload = 'max'").unwrap().load.schedule, Schedule::Unpaced);
        let trace = cell("workload = 'code'\narrival = 'trace:azure2023_code'\nspeed = 10").unwrap();
        assert_eq!((trace.load.schedule, trace.is_timed()), (Schedule::Poisson, true));
        for (lines, text) in [
            ("", "cell 'a': workload = 'NAME' is what scenario = 'llm' needs, and no other scenario"),
            ("workload = 'chat'\ntokens = 1", "cell 'a': tokens must be 2 to 32768"),
        ] {
            assert_eq!(cell(lines).unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn a_job_is_read_and_says_who_shares_it() {
        let cell = |lines| Plan::from_toml(&format!("{HEAD}{lines}\n")).map(|plan| plan.cells[0].clone());
        let train = cell("job = 'train'\nrate = 1\nspeed = 100\nconnections = 10").unwrap();
        assert_eq!((train.load.sharing, train.is_timed()), (Sharing::Shared, true));
        assert_eq!(train.offered().unwrap() / 10.0, train.released().unwrap(), "one pacer for all watchers");
        let predict = cell("job = 'predict'\nspeed = 10").unwrap();
        assert_eq!((predict.load.sharing, predict.job.unwrap().speed), (Sharing::Private, 10.0));
        assert!(cell("job = 'tran'").unwrap_err().to_string().ends_with("did you mean `train`?"));
    }

    #[test]
    fn an_end_that_cannot_be_is_refused() {
        let plan = |line| Plan::from_toml(&format!("{line}\n{HEAD}"));
        let stop = plan("max_blocks = 12\nbudget = '6m'\nredo = 0").unwrap().stop;
        assert_eq!(stop, StopRule { max_blocks: Some(12), budget: Some(Duration::from_secs(360)), redo: 0.0 });
        assert_eq!(plan("").unwrap().stop, StopRule::default());
        for (line, text) in [
            ("max_blocks = 5", "max_blocks = 5: must be 6 (blocks) to 1000"),
            ("redo = 2", "redo = 2: must be a share from 0 to 1"),
        ] {
            assert_eq!(plan(line).unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn a_plan_survives_its_record() {
        let text = format!("budget = '6m'\n{HEAD}warmup = '250ms'\nschedule = 'burst:4'\n");
        let plan = Plan::from_toml(&text).unwrap();
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }
}
