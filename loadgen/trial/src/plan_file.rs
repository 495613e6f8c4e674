//! A plan as TOML. Lists of rates, payloads, connections or presets expand into a grid of cells.
//!
//! Refuses unknown keys and says which known one is nearest.

mod grid;

use crate::draft::{Draft, Load, Watched};
use crate::plan_check::PlanError;
use crate::{
    Arm, Begin, Cadence, Cell, ClientKind, LlmLoad, Plan, Row, Scenario, Search, StopRule, ToolLoop, Workload,
};
use grid::{OneOrMany, first, spread};
use script::JobKind;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use wire::{Faults, Flush, Preset, Rate, Schedule, Sharing, Transport};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    name: String,
    why: String,
    #[serde(default = "six")]
    blocks: u32,
    max_blocks: Option<u32>,
    controls_every: Option<u32>,
    #[serde(default, with = "crate::span::optional")]
    budget: Option<Duration>,
    redo: Option<f64>,
    /// Base of every cell that names none of its own and has this arm.
    base: Option<Arm>,
    verdicts: Option<bool>,
    #[serde(default, with = "crate::span::optional")]
    practical: Option<Duration>,
    #[serde(default)]
    section: Vec<Row>,
    cell: Vec<CellSpec>,
}

fn six() -> u32 {
    6
}

#[derive(Clone, Deserialize)]
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
    steps: Option<Vec<u32>>,
    faults: Option<Faults>,
    stamps: Option<bool>,
    workload: Option<String>,
    job: Option<JobKind>,
    arrival: Option<Begin>,
    speed: Option<f64>,
    tokens: Option<u32>,
    #[serde(rename = "loop")]
    tool_loop: Option<ToolLoop>,
    search: Option<Search>,
}

impl Plan {
    /// Reads a plan and expands its grids.
    ///
    /// # Errors
    /// [`PlanError`], whose text names the line, the cell or the nearest known key.
    pub fn from_toml(text: &str) -> Result<Self, PlanError> {
        let mut file: PlanFile = toml::from_str(text).map_err(|error| PlanError::Toml(with_nearest(&error)))?;
        if let Some((cell, problem)) = file.cell.iter().find_map(|spec| Some((&spec.name, spec.problem(&file)?))) {
            return Err(PlanError::Cell { cell: cell.clone(), problem });
        }
        let rows = Row::known(std::mem::take(&mut file.section))?;
        let rows = file.cell.iter().map(|spec| Row::of_cell(&spec.name, spec.row.as_deref(), &rows));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let cells: Vec<Cell> = file.cell.iter().zip(rows).flat_map(|(spec, row)| spec.expand(&file, row)).collect();
        let verdicts = file.verdicts.unwrap_or(true);
        let plan =
            Self { stop: file.stop()?, name: file.name, why: file.why, cells, verdicts, practical: file.practical };
        plan.check()?;
        Ok(plan)
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
    /// The cells of the grid that the lists of this one span.
    fn expand(&self, file: &PlanFile, row: Option<Arc<Row>>) -> Vec<Cell> {
        let specs = spread(vec![self.clone()], |spec| &mut spec.preset, |preset| preset.to_string());
        let specs = spread(specs, |spec| &mut spec.connections, |connections| format!("{connections}c"));
        let specs = spread(specs, |spec| &mut spec.rate, |rate| format!("{rate}hz"));
        let specs = spread(specs, |spec| &mut spec.payload, |bytes| format!("{bytes}B"));
        specs.into_iter().map(|spec| Cell { row: row.clone(), ..spec.cell(file) }).collect()
    }

    /// The cell, of the first value of each list.
    fn cell(self, file: &PlanFile) -> Cell {
        let arms = self.arms();
        let read = |arm: Arm| arm.read_by(self.client.unwrap_or(arm.client));
        let of_plan = file.base.map(read).filter(|base| arms.contains(base));
        Cell {
            workload: self.workload(&arms),
            base: self.base.map(read).or(of_plan).or(arms.first().copied()),
            name: self.name,
            why: self.why,
            row: None,
            null: self.null.unwrap_or(true),
            preset: first(self.preset).unwrap_or(Preset::Equal),
            flush: self.flush,
            cadence: Cadence { tick: self.tick.unwrap_or_default(), spin: self.spin.unwrap_or_default() },
            blocks: self.blocks.unwrap_or(file.blocks),
            controls_every: file.controls_every.unwrap_or(1),
            arms,
        }
    }

    /// What a trial does.
    fn workload(&self, arms: &[Arm]) -> Workload {
        let load = Load {
            connections: first(self.connections.clone()).unwrap_or(1),
            schedule: self.schedule.unwrap_or_default(),
            rate: first(self.rate.clone()).unwrap_or(Rate::per_second(100.0).expect("100 is above zero")),
            payload_bytes: first(self.payload.clone()).unwrap_or(64),
            sharing: self.sharing.unwrap_or_default(),
            ids: self.ids.unwrap_or(false),
            warmup: self.warmup.unwrap_or(Duration::from_secs(1)),
            window: self.window.unwrap_or(Duration::from_secs(2)),
            faults: self.faults.clone().unwrap_or_default(),
        };
        let draft = Draft {
            scenario: self.scenario,
            load,
            steps: self.steps.clone().unwrap_or_default(),
            stamps: true,
            llm: self.llm(),
            job: self.job.map(|kind| Watched { kind, speed: self.speed.unwrap_or(1.0) }),
            tool_loop: self.tool_loop.clone(),
            search: self.search.clone(),
        };
        let mut workload = draft.workload();
        // Stamps that are asked for and cannot be are refused later.
        workload.set_stamps(self.stamps.unwrap_or_else(|| workload.has_stamps(arms)));
        workload
    }

    /// What is compared; without a word, SSE and WebSocket.
    fn arms(&self) -> Vec<Arm> {
        let short = || self.transports.as_deref().unwrap_or(&[Transport::Sse, Transport::WebSocket]);
        let arms = self.arms.clone().unwrap_or_else(|| short().iter().copied().map(Arm::of).collect());
        arms.into_iter().map(|arm| arm.read_by(self.client.unwrap_or(arm.client))).collect()
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

    /// A key that its scenario does not read, or lacks.
    fn problem(&self, file: &PlanFile) -> Option<String> {
        let workload = self.clone().cell(file).workload;
        let is_llm = matches!(workload, Workload::Llm { .. });
        let is_job = matches!(workload, Workload::Job(_));
        let is_search = matches!(workload, Workload::Capacity { .. });
        let has_streams = is_search || matches!(workload, Workload::Push(_) | Workload::Saturate { .. });
        let has_faults = has_streams || matches!(workload, Workload::Memory { .. } | Workload::Exact { .. });
        let (has_pace, has_content) = (workload.pace().is_some(), workload.content().is_some());
        let has_timing = workload.timing().is_some();
        let has_many = has_timing && !matches!(workload, Workload::Connect { .. });
        let keys = [
            ("connections", self.connections.is_some(), has_many),
            ("schedule", self.schedule.is_some(), has_pace),
            ("rate", self.rate.is_some(), has_pace || is_llm || is_job),
            ("payload", self.payload.is_some(), has_content),
            ("ids", self.ids.is_some(), has_content),
            ("sharing", self.sharing.is_some(), has_streams),
            ("faults", self.faults.is_some(), has_faults),
            ("warmup", self.warmup.is_some(), has_timing),
            ("window", self.window.is_some(), has_timing),
            ("steps", self.steps.is_some(), matches!(workload, Workload::Memory { .. })),
            ("stamps", self.stamps.is_some(), workload.has_stamps(&[])),
            ("workload", self.workload.is_some(), is_llm),
            ("arrival", self.arrival.is_some(), is_llm),
            ("tokens", self.tokens.is_some(), is_llm),
            ("speed", self.speed.is_some(), is_llm || is_job),
            ("job", self.job.is_some(), is_job),
            ("loop", self.tool_loop.is_some(), matches!(workload, Workload::ToolLoop(_))),
            ("search", self.search.is_some(), is_search),
        ];
        let unread = keys.into_iter().find(|(_, is_given, is_read)| *is_given && !is_read);
        match (self.scenario, unread) {
            _ if self.arms.is_some() && self.transports.is_some() => {
                Some("transports is short for arms: give one of them".to_owned())
            }
            (_, Some((key, ..))) => Some(format!("{key} means nothing to its scenario: leave it out")),
            (Scenario::Llm, _) if !is_llm => Some("scenario = 'llm' needs workload = 'NAME'".to_owned()),
            _ => None,
        }
    }
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
        let stamps = |lines: &str| Plan::from_toml(&format!("{HEAD}{lines}\n")).unwrap().cells[0].workload.stamps();
        assert!(stamps("") && stamps("job = 'train'") && !stamps("stamps = false") && !stamps("client = 'library'"));
        let of = |scenario: &str| Plan::from_toml(&HEAD.replace("push", scenario)).unwrap().cells[0].workload.stamps();
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
        let error = Plan::from_toml(&format!("{HEAD}loop = {{ turn = 3 }}\n")).unwrap_err().to_string();
        assert!(error.ends_with("did you mean `turns`?"), "{error}");
        let error = Plan::from_toml(&format!("{HEAD}transports = ['see']\n")).unwrap_err().to_string();
        assert!(error.ends_with("did you mean `sse`?"), "{error}");
    }

    #[test]
    fn a_workload_of_a_language_model_is_read() {
        let head = HEAD.replace("'push'", "'llm'");
        let cell = |lines| Plan::from_toml(&format!("{head}{lines}\n")).map(|plan| plan.cells[0].clone());
        let cell_of = cell("workload = 'code'\nspeed = 0.5\ntokens = 40\nconnections = 10").unwrap();
        assert_eq!((cell_of.workload.offered(), cell_of.workload.is_paced()), (Some(625.0), true));
        assert!(!cell("workload = 'max'").unwrap().workload.is_paced());
        let trace = cell("workload = 'code'\narrival = 'trace:azure2023_code'\nspeed = 10").unwrap();
        assert!(trace.workload.is_paced() && trace.workload.is_timed());
        for (lines, text) in [
            ("", "cell 'a': scenario = 'llm' needs workload = 'NAME'"),
            ("workload = 'chat'\ntokens = 1", "cell 'a': tokens must be 2 to 32768"),
        ] {
            assert_eq!(cell(lines).unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn a_job_is_read_and_says_who_shares_it() {
        let cell = |lines| Plan::from_toml(&format!("{HEAD}{lines}\n")).map(|plan| plan.cells[0].clone());
        let train = cell("job = 'train'\nrate = 1\nspeed = 100\nconnections = 10").unwrap().workload;
        assert!(train.is_shared() && train.is_timed());
        assert_eq!(train.offered().unwrap() / 10.0, train.released().unwrap(), "one pacer for all watchers");
        let predict = cell("job = 'predict'\nspeed = 10").unwrap().workload;
        assert!(!predict.is_shared() && matches!(predict, Workload::Job(job) if job.speed == 10.0));
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
        let text = format!("budget = '6m'\npractical = '20us'\n{HEAD}warmup = '250ms'\nschedule = 'burst:4'\n");
        let plan = Plan::from_toml(&text).unwrap();
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }
}
