//! Records of schemas 1 to 5, whose cells say which client reads: given to each of their arms.

use crate::{Arm, Cell, ClientKind, Run, Trial};
use serde::Deserialize;

#[derive(Deserialize)]
struct OfRun {
    plan: OfPlan,
}

#[derive(Deserialize)]
struct OfPlan {
    cells: Vec<OfCell>,
}

#[derive(Deserialize)]
struct OfTrial {
    cell: OfCell,
}

#[derive(Deserialize)]
struct OfCell {
    /// `None` where a record was read, and written again in today's form.
    #[serde(default)]
    client: Option<ClientKind>,
}

impl OfCell {
    fn give(&self, cell: &mut Cell) {
        cell.arms.iter_mut().chain(&mut cell.base).for_each(|arm| *arm = self.read(*arm));
    }

    fn read(&self, arm: Arm) -> Arm {
        arm.read_by(self.client.unwrap_or(arm.client))
    }
}

/// The first line of a run.
pub(crate) fn run(text: &str) -> serde_json::Result<Box<Run>> {
    let mut run: Box<Run> = serde_json::from_str(text)?;
    let older: OfRun = serde_json::from_str(text)?;
    older.plan.cells.iter().zip(&mut run.plan.cells).for_each(|(older, cell)| older.give(cell));
    Ok(run)
}

/// One trial.
pub(crate) fn trial(text: &str) -> serde_json::Result<Box<Trial>> {
    let mut trial: Box<Trial> = serde_json::from_str(text)?;
    let OfTrial { cell: older } = serde_json::from_str(text)?;
    older.give(&mut trial.cell);
    trial.arm = older.read(trial.arm);
    Ok(trial)
}
