//! What was run, where and by what: everything that it takes to doubt or to repeat a number; and how numbers are to be read.

use crate::compare::Comparison;
use crate::document::Block;
use crate::number;
use crate::text::Language;
use trial::{Processes, Run};

pub(super) fn blocks(comparison: &Comparison, lang: Language) -> Vec<Block> {
    let facts = facts(comparison, lang).into_iter().filter(|(_, value)| !value.trim().is_empty());
    vec![Block::Text(lang.why(&comparison.records.run.plan.why)), Block::Facts(facts.collect())]
}

/// The method in short and the glossary.
pub(super) fn method(lang: Language) -> Vec<Block> {
    let method = lang.method().map(|paragraph| Block::Text(paragraph.to_owned()));
    let terms = lang.glossary().map(|[term, meaning]| (term.to_owned(), meaning.to_owned()));
    let glossary = [Block::Heading(lang.glossary_heading()), Block::Facts(terms.collect())];
    method.chain(glossary).collect()
}

fn facts(comparison: &Comparison, lang: Language) -> Vec<(String, String)> {
    let (records, run) = (comparison.records, &comparison.records.run);
    let done = records.trials.len() as u64;
    // Earlier records count as planned what a plan has at least, and may hold more.
    let planned = records.end.as_ref().map_or_else(|| run.plan.trials(), |end| end.planned).max(done);
    let tool = format!("{} ({}, {})", run.tool.version, run.tool.commit, run.tool.profile);
    let finished = records.end.as_ref().map_or(String::new(), |end| format!("{} ({})", end.finished, end.reason));
    let provenance = [
        (lang.command(), run.command.clone()),
        (lang.version(), tool),
        (lang.schema(), run.schema.to_string()),
        (lang.plan(), run.plan.name.clone()),
        (lang.seed(), run.seed.to_string()),
        (lang.started(), run.started.clone()),
        (lang.finished(), finished),
        (lang.trials(), lang.trials_of(number::count(done), number::count(planned))),
        (lang.tests(), lang.tests_made(comparison.family, comparison.null_family)),
        (lang.target(), run.target.clone().unwrap_or_else(|| lang.self_hosted())),
        (lang.processes(), processes(comparison, lang)),
        (lang.records(), file_name(comparison)),
    ];
    provenance.into_iter().chain(host(run, lang)).collect()
}

/// How many shared a trial, at most; nothing where one process each was enough.
fn processes(comparison: &Comparison, lang: Language) -> String {
    let shared = comparison.records.trials.iter().filter_map(|trial| trial.client.processes);
    let most = shared.max_by_key(|processes| (processes.generators, processes.servers));
    most.map_or(String::new(), |Processes { generators, servers }| lang.shared_by(generators, servers))
}

/// The name alone: the directory is the reader's own, not the run's.
fn file_name(comparison: &Comparison) -> String {
    comparison.records.source.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

fn host(run: &Run, lang: Language) -> [(String, String); 9] {
    let host = &run.host;
    let (first, last) = host.ports;
    [
        (lang.system(), format!("{} · {}", host.os, host.kernel)),
        (lang.cpu(), lang.usable_cpus(host.cpus.len(), &host.cpu)),
        (lang.ram(), format!("{:.1} GiB", host.memory_bytes as f64 / f64::from(1 << 30))),
        (lang.clock_source(), host.clocksource.clone()),
        (lang.congestion(), host.congestion_control.clone()),
        (lang.virtualised(), host.virtualised.clone()),
        (lang.limits(), format!("{}; {first}–{last}", number::count(host.open_files))),
        (lang.load_average(), format!("{:.2}", host.load_average_percent as f64 / 100.0)),
        (lang.pinning(), host.pinning.clone()),
    ]
}
