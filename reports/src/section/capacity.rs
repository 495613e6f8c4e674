//! What stands behind a capacity: every load that was tried, with what came of it.

use super::rows::{entry, heads};
use crate::arms::Arms;
use crate::capacity::{Answer, Capacity, NoRatio, RatioOrNot, Step};
use crate::compare::Comparison;
use crate::document::{Block, Line, Table, Verdicts};
use crate::number::{self, NONE};
use crate::row::{Finding, RowVerdict};
use crate::text::Language;
use trial::{Arm, Stage};

/// How the answers were found, and each step of the way, search by search; empty for a run that searched for none.
pub(super) fn blocks(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let all = Capacity::all(comparison.records);
    let several = all.len() > 1;
    let of_search = |found: &Capacity| {
        let heading = several.then(|| Block::Heading(found.asked.cell.name.clone()));
        let steps = (!found.steps.is_empty()).then(|| Block::Fold {
            summary: lang.steps_summary(found.steps.len()),
            blocks: vec![Block::Table(steps(found, lang))],
        });
        let rule = Block::Note(lang.capacity_rule(&found.asked.search.slo.to_string()));
        let verdicts = verdicts(found, lang).map(Block::Verdicts);
        heading.into_iter().chain(verdicts).chain([rule, Block::Note(lang.capacity_note())]).chain(steps)
    };
    all.iter().flat_map(of_search).collect()
}

/// The capacities beside each other, and what may be said of each ratio; `None` of one arm alone.
fn verdicts(found: &Capacity, lang: Language) -> Option<Verdicts> {
    let (base, others) = found.answers.split_first().filter(|(_, others)| !others.is_empty())?;
    let arms = Arms::beside(base.0, others.iter().map(|(arm, _)| *arm));
    let finding = |(other, compared): (&(Arm, Answer), &(Arm, RatioOrNot))| {
        let mut measured = Line::empty(lang.load_head(found.asked.search.of), &arms, NONE);
        let (ratio, verdict) = verdict(found, compared, lang);
        for (arm, answer) in others {
            measured.put(&arms, [base.0, *arm], [held(&base.1), held(answer), String::new()]);
        }
        measured.put(&arms, [base.0, other.0], [held(&base.1), held(&other.1), ratio]);
        let finding = Finding { lines: vec![measured], verdict, sentence: String::new(), caveats: Vec::new() };
        entry(found.asked.search.slo.to_string(), &finding, lang)
    };
    Some(Verdicts {
        heads: heads(lang.capacity_heading(), &arms, lang),
        runs: Vec::new(),
        entries: others.iter().zip(&found.ratios).map(finding).collect(),
    })
}

fn held(answer: &Answer) -> String {
    match answer {
        Answer::Found { holds, .. } => number::count(*holds),
        Answer::NotFound { holds, .. } => holds.map_or(NONE.to_owned(), |holds| format!("≥ {}", number::count(holds))),
    }
}

/// A ratio, and what may be said of it.
fn verdict(found: &Capacity, compared: &(Arm, RatioOrNot), lang: Language) -> (String, RowVerdict) {
    match &compared.1 {
        Ok(capacity) => {
            let (ratio, said) = (capacity.ratio, lang.capacity_verdict(capacity, &lang.arm(compared.0)));
            let verdict = match ratio.interval {
                Some(bounds) if bounds.low > 1.0 || bounds.high < 1.0 => RowVerdict::Found(said),
                Some(_) => RowVerdict::Bounded(said),
                None => RowVerdict::Open(said),
            };
            (number::bracketed(number::times(ratio.value), ratio.interval), verdict)
        }
        Err(NoRatio::NotAsked) => (String::new(), RowVerdict::Found(String::new())),
        Err(_) => (String::new(), RowVerdict::Open(lang.ratio_of(found, compared).unwrap_or_default())),
    }
}

fn steps(found: &Capacity, lang: Language) -> Table {
    let cause = |step: &Step| step.cause.as_ref().map_or(NONE.to_owned(), |cause| lang.cause(cause));
    Table::of(
        lang.steps_caption(),
        &found.steps,
        [
            (lang.load_head(found.asked.search.of), &|step| number::count(step.point.load)),
            (lang.stage_head(), &|step| stage(step.point.stage, lang)),
            (lang.arm_head(), &|step| lang.arm(step.arm)),
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
