//! One trial as processes: a fresh server where it needs one, and a fresh generator. Refuses to know the order of trials.

use super::RunOptions;
use super::order::Turn;
use crate::drive::{Order, Started, record};
use crate::noise::{Waits, Watch};
use crate::target::OwnServer;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;
use trial::{Cell, Noise, Outcome, Trial, Workload};

/// Time beyond the expected length of a trial after which it is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Largest record of one trial that is read from a generator.
const MAX_RECORD_BYTES: u64 = 256 << 20;

/// Runs one trial and watches the host meanwhile.
pub(crate) async fn watched(cell: &Cell, turn: &Turn, options: &RunOptions) -> (Trial, Noise) {
    let watch = Watch::begin(options.target_pid);
    let trial = tokio::select! {
        trial = one(cell, turn, options, watch.waits()) => trial,
        never = watch.waits().follow() => match never {},
    };
    (trial, watch.end())
}

/// One trial: a server where it needs one, then a generator process.
async fn one(cell: &Cell, turn: &Turn, options: &RunOptions, waits: &Waits) -> Trial {
    let mut order = Order {
        cell: cell.clone(),
        arm: turn.arm,
        block: turn.block,
        attempt: turn.attempt,
        position: turn.position,
        seed: turn.seed,
        url: options.target.clone().unwrap_or_default(),
        threads: options.threads,
        headers: options.headers.clone(),
        cacert: options.cacert.clone(),
        insecure: options.insecure,
    };
    if options.target.is_some() || matches!(cell.workload, Workload::Codec | Workload::Exact { .. }) {
        return generate(&order, waits).await;
    }
    match OwnServer::start(cell).await {
        Ok(server) => {
            server.url().clone_into(&mut order.url);
            server.pid().into_iter().for_each(|pid| waits.server(pid));
            let trial = generate(&order, waits).await;
            waits.latest();
            server.stop().await;
            trial
        }
        Err(error) => failed(&order, error.to_string()),
    }
}

/// Runs the order in a generator process of its own.
async fn generate(order: &Order, waits: &Waits) -> Trial {
    let limit = order.cell.expected_trial() + PATIENCE;
    match timeout(limit, child(order, waits)).await {
        Ok(Ok(trial)) => trial,
        Ok(Err(why)) => failed(order, why),
        Err(_) => failed(order, format!("the generator gave no result within {} s", limit.as_secs())),
    }
}

async fn child(order: &Order, waits: &Waits) -> Result<Trial, String> {
    let text = |error: std::io::Error| format!("generator process: {error}");
    let mut command = Command::new(std::env::current_exe().map_err(text)?);
    command.arg("trial").process_group(0).kill_on_drop(true);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(text)?;
    child.id().into_iter().for_each(|pid| waits.generator(pid));
    let mut line = serde_json::to_vec(order).map_err(|error| error.to_string())?;
    line.push(b'\n');
    // Open until the record is here: a generator whose standard input ends has lost its runner, and ends.
    let mut stdin = child.stdin.take();
    if let Some(stdin) = &mut stdin {
        stdin.write_all(&line).await.map_err(text)?;
    }
    let (mut record, mut words) = (Vec::new(), String::new());
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX_RECORD_BYTES).read_to_end(&mut record).await.map_err(text)?;
    }
    if let Some(stderr) = child.stderr.take() {
        let _ = stderr.take(4096).read_to_string(&mut words).await;
    }
    drop(stdin);
    let status = child.wait().await.map_err(text)?;
    serde_json::from_slice(&record).map_err(|_| format!("generator process ended ({status}): {}", words.trim()))
}

/// The record of a trial that could not even be started.
fn failed(order: &Order, why: String) -> Trial {
    record(order, &Started::now(), Outcome::Failed(why))
}
