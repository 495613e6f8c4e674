//! What stands behind a capacity: every load that was tried, with what came of it.

use super::rows::{entry, heads};
use crate::arms::Arms;
use crate::capacity::{Answer, Capacity, NoRatio, Stage, Step};
use crate::compare::Comparison;
use crate::document::{Block, Line, Table, Verdicts};
use crate::number::{self, NONE};
use crate::row::{Finding, RowVerdict};
use crate::text::Language;
use trial::Arm;

/// How the answers were found, and each step of the way; empty for a run that searched for none.
pub(super) fn blocks(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let Some(found) = Capacity::of(comparison.records) else { return Vec::new() };
    let method = [lang.capacity_rule(&found.plan.slo.to_string()), lang.capacity_note()].map(Block::Note);
    let steps = (!found.steps.is_empty()).then(|| Block::Fold {
        summary: lang.steps_summary(found.steps.len()),
        blocks: vec![Block::Table(steps(&found, lang))],
    });
    std::iter::once(Block::Verdicts(verdicts(&found, lang))).chain(method).chain(steps).collect()
}

/// Both capacities beside each other, and what may be said of their ratio.
fn verdicts(found: &Capacity, lang: Language) -> Verdicts {
    let held = found.answers.each_ref().map(|answer| match answer {
        Answer::Found { holds, .. } => number::count(*holds),
        Answer::NotFound { holds, .. } => holds.map_or(NONE.to_owned(), |holds| format!("≥ {}", number::count(holds))),
    });
    let other = lang.transport(found.plan.arms[1]);
    let (ratio, verdict) = match &found.ratio {
        Ok(capacity) => {
            let (ratio, said) = (capacity.ratio, lang.capacity_verdict(capacity, other));
            let resolved = ratio.interval.is_some_and(|bounds| bounds.low > 1.0 || bounds.high < 1.0);
            let verdict = if resolved {
                RowVerdict::Found(said)
            } else if ratio.interval.is_some() {
                RowVerdict::Bounded(said)
            } else {
                RowVerdict::Open(said)
            };
            (number::bracketed(number::times(ratio.value), ratio.interval), verdict)
        }
        Err(NoRatio::NotAsked) => (String::new(), RowVerdict::Found(String::new())),
        Err(_) => (String::new(), RowVerdict::Open(lang.ratio_of(found).unwrap_or_default())),
    };
    let (sides, [base, other]) = (found.plan.arms.map(Arm::of), held);
    let arms = Arms::sides(sides);
    let mut measured = Line::empty(lang.load_head(found.plan.of), &arms, NONE);
    measured.put(&arms, sides, [base, other, ratio]);
    let finding = Finding { lines: vec![measured], verdict, sentence: String::new(), caveats: Vec::new() };
    Verdicts {
        heads: heads(lang.capacity_heading(), &arms, lang),
        runs: Vec::new(),
        entries: vec![entry(found.plan.slo.to_string(), &finding, lang)],
    }
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
