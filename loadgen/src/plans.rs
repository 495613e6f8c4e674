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
pub const BUILT_IN: [BuiltIn; 5] = [
    BuiltIn { name: "standard", text: include_str!("../plans/standard.toml") },
    BuiltIn { name: "quick", text: include_str!("../plans/quick.toml") },
    BuiltIn { name: "publish", text: include_str!("../plans/publish.toml") },
    BuiltIn { name: "full", text: include_str!("../plans/full.toml") },
    BuiltIn { name: "exact", text: include_str!("../plans/exact.toml") },
];

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum LoadPlanError {
    /// No built-in plan has this name.
    #[error("no built-in plan '{0}' (known: standard, quick, publish, full, exact)")]
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

/// A plan from a file.
///
/// # Errors
/// [`LoadPlanError`], whose text names the file and the line.
pub fn from_file(path: &Path) -> Result<Plan, LoadPlanError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| LoadPlanError::Read(name.clone(), error))?;
    Plan::from_toml(&text).map_err(|error| LoadPlanError::Parse(name, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::time::Duration;
    use trial::Row;

    #[test]
    fn every_built_in_plan_but_the_exact_one_feeds_every_row() {
        for built_in in BUILT_IN {
            let plan = built_in.plan();
            assert_eq!(plan.name, built_in.name);
            if plan.name == "exact" {
                continue;
            }
            let rows: BTreeSet<_> = plan.cells.iter().filter_map(|cell| cell.row).collect();
            assert_eq!(rows, Row::ALL.into_iter().collect(), "{}", plan.name);
        }
    }

    #[test]
    fn the_plans_keep_their_promised_lengths() {
        let length = |name| built_in(name).unwrap().plan().expected_length();
        assert!((Duration::from_secs(240)..Duration::from_secs(360)).contains(&length("standard")));
        let publish = length("publish");
        assert!((Duration::from_secs(900)..Duration::from_secs(3_600)).contains(&publish), "{publish:?}");
        assert!(length("quick") < Duration::from_secs(55), "{:?}", length("quick"));
        assert!(length("exact") < Duration::from_secs(70), "{:?}", length("exact"));
        assert!(BUILT_IN[1].plan().cells.iter().all(|cell| cell.scenario != trial::Scenario::Exact));
    }
}
