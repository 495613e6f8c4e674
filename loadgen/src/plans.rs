//! Built-in plans, and plans of one's own.

use std::path::Path;
use trial::{Plan, PlanError};

/// A plan that ships with the program.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// Name.
    pub name: &'static str,
    /// TOML.
    pub text: &'static str,
}

/// Every built-in plan.
pub const BUILT_IN: [BuiltIn; 8] = [
    BuiltIn { name: "standard", text: include_str!("../plans/standard.toml") },
    BuiltIn { name: "quick", text: include_str!("../plans/quick.toml") },
    BuiltIn { name: "publish", text: include_str!("../plans/publish.toml") },
    BuiltIn { name: "full", text: include_str!("../plans/full.toml") },
    BuiltIn { name: "exact", text: include_str!("../plans/exact.toml") },
    BuiltIn { name: "llm", text: include_str!("../plans/llm.toml") },
    BuiltIn { name: "workloads", text: include_str!("../plans/workloads.toml") },
    BuiltIn { name: "jobs", text: include_str!("../plans/jobs.toml") },
];

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum LoadPlanError {
    /// No built-in plan has this name.
    #[error("no built-in plan '{0}' (known: standard, quick, publish, full, exact, llm, workloads, jobs)")]
    Unknown(String),
    /// The file cannot be read.
    #[error("--plan {0}: {1}")]
    Read(String, std::io::Error),
    /// The file is no plan.
    #[error("--plan {0}: {1}")]
    Parse(String, PlanError),
}

impl BuiltIn {
    /// The plan itself.
    pub fn plan(&self) -> Plan {
        Plan::from_toml(self.text).expect("a test parses every built-in plan")
    }
}

/// The built-in plan of this name.
///
/// # Errors
/// [`LoadPlanError::Unknown`].
pub fn built_in(name: &str) -> Result<BuiltIn, LoadPlanError> {
    BUILT_IN.into_iter().find(|plan| plan.name == name).ok_or_else(|| LoadPlanError::Unknown(name.to_owned()))
}

/// A plan from a file; where there is none, the built-in plan of that name.
///
/// # Errors
/// [`LoadPlanError`], whose text names the file and the line.
pub fn from_file(path: &Path) -> Result<Plan, LoadPlanError> {
    let built_in = path.to_str().filter(|_| !path.is_file()).and_then(|name| built_in(name).ok());
    if let Some(built_in) = built_in {
        return Ok(built_in.plan());
    }
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| LoadPlanError::Read(name.clone(), error))?;
    Plan::from_toml(&text).map_err(|error| LoadPlanError::Parse(name, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::order::longest;
    use std::collections::BTreeSet;
    use std::time::Duration;
    use trial::{Cell, LlmLoad, Row, Workload};

    fn asked(cell: &Cell) -> Option<LlmLoad> {
        match &cell.workload {
            Workload::Llm { asked, .. } => Some(asked.clone()),
            _ => None,
        }
    }

    #[test]
    fn every_built_in_plan_of_the_table_feeds_every_row() {
        for built_in in BUILT_IN {
            let plan = built_in.plan();
            assert_eq!(plan.name, built_in.name);
            if ["exact", "llm", "workloads", "jobs"].contains(&built_in.name) {
                continue;
            }
            let rows: BTreeSet<_> = plan.cells.iter().filter_map(|cell| Some(&cell.row.as_ref()?.id)).collect();
            assert!(rows.is_superset(&Row::built_in().iter().map(|row| &row.id).collect()), "{}", plan.name);
        }
    }

    #[test]
    fn the_plan_of_workloads_holds_the_shapes_that_the_plan_of_paces_does_not() {
        let asked = |name| from_file(Path::new(name)).unwrap().cells.into_iter().filter_map(|cell| asked(&cell));
        let workloads: BTreeSet<_> = asked("llm").chain(asked("workloads")).map(|llm| llm.workload).collect();
        let elsewhere = ["agent", "idle"];
        let all = script::TokenWorkload::ALL.into_iter().map(|workload| workload.name.to_owned());
        assert_eq!(workloads, all.filter(|name| !elsewhere.contains(&name.as_str())).collect());
        let begins: BTreeSet<_> = asked("workloads").map(|llm| llm.begin.to_string()).collect();
        assert!(begins.len() == 4, "streams, Poisson, gamma and a trace: {begins:?}");
    }

    #[test]
    fn the_plan_of_jobs_holds_both_kinds_and_quiet_streams() {
        let plan = from_file(Path::new("jobs")).unwrap();
        let kind = |cell: &Cell| match &cell.workload {
            Workload::Job(job) => Some(job.kind.to_string()),
            _ => None,
        };
        let kinds: Vec<_> = plan.cells.iter().filter_map(kind).collect();
        assert_eq!(kinds, ["predict", "train", "train"]);
        assert!(plan.cells.iter().any(|cell| matches!(cell.workload, Workload::Memory { .. })));
        // Five headlines: p50 and p99 of many watchers, p50 of one.
        assert!(plan.cells.iter().all(|cell| 2.0 / 2_f64.powi(cell.blocks as i32) <= 0.05 / 5.0));
        assert!(plan.expected_length() < Duration::from_secs(360), "{:?}", plan.expected_length());
    }

    #[test]
    fn the_plan_of_language_models_has_blocks_for_its_headlines_and_a_why_for_each_cell() {
        let plan = from_file(Path::new("llm")).unwrap();
        let headlines = |cell: &Cell| {
            // The 99th percentile takes 2,000 events in one trial: only cells of several streams have them.
            if cell.workload.is_paced() && cell.workload.connections() > 1 { 2 } else { 1 }
        };
        let family: u32 = plan.cells.iter().map(headlines).sum();
        let blocks = plan.cells[0].blocks;
        assert!(2.0 / 2_f64.powi(blocks as i32) <= 0.05 / f64::from(family), "{family} figures, {blocks} blocks");
        let length = plan.expected_length();
        assert!((Duration::from_secs(360)..Duration::from_secs(560)).contains(&length), "{length:?}");
        let paces: Vec<_> = plan.cells.iter().filter_map(|cell| asked(cell)?.tokens_per_second()).collect();
        for pace in [20.0, 66.7, 125.0, 1_000.0, 2_000.0] {
            assert!(paces.iter().any(|found| (found / pace - 1.0).abs() < 0.01), "{pace} tokens/s: {paces:?}");
        }
        for cell in &plan.cells {
            assert!(!cell.why.is_empty() && cell.blocks == blocks && cell.null, "{}", cell.name);
            assert!(cell.workload.offered().is_none_or(|events| events < 15_000.0), "{}", cell.name);
        }
    }

    #[test]
    fn the_plans_keep_their_promised_lengths() {
        let length = |name| built_in(name).unwrap().plan().expected_length();
        let standard = built_in("standard").unwrap().plan();
        let budget = standard.stop.budget.unwrap();
        // With its fewest blocks it leaves time for more of those that need them.
        assert!(standard.expected_length() < budget.mul_f64(0.7), "{:?}", standard.expected_length());
        assert!(budget < Duration::from_secs(290) && budget < longest(&standard));
        let publish = longest(&built_in("publish").unwrap().plan());
        assert!((Duration::from_secs(900)..Duration::from_secs(3_600)).contains(&publish), "{publish:?}");
        assert!(length("quick") < Duration::from_secs(55), "{:?}", length("quick"));
        assert!(length("exact") < Duration::from_secs(70), "{:?}", length("exact"));
        assert!(BUILT_IN[1].plan().cells.iter().all(|cell| !matches!(cell.workload, Workload::Exact { .. })));
    }
}
