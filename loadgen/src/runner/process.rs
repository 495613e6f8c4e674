//! One trial as processes: a fresh server where it needs one, and a fresh generator. Refuses to know the order of trials.

use super::RunOptions;
use super::order::Turn;
use crate::generator;
use crate::host;
use crate::noise::{Waits, Watch};
use crate::target::OwnServer;
use crate::workload::{Order, Started, record};
use std::time::Duration;
use tokio::time::timeout;
use trial::{Cell, Layout, Noise, Outcome, Start, Trial, Workload};

/// Time beyond the expected length of a trial after which it is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs one trial and watches the host meanwhile.
pub(crate) async fn watched(cell: &Cell, turn: &Turn, options: &RunOptions) -> (Trial, Noise) {
    let watch = Watch::begin(options.target_pid);
    let own = options.target.is_none() && !matches!(cell.workload, Workload::Codec | Workload::Exact { .. });
    let mut layout = turn.layout(&host::cpus());
    layout.server = layout.server.filter(|_| own);
    let mut trial = tokio::select! {
        trial = one(cell, turn, options, (layout, watch.waits())) => trial,
        never = watch.waits().follow() => match never {},
    };
    trial.layout = cell.workload.supports(turn.arm).is_ok().then_some(layout);
    (trial, watch.end())
}

/// One trial: a server where it needs one, then a generator process.
async fn one(cell: &Cell, turn: &Turn, options: &RunOptions, (layout, waits): (Layout, &Waits)) -> Trial {
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
        sources: options.sources.clone(),
    };
    if let Err(why) = cell.workload.supports(turn.arm) {
        return record(&order, &Started::now(), Outcome::Unsupported(why));
    }
    let Some(start) = layout.server else {
        return generate(&order, layout.generator, waits).await;
    };
    match OwnServer::start(cell, start).await {
        Ok(server) => {
            server.url().clone_into(&mut order.url);
            server.pid().into_iter().for_each(|pid| waits.server(pid));
            let trial = generate(&order, layout.generator, waits).await;
            waits.latest();
            server.stop().await;
            trial
        }
        Err(error) => failed(&order, error.to_string()),
    }
}

/// Runs the order in a generator process of its own.
async fn generate(order: &Order, start: Start, waits: &Waits) -> Trial {
    let limit = order.cell.expected_trial() + PATIENCE;
    match timeout(limit, generator::run(order, (None, start), |pid| waits.generator(pid))).await {
        Ok(Ok(trial)) => trial,
        Ok(Err(why)) => failed(order, why),
        Err(_) => failed(order, format!("the generator gave no result within {} s", limit.as_secs())),
    }
}

/// The record of a trial that could not even be started.
fn failed(order: &Order, why: String) -> Trial {
    record(order, &Started::now(), Outcome::Failed(why))
}
