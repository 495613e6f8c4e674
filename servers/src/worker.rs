//! One runtime thread: listeners of its own, its connections, its dispatcher. Refuses to share tasks with another.

use crate::carrier::{Entrance, Opening};
use crate::clock::now;
use crate::connection_guard::{ConnectionGuard, GRACE};
use crate::feed::{Registry, WorkerHandle};
use crate::pacer::Cadence;
use crate::pacer::task::TaskPacer;
use crate::routes::{self, Services};
use axum::Router;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// Pause after an `accept` that failed: most likely there is no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// How often abandoned groups and sessions are looked for.
const SWEEP: Duration = Duration::from_secs(1);

/// Starts a thread; its first worker also sweeps for all.
pub(crate) fn spawn(
    entrances: Vec<Entrance>,
    worker: Arc<WorkerHandle>,
    services: Services,
    sweeps: bool,
) -> io::Result<JoinHandle<()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (doors, pacer) = {
        let _inside = runtime.enter();
        let pacer = TaskPacer::new(worker.pacer.clone(), Cadence::of(worker.state.tuning()))?;
        let watched = |door: Entrance| Ok((TcpListener::from_std(door.listener)?, door.opening));
        (entrances.into_iter().map(watched).collect::<io::Result<Vec<_>>>()?, pacer)
    };
    thread::Builder::new().name("server".to_owned()).spawn(move || {
        runtime.spawn(pacer.run());
        run(&runtime, doors, worker, services, sweeps);
    })
}

/// All work is in spawned tasks: whatever runs in the root future costs twice (it is polled on every wake-up).
fn run(
    runtime: &Runtime,
    doors: Vec<(TcpListener, Opening)>,
    worker: Arc<WorkerHandle>,
    services: Services,
    sweeps: bool,
) {
    let dispatcher = Arc::clone(&worker);
    runtime.spawn(async move { dispatcher.dispatch().await });
    if sweeps {
        runtime.spawn(sweep(Arc::clone(&services.registry)));
    }
    let router = TowerToHyperService::new(routes::router(&worker, &services));
    let accept = |door| runtime.spawn(accept(door, Arc::clone(&worker), router.clone()));
    for accepting in doors.into_iter().map(accept).collect::<Vec<_>>() {
        // A panic of the accept loop has been printed; the thread then ends as it does at shutdown.
        let _ = runtime.block_on(accepting);
    }
}

/// Accepts until the server ends, then waits for the connections to end, within the grace period.
async fn accept(
    (listener, opening): (TcpListener, Opening),
    worker: Arc<WorkerHandle>,
    router: TowerToHyperService<Router>,
) {
    let mut closing = worker.state.watch_closing();
    let (alive, mut all_gone) = mpsc::channel(1);
    loop {
        let accepted = tokio::select! {
            biased;
            _ = closing.wait_for(|&closed| closed) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                opening.serve(stream, ConnectionGuard::issue(&worker, alive.clone()), router.clone());
            }
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
    drop((listener, alive));
    let _ = timeout(GRACE, all_gone.recv()).await;
}

async fn sweep(registry: Arc<Registry>) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        registry.sweep(now());
    }
}
