//! The order of trials: interleaved blocks, shuffled by seed; a fresh server and a fresh generator for each.
//!
//! Each record is appended and flushed before the next trial begins. Refuses to look at results: nothing here may
//! depend on what a trial measured.

use crate::drive::{Order, Started, record};
use crate::interrupt::Interrupt;
use crate::journal::{Journal, JournalError};
use crate::target::OwnServer;
use crate::timestamp;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;
use trial::{Arm, Cell, End, Line, Outcome, Plan, Scenario, Trial};

/// Time beyond the expected length of a trial after which it is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Largest record of one trial that is read from a generator.
const MAX_RECORD_BYTES: u64 = 256 << 20;

/// Where trials are run and how.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Seed of orders and schedules.
    pub seed: u64,
    /// Base URL of a long-lived server; `None` starts a fresh one for each trial.
    pub target: Option<String>,
    /// Worker threads of a generator.
    pub threads: usize,
    /// Headers for every request.
    pub headers: Vec<(String, String)>,
    /// CA file for https targets.
    pub cacert: Option<std::path::PathBuf>,
    /// Whether certificates go unchecked.
    pub insecure: bool,
}

/// What has been run so far.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Trials on disk.
    pub finished: u64,
    /// Trials of the plan.
    pub planned: u64,
    /// Expected length of what is finished.
    pub expected_done: Duration,
    /// Expected length of what is left.
    pub expected_left: Duration,
    /// The trial that runs now.
    pub current: String,
    /// Texts of trials that failed.
    pub failures: Vec<String>,
}

/// One trial of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Turn {
    cell: usize,
    arm: Arm,
    block: u32,
    position: u32,
    seed: u64,
}

/// Every trial of a plan in the order in which it runs: block by block over all cells, so that an early end leaves
/// whole blocks of everything; cells and the arms inside a block are shuffled.
fn turns(plan: &Plan, seed: u64) -> Vec<Turn> {
    let mut random = fastrand::Rng::with_seed(seed);
    let most = plan.cells.iter().map(|cell| cell.blocks).max().unwrap_or(0);
    let mut turns = Vec::new();
    for block in 0..most {
        let mut cells: Vec<_> = (0..plan.cells.len()).filter(|&cell| plan.cells[cell].blocks > block).collect();
        random.shuffle(&mut cells);
        for cell in cells {
            let mut arms = plan.cells[cell].arms();
            random.shuffle(&mut arms);
            // All arms of a block replay one schedule.
            let seed = random.u64(..);
            let positioned = arms.into_iter().zip(0..);
            turns.extend(positioned.map(|(arm, position)| Turn { cell, arm, block, position, seed }));
        }
    }
    turns
}

/// Runs a plan to its end, to an interrupt, or to a write that fails.
///
/// # Errors
/// [`JournalError`] when a record cannot be written.
pub async fn run(
    plan: &Plan,
    options: &RunOptions,
    journal: &mut Journal,
    interrupt: &mut Interrupt,
    mut report: impl FnMut(&Progress),
) -> Result<Progress, JournalError> {
    let mut progress =
        Progress { planned: plan.trials(), expected_left: plan.expected_length(), ..Progress::default() };
    for turn in turns(plan, options.seed) {
        let cell = &plan.cells[turn.cell];
        progress.current = format!("{} {} block {}/{}", cell.name, turn.arm, turn.block + 1, cell.blocks);
        report(&progress);
        let trial = tokio::select! {
            trial = one(cell, &turn, options) => trial,
            () = interrupt.wait() => break,
        };
        if let Outcome::Failed(why) = &trial.outcome {
            progress.failures.push(format!("{} {}: {why}", cell.name, turn.arm));
        }
        journal.append(&Line::Trial(Box::new(trial)))?;
        progress.finished += 1;
        progress.expected_done += cell.expected_trial();
        progress.expected_left = progress.expected_left.saturating_sub(cell.expected_trial());
    }
    report(&progress);
    let reason = if interrupt.came() { "interrupted" } else { "plan finished" };
    journal.append(&Line::End(End {
        reason: reason.to_owned(),
        finished: timestamp::now(),
        trials: progress.finished,
        planned: progress.planned,
        stops: Vec::new(),
    }))?;
    Ok(progress)
}

/// One trial: a server where it needs one, then a generator process.
async fn one(cell: &Cell, turn: &Turn, options: &RunOptions) -> Trial {
    let mut order = Order {
        cell: cell.clone(),
        arm: turn.arm,
        block: turn.block,
        attempt: 0,
        position: turn.position,
        seed: turn.seed,
        url: options.target.clone().unwrap_or_default(),
        threads: options.threads,
        headers: options.headers.clone(),
        cacert: options.cacert.clone(),
        insecure: options.insecure,
    };
    if options.target.is_some() || matches!(cell.scenario, Scenario::Codec | Scenario::Exact) {
        return generate(&order).await;
    }
    match OwnServer::start(cell).await {
        Ok(server) => {
            server.url().clone_into(&mut order.url);
            let trial = generate(&order).await;
            server.stop().await;
            trial
        }
        Err(error) => failed(&order, error.to_string()),
    }
}

/// Runs the order in a generator process of its own.
async fn generate(order: &Order) -> Trial {
    let limit = order.cell.expected_trial() + PATIENCE;
    match timeout(limit, child(order)).await {
        Ok(Ok(trial)) => trial,
        Ok(Err(why)) => failed(order, why),
        Err(_) => failed(order, format!("the generator gave no result within {} s", limit.as_secs())),
    }
}

async fn child(order: &Order) -> Result<Trial, String> {
    let text = |error: std::io::Error| format!("generator process: {error}");
    let mut command = Command::new(std::env::current_exe().map_err(text)?);
    command.arg("trial").process_group(0).kill_on_drop(true);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(text)?;
    let order = serde_json::to_vec(order).map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(&order).await.map_err(text)?;
    }
    let (mut record, mut words) = (Vec::new(), String::new());
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX_RECORD_BYTES).read_to_end(&mut record).await.map_err(text)?;
    }
    if let Some(stderr) = child.stderr.take() {
        let _ = stderr.take(4096).read_to_string(&mut words).await;
    }
    let status = child.wait().await.map_err(text)?;
    serde_json::from_slice(&record).map_err(|_| format!("generator process ended ({status}): {}", words.trim()))
}

/// The record of a trial that could not even be started.
fn failed(order: &Order, why: String) -> Trial {
    record(order, &Started::now(), Outcome::Failed(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn plan() -> Plan {
        let cell = |name: &str, blocks| format!("[[cell]]\nname='{name}'\nwhy='w'\nscenario='push'\nblocks={blocks}\n");
        Plan::from_toml(&format!("name='p'\nwhy='w'\n{}{}", cell("a", 6), cell("b", 2))).unwrap()
    }

    #[test]
    fn every_block_holds_every_arm_once_and_shares_its_seed() {
        let turns = turns(&plan(), 7);
        assert_eq!(turns.len() as u64, plan().trials());
        for block in turns.chunk_by(|a, b| (a.cell, a.block) == (b.cell, b.block)) {
            assert_eq!(block.iter().map(|turn| turn.arm).collect::<BTreeSet<_>>().len(), 3);
            assert_eq!(block.iter().map(|turn| turn.seed).collect::<BTreeSet<_>>().len(), 1);
            assert_eq!(block.iter().map(|turn| turn.position).collect::<Vec<_>>(), [0, 1, 2]);
        }
    }

    #[test]
    fn the_order_depends_on_the_seed_and_on_nothing_else() {
        assert_eq!(turns(&plan(), 7), turns(&plan(), 7));
        assert_ne!(turns(&plan(), 7), turns(&plan(), 8));
        let orders: BTreeSet<_> = turns(&plan(), 7)
            .chunk_by(|a, b| (a.cell, a.block) == (b.cell, b.block))
            .map(|block| block.iter().map(|turn| turn.arm).collect::<Vec<_>>())
            .collect();
        assert!(orders.len() > 1, "arms are shuffled inside their blocks");
    }
}
