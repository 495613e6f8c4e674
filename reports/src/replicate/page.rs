//! The page of a set, in Markdown: figures with the ratios of all runs, then the runs. No number of it is typed by hand.

use super::{Replicate, Spread, SpreadSet, Stand};
use crate::number;
use crate::printed::one_line;
use std::fmt::Write as _;

/// From here on the claim about contradicting pairs is made.
const RUNS_FOR_CLAIM: usize = 10;
const BOOTS_FOR_CLAIM: usize = 3;
/// The claim: at most this share of pairs.
const CLAIM: f64 = 0.02;

pub(super) fn page(runs: &[Replicate], spread: &SpreadSet) -> String {
    let mut page = HEAD.to_owned();
    let _ = writeln!(page, "{}\n", standing(spread));
    if !spread.figures.is_empty() {
        page += "## Figures\n\n| figure | ratios of the runs | spread between runs | both decided | contradict |\n";
        page += "| --- | --- | --- | --- | --- |\n";
        spread.figures.iter().for_each(|figure| page += &figure_line(runs, figure));
    }
    if !runs.is_empty() {
        page += "\n## Runs\n\n| started (UTC) | boot | commit | plan | CPU | CPUs | kernel | seed |\n";
        page += "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
        runs.iter().for_each(|run| page += &run_line(run));
    }
    page
}

const HEAD: &str = "# Replicates\n\n\
    Runs of one plan, one file a run, and this page, which `scripts/replicate.sh` writes from them. Ratio: other arm over base, in the \
    median over blocks. *Spread between runs*: standard deviation of the ratio between runs, beyond what the intervals of the runs explain \
    (DerSimonian and Laird, 1986). Two runs *contradict* each other where they find opposite directions, or one finds the figure inside \
    the margin and one beyond it. Boot ids and loads are digests.\n\n";

/// How many runs there are and what may be claimed of them.
fn standing(spread: &SpreadSet) -> String {
    let SpreadSet { runs, boots, .. } = spread;
    let [k, n] = spread.contradicting();
    let there = format!("There are {runs} runs of {boots} boots; {k} of {n} pairs contradict each other.");
    if *runs < RUNS_FOR_CLAIM || *boots < BOOTS_FOR_CLAIM {
        return format!(
            "{there} That at most {:.0} % do is not claimed before {RUNS_FOR_CLAIM} runs of {BOOTS_FOR_CLAIM} boots are in.",
            100.0 * CLAIM
        );
    }
    let holds = if k as f64 <= CLAIM * n as f64 { "holds" } else { "does not hold" };
    format!("{there} The claim that at most {:.0} % do {holds}.", 100.0 * CLAIM)
}

fn figure_line(runs: &[Replicate], spread: &Spread) -> String {
    let of_run = |run: &Replicate| run.figures.iter().find(|figure| figure.key == spread.key).cloned();
    let ratios = runs.iter().filter_map(of_run).map(|one| {
        let [low, high] = one.interval.map(number::significant);
        format!("{} [{low}, {high}]{}", number::significant(one.ratio), mark(one.stand))
    });
    let [base, other] = spread.key.arms;
    format!(
        "| {} {}, {other} / {base} | {} | {} | {} of {} | {} of {} |\n",
        one_line(&spread.key.cell),
        spread.key.figure,
        ratios.collect::<Vec<_>>().join("<br>"),
        number::percent(spread.between_share()),
        spread.decided,
        spread.pairs,
        spread.contradicting,
        spread.pairs
    )
}

/// What a run concluded, in a word; nothing where it left the figure open.
const fn mark(stand: Stand) -> &'static str {
    match stand {
        Stand::HigherBeyond => " higher, beyond the margin",
        Stand::Higher => " higher",
        Stand::Equivalent => " equivalent",
        Stand::Lower => " lower",
        Stand::LowerBeyond => " lower, beyond the margin",
        Stand::Open => "",
    }
}

fn run_line(run: &Replicate) -> String {
    let started: String = run.started.chars().take(19).collect();
    let commit = if run.profile == "release" { run.commit.clone() } else { format!("{} ({})", run.commit, run.profile) };
    let words = [
        started,
        run.boot.clone(),
        commit,
        format!("{} {}", run.plan, run.plan_digest),
        run.cpu.clone(),
        run.cpus.to_string(),
        run.kernel.clone(),
        run.seed.to_string(),
    ];
    format!("| {} |\n", words.map(|word| one_line(&word).replace('|', "\\|")).join(" | "))
}
