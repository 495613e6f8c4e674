//! Prints what the statistics keep as Markdown, for a published study: simulated coverage, risk and power, and the null arms of
//! finished runs. `cargo run --release -p reports --example statistics -- [DIR…]`, a minute without records.

use reports::load;
use reports::proof::simulated::{Edge, Noise, Report, coverage, false_claims, found};
use reports::proof::{null_arms, power, replay};
use std::path::Path;

const RUNS: usize = 4_000;
const DRAWS: usize = 2_000;
const SEED: u64 = 11;
/// Figures that share the risk, as many as a default run has.
const FAMILY: usize = 12;

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn table<const N: usize>(title: &str, head: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    println!("\n{title}\n\n| {} |\n|{}", head.join(" | "), " --- |".repeat(N));
    rows.for_each(|row| println!("| {} |", row.join(" | ")));
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shapes = || Noise::ALL.into_iter().flat_map(|shape| [20, 40, 70].map(|blocks| (shape, blocks)));
    table(
        &format!(
            "Coverage of 95 % intervals, {RUNS} simulated runs each; correlation is tested among {FAMILY} figures."
        ),
        ["noise", "blocks", "as if independent", "as given", "warned", "as given, where warned"],
        shapes().map(|((name, noise), blocks)| {
            let found = coverage(noise, blocks, FAMILY, RUNS, SEED);
            let where_warned = found.where_warned.map_or("–".to_owned(), percent);
            let [plain, widened, warned] = [found.plain, found.widened, found.warned].map(percent);
            [name.to_owned(), blocks.to_string(), plain, widened, warned, where_warned]
        }),
    );
    table(
        &format!("Reports of {FAMILY} figures with any false claim, {RUNS} simulated reports each, margin 5 %."),
        ["truth of every figure", "blocks", "adjusted intervals", "each figure alone"],
        Edge::ALL.into_iter().flat_map(|edge| [20, 40].map(|blocks| (edge, blocks))).map(|((name, edge), blocks)| {
            let report = Report { figures: FAMILY, family: FAMILY, blocks };
            let risk = |family| percent(false_claims(edge, Report { family, ..report }, RUNS, SEED));
            [name.to_owned(), blocks.to_string(), risk(FAMILY), risk(1)]
        }),
    );
    table(
        "Differences found (the adjusted interval excludes 1) with the blocks that they are said to take for 80 %.",
        ["noise", "difference", "figures", "blocks", "found"],
        [1.10, 1.25].into_iter().flat_map(|factor| [1, FAMILY].map(|family| (factor, family))).flat_map(
            |(factor, family)| {
                Noise::ALL.into_iter().take(3).map(move |(name, noise)| {
                    let (blocks, share) = found(noise, factor, family, RUNS, SEED);
                    [name.to_owned(), format!("{factor:.2}"), family.to_string(), blocks.to_string(), percent(share)]
                })
            },
        ),
    );
    std::env::args().skip(1).try_for_each(|run| recorded(&run))
}

/// The null arms of a finished run: how often they are called different, and known differences found.
fn recorded(run: &str) -> Result<(), Box<dyn std::error::Error>> {
    let records = load(Path::new(run))?;
    let shuffled = replay(&records, SEED, DRAWS);
    let name = Path::new(run).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let arms = null_arms(&records).len();
    println!("\n`{name}`: {} of {arms} null arms' shuffled intervals miss 1.", percent(shuffled.share()));
    let blocks = [None, Some(20), Some(40), Some(70)].into_iter();
    table(
        &format!("One arm of `{name}` multiplied, {DRAWS} draws each, {FAMILY} figures share the risk."),
        ["factor", "blocks", "found", "covered", "out of reach"],
        blocks.flat_map(|blocks| [1.05, 1.10].map(|factor| (blocks, factor))).map(|(blocks, factor)| {
            let power = power(&records, factor, FAMILY, blocks, SEED, DRAWS);
            let said = blocks.map_or("as planned".to_owned(), |blocks: usize| blocks.to_string());
            let [found, covered] = [power.found_share(), power.covered_share()].map(percent);
            [format!("{factor:.2}"), said, found, covered, format!("{} of {arms}", power.out_of_reach)]
        }),
    );
    Ok(())
}
