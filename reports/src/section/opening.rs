//! What is read first of a run: what was withdrawn, the answer, the command behind it, what must be known before any number.

use super::rows::Findings;
use crate::capacity::Capacity;
use crate::compare::Comparison;
use crate::document::Block;
use crate::effects;
use crate::notice::Notice;
use crate::own_cells::OwnCells;
use crate::text::Language;
use crate::warnings::run_warnings;

/// The label of each run, numbered where there are several.
pub(super) fn labels(comparisons: &[Comparison]) -> Vec<String> {
    match comparisons {
        [only] => vec![label(only)],
        several => (1..).zip(several).map(|(number, run)| format!("{number} · {}", label(run))).collect(),
    }
}

/// What tells one run from another: when, which plan, which presets, which processor.
fn label(comparison: &Comparison) -> String {
    let run = &comparison.records.run;
    let started: String = run.started.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect();
    let mut presets: Vec<&str> = run.plan.cells.iter().map(|cell| cell.preset.name()).collect();
    presets.sort_unstable();
    presets.dedup();
    let host = run.target.as_deref().unwrap_or(&run.host.cpu);
    [started.as_str(), &run.plan.name, &presets.join("+"), host]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}

pub(super) fn blocks(comparison: &Comparison, findings: &Findings, lang: Language) -> Vec<Block> {
    let banner = comparison.records.notice.as_ref().map(|notice| banner(notice, lang));
    let warnings = run_warnings(comparison, lang).into_iter().map(Block::Warning);
    let answer = Block::Answer(answer(comparison, findings, lang));
    banner.into_iter().chain([answer, source(comparison, lang)]).chain(warnings).collect()
}

/// The answer to what the run was asked.
pub(crate) fn answer(comparison: &Comparison, findings: &Findings, lang: Language) -> Vec<String> {
    let loops = || effects::are_all(comparison).then(|| lang.loops(comparison));
    let own = || Some(vec![OwnCells::of(comparison)?.answer(lang)]);
    let rest = || loops().or_else(own).unwrap_or_else(|| vec![findings.answer(lang)]);
    let rest = if comparison.only_searches() { Vec::new() } else { rest() };
    [capacities(comparison, lang), rest].concat()
}

/// What each search for a capacity found, named where there are several.
fn capacities(comparison: &Comparison, lang: Language) -> Vec<String> {
    let all = Capacity::all(comparison.records);
    let said = all.iter().flat_map(|found| {
        let said = [lang.capacity(found), lang.floors(found)].concat();
        let named = |said: String| lang.labelled(&found.asked.cell.name, &said);
        if all.len() > 1 { said.into_iter().map(named).collect() } else { said }
    });
    said.collect()
}

fn banner(notice: &Notice, lang: Language) -> Block {
    let (title, points) = lang.notice(notice);
    Block::Banner { title, link: [lang.errata(), notice.errata.clone()], points }
}

fn source(comparison: &Comparison, lang: Language) -> Block {
    let run = &comparison.records.run;
    let facts = vec![
        (lang.version(), format!("{} ({}, {})", run.tool.version, run.tool.commit, run.tool.profile)),
        (lang.plan(), run.plan.name.clone()),
        (lang.seed(), run.seed.to_string()),
        (lang.started(), run.started.clone()),
        (lang.cpu(), lang.usable_cpus(run.host.cpus.len(), &run.host.cpu)),
        (lang.system(), format!("{} · {}", run.host.os, run.host.kernel)),
    ];
    Block::Source { name: lang.command(), command: run.command.clone(), facts }
}
