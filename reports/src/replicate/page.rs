//! The page of a set, in Markdown: figures with the ratios of all runs, then the runs. No number of it is typed by hand.

use super::{Answers, Replicate, Spread, SpreadSet, Stand};
use crate::document::Table;
use crate::number;
use crate::render::{joined, table};

/// From here on the claim about contradicting pairs is made.
const RUNS_FOR_CLAIM: usize = 10;
const BOOTS_FOR_CLAIM: usize = 3;
/// The claim: at most this share of pairs.
const CLAIM: f64 = 0.02;

pub(super) fn page(runs: &[Replicate], spread: &SpreadSet) -> String {
    let figures = figures(runs, spread);
    let tables =
        [("Figures", figures), ("Runs", table_of(runs))].into_iter().filter(|(_, table)| !table.rows.is_empty());
    let tables = tables.map(|(heading, data)| format!("## {heading}\n\n{}", table(&data)));
    joined([HEAD.to_owned(), format!("{} {}\n", standing(spread), answered(runs))].into_iter().chain(tables))
}

const HEAD: &str = "# Replicates\n\n\
    Runs of one plan, one file a run, and this page, which `scripts/replicate.sh` writes from them. Ratio: other arm over base, in the \
    median over blocks. *Spread between runs*: standard deviation of the ratio between runs, beyond what the intervals of the runs explain \
    (DerSimonian and Laird, 1986). Two runs *contradict* each other where they find opposite directions, or one finds the figure inside \
    the margin and one beyond it. A run *answers* a figure by a verdict, by *no practical difference*, or by an interval that leaves at \
    most 10 % either way (15 % where pre-flight did not find the host quiet); tails are not counted. Boot ids and loads are digests.\n";

/// How many runs there are and what may be claimed of them.
fn standing(spread: &SpreadSet) -> String {
    let SpreadSet { runs, boots, .. } = spread;
    let [k, n] = spread.contradicting();
    let there = format!(
        "Runs: {runs}, of boots: {boots}. Of {n} pairs in which both runs concluded something about a figure {k} contradict each other."
    );
    if *runs < RUNS_FOR_CLAIM || *boots < BOOTS_FOR_CLAIM {
        return format!(
            "{there} That at most {:.0} % do is not claimed before {RUNS_FOR_CLAIM} runs of {BOOTS_FOR_CLAIM} boots are in.",
            100.0 * CLAIM
        );
    }
    let holds = if k as f64 <= CLAIM * n as f64 { "holds" } else { "does not hold" };
    format!("{there} The claim that at most {:.0} % do {holds}.", 100.0 * CLAIM)
}

/// How many figures the runs answer.
fn answered(runs: &[Replicate]) -> String {
    let counts: Vec<[usize; 2]> = runs.iter().filter_map(Replicate::answers).map(Answers::of_all).collect();
    let [k, n] = counts.iter().fold([0, 0], |[k, n], count| [k + count[0], n + count[1]]);
    if n == 0 {
        return "No run records how it answers.".to_owned();
    }
    let share = number::percent(k as f64 / n as f64);
    format!("{} of the runs record how they answer: {k} of {n} figures ({share}).", counts.len())
}

fn figures(runs: &[Replicate], spread: &SpreadSet) -> Table {
    let ratios = |spread: &Spread| {
        let found = runs.iter().filter_map(|run| run.figures.iter().find(|figure| figure.key == spread.key));
        let texts = found.map(|one| {
            let [low, high] = one.interval.map(number::significant);
            format!("{} [{low}, {high}]{}", number::significant(one.ratio), mark(one.stand))
        });
        texts.collect::<Vec<_>>().join("; ")
    };
    let over = |[base, other]: [trial::Arm; 2]| format!("{other} / {base}");
    Table::of(
        String::new(),
        &spread.figures,
        [
            ("figure".to_owned(), &|it| format!("{} {}, {}", it.key.cell, it.key.figure, over(it.key.arms))),
            ("ratio in each run".to_owned(), &ratios),
            ("spread between runs".to_owned(), &|it| {
                it.between_share().map_or(number::NONE.to_owned(), number::percent)
            }),
            ("both decided".to_owned(), &|it| format!("{} of {}", it.decided, it.pairs)),
            ("contradict".to_owned(), &|it| format!("{} of {}", it.contradicting, it.pairs)),
        ],
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

fn table_of(runs: &[Replicate]) -> Table {
    let build = |run: &Replicate| match run.profile.as_str() {
        "release" => run.commit.clone(),
        other => format!("{} ({other})", run.commit),
    };
    let answered = |run: &Replicate| {
        run.answers().map_or_else(
            || "not recorded".to_owned(),
            |answers| {
                let ([k, n], Answers { verdict, practical, bound, .. }) = (answers.of_all(), answers);
                format!("{k} of {n} ({verdict}, {practical}, {bound})")
            },
        )
    };
    let quiet = |run: &Replicate| {
        match run.quiet {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not recorded",
        }
        .to_owned()
    };
    Table::of(
        String::new(),
        runs,
        [
            ("started (UTC)".to_owned(), &|run| run.started.chars().take(19).collect()),
            ("boot".to_owned(), &|run| run.boot.clone()),
            ("commit".to_owned(), &build),
            ("plan".to_owned(), &|run| format!("{} {}", run.plan, run.plan_digest)),
            ("quiet".to_owned(), &quiet),
            ("answered (verdict, no practical difference, bound)".to_owned(), &answered),
            ("CPU".to_owned(), &|run| format!("{} × {}", run.cpus, run.cpu)),
            ("kernel".to_owned(), &|run| run.kernel.clone()),
            ("seed".to_owned(), &|run| run.seed.to_string()),
        ],
    )
}
