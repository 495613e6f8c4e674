//! Records that look like those of a real run and are the same every time: numbers drawn from a seed, counts and bytes as
//! the specifications give them.

#![allow(dead_code, reason = "each test binary uses a part of it")]

mod answers;
pub(crate) mod constant;
mod instrument;
mod measured;
mod outline;

pub(crate) use outline::outline;
use reports::{Comparison, Extent, Language, Records, document};
use std::path::{Path, PathBuf};
use trial::check::{network, stalls};
use trial::{Arm, Cell, ClientFacts, End, Host, Line, Outcome, Pace, Plan, Run, SCHEMA, Tool, Trial, Workload};

/// The standard plan as it is in the repository when this was written, so that its later changes do not touch the goldens.
pub(crate) const PLAN: &str = include_str!("plan.toml");

/// A row that lines in a plan declare.
pub(crate) const SECTION: &str = r#"
[[section]]
id = "busy"
title = ["Busy host", "繁忙主机"]
claim = [["slower", "较慢"], ["faster", "较快"]]
claimed = "lower"
method = ["Twenty readers keep the host awake.", "二十个读者使主机保持清醒。"]
charts = ["forest"]
lines = [
  { figure = "judged:p50", weight = "judged" },
  { figure = "cpu", label = ["CPU of {cell}", "{cell} 的 CPU"] },
]

[[cell]]
name = "busy/twenty"
row = "busy"
scenario = "push"
why = "a host that does not sleep"
connections = 20
rate = 1000
"#;

/// A run of the standard plan with so many blocks in every timed cell.
pub(crate) fn records(blocks: u32) -> Records {
    of_plan(plan(blocks))
}

/// The plan with so many blocks in every timed cell.
pub(crate) fn plan(blocks: u32) -> Plan {
    plan_of(PLAN, blocks)
}

/// A plan with so many blocks in every timed cell.
pub(crate) fn plan_of(toml: &str, blocks: u32) -> Plan {
    let mut plan = Plan::from_toml(toml).unwrap();
    plan.cells.iter_mut().filter(|cell| cell.blocks > 1).for_each(|cell| cell.blocks = blocks);
    plan
}

/// A finished run of a plan.
pub(crate) fn of_plan(plan: Plan) -> Records {
    let mut random = fastrand::Rng::with_seed(11);
    let trials: Vec<Trial> = plan.cells.iter().flat_map(|cell| trials(cell, &mut random)).collect();
    let planned = plan.trials();
    let end = End {
        reason: "plan finished".to_owned(),
        finished: "2026-11-24T03:42:10Z".to_owned(),
        trials: trials.len() as u64,
        planned,
        stops: instrument::stops(&plan),
    };
    let (preflight, selfcheck) = (Some(instrument::preflight()), Some(instrument::selfcheck()));
    let redone = instrument::redone(&plan);
    Records {
        trials,
        end: Some(end),
        preflight,
        selfcheck,
        redone,
        ..Records::of(run(plan), PathBuf::from("out/records.jsonl"))
    }
}

/// Compares a text with a file; `UPDATE_GOLDEN=1 cargo test` writes it again.
#[track_caller]
pub(crate) fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = expected.lines().zip(actual.lines()).position(|(a, b)| a != b);
    let line = differing.unwrap_or(expected.lines().count().min(actual.lines().count()));
    assert!(
        expected == actual,
        "{name} differs in line {}:\n  golden: {:?}\n  actual: {:?}\nUPDATE_GOLDEN=1 accepts it",
        line + 1,
        expected.lines().nth(line),
        actual.lines().nth(line),
    );
}

/// What a run says first, in a language.
pub(crate) fn said(records: &Records, lang: Language) -> String {
    outline(&document(&[Comparison::of(records)], lang, Extent::Summary))
}

/// What a terminal shows of a run.
pub(crate) fn terminal(comparison: &Comparison, lang: Language, width: usize, colour: bool) -> String {
    reports::terminal(&document(std::slice::from_ref(comparison), lang, Extent::Summary), width, colour)
}

/// `summary.md` of some runs.
pub(crate) fn summary_markdown(comparisons: &[Comparison], lang: Language) -> String {
    reports::markdown(&document(comparisons, lang, Extent::Summary))
}

/// Writes records as `loadgen` does and returns the file.
pub(crate) fn write(records: &Records, directory: &Path) -> PathBuf {
    let path = directory.join("records.jsonl");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    Line::Run(Box::new(records.run.clone())).write(&mut file).unwrap();
    for trial in &records.trials {
        Line::Trial(Box::new(trial.clone())).write(&mut file).unwrap();
    }
    if let Some(end) = &records.end {
        Line::End(end.clone()).write(&mut file).unwrap();
    }
    path
}

fn trials(cell: &Cell, random: &mut fastrand::Rng) -> Vec<Trial> {
    let mut trials = Vec::new();
    for block in 0..cell.blocks {
        let mut arms = cell.block_arms();
        random.shuffle(&mut arms);
        // What drifts with time is shared by the arms of a block.
        let drift = (0.05 * measured::normal(random)).exp();
        for (position, arm) in arms.into_iter().enumerate() {
            trials.push(trial(cell, arm, (block, position as u32), drift, random));
        }
    }
    trials
}

fn trial(cell: &Cell, arm: Arm, (block, position): (u32, u32), drift: f64, random: &mut fastrand::Rng) -> Trial {
    let warnings = match (cell.name.as_str(), block, position) {
        ("latency/fan-out", 1, 1) => vec![stalls::pacer_late(212.0)],
        _ => Vec::new(),
    };
    Trial {
        schema: SCHEMA,
        tool: tool(),
        cell: cell.clone(),
        arm,
        block,
        attempt: 0,
        position,
        seed: 42 + u64::from(block),
        started: format!("2026-11-24T03:{:02}:{:02}Z", 30 + block, position * 5),
        elapsed_ns: cell.expected_trial().as_nanos() as u64,
        server: instrument::facts(cell),
        client: ClientFacts { pid: 4242, threads: 1, cpus: vec![1], ..ClientFacts::default() },
        clock: None,
        layout: None,
        noise: None,
        warnings,
        outcome: Outcome::Measured(Box::new(measured::measurement(cell, arm, drift, random))),
    }
}

fn run(plan: Plan) -> Run {
    Run {
        schema: SCHEMA,
        tool: tool(),
        command: "loadgen compare --seed 42".to_owned(),
        started: "2026-11-24T03:30:00Z".to_owned(),
        seed: 42,
        plan,
        host: Host {
            os: "Debian GNU/Linux 12 (bookworm)".to_owned(),
            kernel: "Linux 6.18.44".to_owned(),
            cpu: "AMD EPYC".to_owned(),
            cpus: vec![0, 1],
            memory_bytes: 24 << 30,
            clocksource: "tsc".to_owned(),
            congestion_control: "bbr".to_owned(),
            virtualised: "yes".to_owned(),
            open_files: 1_048_576,
            ports: (32_768, 60_999),
            load_average_percent: 37,
            pinning: "server on CPU 0, generator on CPU 1".to_owned(),
        },
        target: None,
        warnings: vec![network::loopback()],
        older_search: None,
    }
}

fn tool() -> Tool {
    Tool { version: "0.1.0".to_owned(), commit: "0123abc".to_owned(), profile: "release".to_owned() }
}

/// Gives each event of a cell of pushed events one byte more.
pub(crate) fn enlarge(cell: &mut Cell) {
    if let Workload::Push(push) = &mut cell.workload {
        push.content.payload_bytes += 1;
    }
}

/// Makes a cell of our own service one of an endpoint whose schedule nobody knows.
pub(crate) fn anybodys(cell: &mut Cell) {
    if let Workload::Llm { connections, rate, timing, .. } = cell.workload {
        let pace = Pace { schedule: wire::Schedule::Constant, rate };
        cell.workload = Workload::Endpoint { connections, pace, timing };
    }
}
