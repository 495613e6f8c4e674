//! The page of the study, in Markdown, from what is kept beside it. No number of it is typed by hand.

use super::{Effect, Factor, Finding};
use crate::document::Table;
use crate::number;
use crate::render::{joined, table};
use crate::stats::binomial::Count;
use crate::stats::median;
use std::collections::BTreeSet;

/// From this p on, shared among all factors and figures, a factor is said to move a figure.
const RISK: f64 = 0.05;

/// Everything that is kept of a study.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Null runs.
    pub null: Vec<Finding>,
    /// Runs with a burden in one arm.
    pub burn: Vec<Finding>,
    /// Short trials over long ones, by figure.
    pub short_long: Vec<Finding>,
    /// What of the layout moves a figure.
    pub effects: Vec<Effect>,
    /// Simulated coverage, as Markdown.
    pub coverage: Option<String>,
}

/// The page.
pub fn page(found: &Found) -> String {
    joined([
        HEAD.to_owned(),
        section("Short and long trials", &short_long(&found.short_long)),
        section("Null runs", &null(&found.null)),
        section("A burden in one arm", &burn(&found.burn)),
        section("What of the layout moves a figure", &effects(&found.effects)),
        section("Simulated coverage", found.coverage.as_deref().unwrap_or_default()),
    ])
}

const HEAD: &str = "# Study: whether verdicts hold\n\n\
    `scripts/study.sh` measures it and writes this page from the files beside it, one line or entry a run.\n";

fn section(heading: &str, text: &str) -> String {
    let text = if text.is_empty() { "Not measured yet.\n" } else { text };
    format!("## {heading}\n\n{}\n", text.trim_end())
}

fn bounds([low, high]: [f64; 2]) -> String {
    format!("[{}, {}]", number::significant(low), number::significant(high))
}

fn short_long(found: &[Finding]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let table_of = Table::of(
        String::new(),
        found,
        [
            ("load".to_owned(), &|it: &Finding| it.load.clone()),
            ("figure".to_owned(), &|it| it.figure.to_string()),
            ("ratio, long trials".to_owned(), &|it| number::times(it.sides[0])),
            ("ratio, short trials".to_owned(), &|it| number::times(it.sides[1])),
            ("short / long".to_owned(), &|it| format!("{} {}", number::times(it.ratio), bounds(it.interval))),
            ("blocks".to_owned(), &|it| it.blocks.to_string()),
            ("run of".to_owned(), &|it| it.started.clone()),
        ],
    );
    let text = "Two cells of one load in one run, block by block: the ratio of WebSocket and SSE in short trials (0.15 s + 0.3 s) \
                over that in long ones (0.5 s + 2 s), with its 95 % interval. *single*: one reader, 2,000 events a second; *busy*: 20 \
                readers, 1,000 a second each.\n\n";
    text.to_owned() + &table(&table_of)
}

fn null(found: &[Finding]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let alarms = found.iter().filter(|it| it.differs()).count();
    format!(
        "Runs of two copies of one arm, each with {}: {}. In {alarms} of them the 95 % interval of {} excludes 1 ({}; 95 % interval of \
         that share {}).\n",
        blocks(found),
        found.len(),
        found[0].figure,
        number::percent(alarms as f64 / found.len() as f64),
        share_bounds(alarms, found.len()),
    )
}

fn burn(found: &[Finding]) -> String {
    let Some(first) = found.first() else { return String::new() };
    let hits = found.iter().filter(|it| it.differs()).count();
    let ratios: Vec<f64> = found.iter().map(|it| it.ratio).collect();
    let table_of = Table::of(
        String::new(),
        found,
        [
            ("run of".to_owned(), &|it: &Finding| it.started.clone()),
            ("burned for each event".to_owned(), &|it| number::duration(it.burn_ns.unwrap_or(0) as f64)),
            ("without".to_owned(), &|it| number::duration(it.sides[0])),
            ("with".to_owned(), &|it| number::duration(it.sides[1])),
            ("ratio".to_owned(), &|it| number::times(it.ratio)),
            ("adjusted interval".to_owned(), &|it| bounds(it.adjusted)),
        ],
    );
    format!(
        "Runs in which one arm's server burns CPU for each event, 5 % of what {} was without (median of the ratios {}), each with {}: {}. \
         In {hits} of them the adjusted interval, at 1 − 0.05 / {}, excludes 1.\n\n{}",
        first.figure,
        number::times(median(&ratios).unwrap_or(1.0)),
        blocks(found),
        found.len(),
        first.family,
        table(&table_of)
    )
}

/// How many blocks the runs have.
fn blocks(found: &[Finding]) -> String {
    let counts: BTreeSet<usize> = found.iter().map(|it| it.blocks).collect();
    let ends: BTreeSet<usize> = counts.first().into_iter().chain(counts.last()).copied().collect();
    format!("{} blocks", ends.iter().map(usize::to_string).collect::<Vec<_>>().join(" to "))
}

fn share_bounds(k: usize, n: usize) -> String {
    let interval = Count { hits: k as u64, of: n as u64 }.interval(RISK);
    interval.map_or_else(String::new, |(low, high)| format!("[{}, {}]", number::percent(low), number::percent(high)))
}

fn effects(found: &[Effect]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let each = RISK / found.len() as f64;
    let moving: Vec<String> = found
        .iter()
        .filter(|it| it.p <= each)
        .map(|it| format!("{} moves {} of {}", words(it.factor), it.figure, it.cell))
        .collect();
    let said = if moving.is_empty() { "None does".to_owned() } else { moving.join("; ") };
    let mut rows: Vec<&Effect> = found.iter().collect();
    rows.dedup_by(|a, b| (&a.cell, a.figure) == (&b.cell, b.figure));
    let share = |row: &&Effect, factor| {
        let same = |it: &&Effect| (&it.cell, it.figure, it.factor) == (&row.cell, row.figure, factor);
        found.iter().find(same).map_or(number::NONE.to_owned(), |it| {
            format!(
                "{} ({}; p {})",
                number::percent(it.share),
                number::percent(it.by_chance),
                number::significant(it.p)
            )
        })
    };
    let head = ["cell, figure", "trials", "sd of logs"].map(str::to_owned).into_iter();
    let table_of = Table {
        caption: String::new(),
        head: head.chain(Factor::ALL.map(|factor| words(factor).to_owned())).collect(),
        rows: rows
            .iter()
            .map(|row| {
                let first = [
                    format!("{}, {}", row.cell, row.figure),
                    row.trials.to_string(),
                    number::significant(row.deviation),
                ];
                first.into_iter().chain(Factor::ALL.map(|factor| share(row, factor))).collect()
            })
            .collect(),
    };
    format!(
        "Each trial of a published comparison has drawn the size of both environments and the first CPU of both processes. Share of \
         the variance between trials, \
         free of arm and block, that a factor explains (the share that chance gives; p by dealing levels anew within blocks). Of {} \
         tests, at p ≤ {}: {said}.\n\n{}",
        found.len(),
        number::significant(each),
        table(&table_of)
    )
}

const fn words(factor: Factor) -> &'static str {
    match factor {
        Factor::ServerEnvironment => "server's environment",
        Factor::GeneratorEnvironment => "generator's environment",
        Factor::ServerCpu => "server's first CPU",
        Factor::GeneratorCpu => "generator's first CPU",
        Factor::SharedCpu => "both on one first CPU",
        Factor::Position => "position in the block",
    }
}
