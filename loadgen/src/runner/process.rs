//! One trial as processes: a fresh server where it needs one, and a fresh generator; several of each where its connections are
//! more than one process may open. Refuses to know the order of trials.

use super::order::Turn;
use super::{RunOptions, joint};
use crate::fleet;
use crate::generator;
use crate::host;
use crate::interrupt::Interrupt;
use crate::noise::{Waits, Watch};
use crate::target::{OwnServer, TargetError};
use crate::workload::{Order, Started, processes, record, tasks};
use std::time::Duration;
use tokio::time::timeout;
use trial::{Cell, Layout, Noise, Outcome, Start, Trial, Workload, shares};

/// Time beyond the expected length of a trial after which it is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs one trial and watches the host meanwhile.
pub(crate) async fn watched(cell: &Cell, turn: &Turn, options: &RunOptions) -> (Trial, Noise) {
    let watch = Watch::begin(options.target_pid);
    let serverless = matches!(cell.workload, Workload::Codec | Workload::Exact { .. } | Workload::Read { .. });
    let own = options.target.is_none() && !serverless;
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
    let (url, foreign) = match options.endpoints.get(&turn.arm.untwinned()) {
        Some((url, foreign)) => (url.clone(), Some(foreign.clone())),
        None => (options.target.clone().unwrap_or_default(), None),
    };
    let order = Order {
        cell: cell.clone(),
        arm: turn.arm,
        block: turn.block,
        attempt: turn.attempt,
        position: turn.position,
        seed: turn.seed,
        url,
        threads: options.threads,
        headers: options.headers.clone(),
        cacert: options.cacert.clone(),
        insecure: options.insecure,
        connect_rate: options.connect_rate,
        sources: options.sources.clone(),
        foreign,
    };
    if let Err(why) = cell.workload.supports(turn.arm) {
        return record(&order, &Started::now(), Outcome::Unsupported(why));
    }
    let shared = match processes(&cell.workload) {
        Ok(shared) => shared,
        Err(scarce) => return failed(&order, scarce.to_string()),
    };
    let servers = match layout.server {
        Some(start) => start_all(cell, start, shared).await,
        None => Ok(Vec::new()),
    };
    let servers = match servers {
        Ok(servers) => servers,
        Err(error) => return failed(&order, error.to_string()),
    };
    servers.iter().filter_map(OwnServer::pid).for_each(|pid| waits.server(pid));
    let trial = generate(order, &servers, shared, layout.generator, waits).await;
    waits.latest();
    for server in servers {
        server.stop().await;
    }
    trial
}

/// So many servers, each for its share of the connections; all start as was drawn for one.
async fn start_all(cell: &Cell, start: Start, number: u32) -> Result<Vec<OwnServer>, TargetError> {
    let mut servers = Vec::new();
    for share in shares(cell.workload.connections(), number) {
        let workload = cell.workload.with_connections(share).unwrap_or_else(|| cell.workload.clone());
        servers.push(OwnServer::start_one_of(number, &Cell { workload, ..cell.clone() }, start).await?);
    }
    Ok(servers)
}

/// Runs the order against these servers, or without any against its own URL, in a generator process or in so many.
async fn generate(mut order: Order, servers: &[OwnServer], number: u32, start: Start, waits: &Waits) -> Trial {
    let started = |pid| waits.generator(pid);
    let mut urls: Vec<String> = servers.iter().map(|server| server.url().to_owned()).collect();
    match urls.first() {
        Some(first) => first.clone_into(&mut order.url),
        None => urls.push(order.url.clone()),
    }
    if number > 1 {
        return match tasks(&order, &urls, number / urls.len() as u32) {
            Ok(tasks) => joint::run(&order, &tasks, start, started, &Interrupt::never()).await,
            Err(why) => failed(&order, why.to_owned()),
        };
    }
    let connecting = fleet::connecting(order.cell.workload.connections() as usize, order.connect_rate());
    let limit = connecting + order.cell.expected_trial() + PATIENCE;
    match timeout(limit, generator::run(&order, (None, start), started)).await {
        Ok(Ok(trial)) => trial,
        Ok(Err(why)) => failed(&order, why),
        Err(_) => failed(&order, format!("the generator gave no result within {} s", limit.as_secs())),
    }
}

/// The record of a trial that could not even be started.
fn failed(order: &Order, why: String) -> Trial {
    record(order, &Started::now(), Outcome::Failed(why))
}
