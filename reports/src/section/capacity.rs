//! What stands behind a capacity: every load that was tried, with what came of it.

use crate::capacity::{Capacity, Stage, Step};
use crate::compare::Comparison;
use crate::document::{Block, Table};
use crate::number::{self, NONE};
use crate::text::Language;

/// How the answers were found, and each step of the way; empty for a run that searched for none.
pub(super) fn blocks(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let Some(found) = Capacity::of(comparison.records) else { return Vec::new() };
    let method = [lang.capacity_rule(&found.plan.slo.to_string()), lang.capacity_note()].map(Block::Note);
    let steps = (!found.steps.is_empty()).then(|| Block::Fold {
        summary: lang.steps_summary(found.steps.len()),
        blocks: vec![Block::Table(steps(&found, lang))],
    });
    method.into_iter().chain(steps).collect()
}

fn steps(found: &Capacity, lang: Language) -> Table {
    let cause = |step: &Step| step.cause.as_ref().map_or(NONE.to_owned(), |cause| lang.cause(cause));
    Table::of(
        lang.steps_caption(),
        &found.steps,
        [
            (lang.load_head(found.plan.of), &|step| number::count(step.point.load)),
            (lang.stage_head(), &|step| stage(step.point.stage, lang)),
            (lang.arm_head(), &|step| lang.transport(step.transport).to_owned()),
            (lang.passed_head(), &|step| format!("{}/{}", step.passed, step.trials)),
            (lang.remark(), &cause),
        ],
    )
}

fn stage(stage: Stage, lang: Language) -> String {
    match stage {
        Stage::Saturated => lang.stage_saturated(),
        Stage::Search => lang.stage_search(),
        Stage::Knee => lang.stage_knee(),
    }
}
