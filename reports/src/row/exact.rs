//! Why a cell that counts instructions and system calls has none of them.

use super::study::Study;
use super::why_none;
use trial::{Figure, Scenario};

/// The counts that an exact pass is made for.
const COUNTS: [Figure; 2] = [Figure::InstructionsPerEvent, Figure::SyscallsPerEvent];

/// Each count that the row's exact passes lack, and why.
pub(super) fn missing(study: &Study) -> impl Iterator<Item = String> {
    let lang = study.lang;
    let cells = study.comparison.row(study.row);
    let exact = cells.filter(|cell| cell.cell.workload.scenario() == Scenario::Exact);
    exact.filter_map(move |cell| {
        let lacking = COUNTS.into_iter().filter(|figure| cell.contest(*figure).is_none());
        let lacking: Vec<String> = lacking.map(|figure| lang.figure(figure)).collect();
        let arms = cell.arms.iter().filter(|arm| !arm.arm.twin);
        let why = why_none(arms, lang).unwrap_or_else(|| lang.not_reached());
        (!lacking.is_empty()).then(|| lang.arm_is(&lang.series(&lacking), lang.not_counted(why)))
    })
}
