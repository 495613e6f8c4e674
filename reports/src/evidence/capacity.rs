//! What stands behind a capacity: every load that was tried, with what came of it.

use super::{Block, Table};
use crate::capacity::{Capacity, Stage, Step};
use crate::number::{self, NONE};
use crate::text::Language;

/// The answers, how they were found, and each step of the way.
pub(crate) fn of_capacity(found: &Capacity, lang: Language) -> Vec<Block> {
    let answers = lang.capacity(found).into_iter().chain(lang.floors(found)).map(Block::Text);
    let method = [lang.capacity_rule(&found.plan.slo.to_string()), lang.capacity_note()].map(Block::Note);
    let steps = (!found.steps.is_empty()).then(|| {
        let table = Table { caption: lang.steps_caption(), head: head(found, lang), rows: rows(found, lang) };
        Block::Fold { summary: lang.steps_summary(found.steps.len()), blocks: vec![Block::Table(table)] }
    });
    answers.chain(method).chain(steps).collect()
}

fn head(found: &Capacity, lang: Language) -> Vec<String> {
    vec![lang.load_head(found.plan.of), lang.stage_head(), lang.arm_head(), lang.passed_head(), lang.remark()]
}

fn rows(found: &Capacity, lang: Language) -> Vec<Vec<String>> {
    let row = |step: &Step| {
        vec![
            number::count(step.point.load),
            stage(step.point.stage, lang),
            lang.transport(step.transport).to_owned(),
            format!("{}/{}", step.passed, step.trials),
            step.cause.as_ref().map_or(NONE.to_owned(), |cause| lang.cause(cause)),
        ]
    };
    found.steps.iter().map(row).collect()
}

fn stage(stage: Stage, lang: Language) -> String {
    match stage {
        Stage::Saturated => lang.stage_saturated(),
        Stage::Search => lang.stage_search(),
        Stage::Knee => lang.stage_knee(),
    }
}
