//! One runtime thread: a listener of its own, its connections, its dispatcher. Refuses to share tasks with another.

use crate::clock::now;
use crate::connection;
use crate::connection_guard::{ConnectionGuard, GRACE};
use crate::feed::{Registry, WorkerHandle};
use crate::pacer::Cadence;
use crate::pacer::task::TaskPacer;
use crate::routes::{self, Services};
use axum::Router;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// Pause after an `accept` that failed: most likely there is no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// How often abandoned groups and sessions are looked for.
const SWEEP: Duration = Duration::from_secs(1);

/// Starts a thread; its first worker also sweeps for all.
pub(crate) fn spawn(
    listener: TcpListener,
    worker: Arc<WorkerHandle>,
    services: Services,
    sweeps: bool,
) -> io::Result<JoinHandle<()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (listener, pacer) = {
        let _inside = runtime.enter();
        let pacer = TaskPacer::new(worker.pacer.clone(), Cadence::of(worker.state.tuning()))?;
        (tokio::net::TcpListener::from_std(listener)?, pacer)
    };
    thread::Builder::new().name("server".to_owned()).spawn(move || {
        runtime.spawn(pacer.run());
        run(&runtime, listener, worker, services, sweeps);
    })
}

/// All work is in spawned tasks: whatever runs in the root future costs twice (it is polled on every wake-up).
fn run(
    runtime: &Runtime,
    listener: tokio::net::TcpListener,
    worker: Arc<WorkerHandle>,
    services: Services,
    sweeps: bool,
) {
    let dispatcher = Arc::clone(&worker);
    runtime.spawn(async move { dispatcher.dispatch().await });
    if sweeps {
        runtime.spawn(sweep(Arc::clone(&services.registry)));
    }
    let accepting = runtime.spawn(accept(listener, worker, services));
    // A panic of the accept loop has been printed; the thread then ends as it does at shutdown.
    let _ = runtime.block_on(accepting);
}

/// Accepts until the server ends, then waits for the connections to end, within the grace period.
async fn accept(listener: tokio::net::TcpListener, worker: Arc<WorkerHandle>, services: Services) {
    let router = TowerToHyperService::new(routes::router(&worker, &services));
    let mut closing = worker.state.watch_closing();
    let (alive, mut all_gone) = mpsc::channel(1);
    loop {
        let accepted = tokio::select! {
            biased;
            _ = closing.wait_for(|&closed| closed) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => admit(stream, &worker, alive.clone(), &router),
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
    drop((listener, alive));
    let _ = timeout(GRACE, all_gone.recv()).await;
}

fn admit(
    stream: tokio::net::TcpStream,
    worker: &Arc<WorkerHandle>,
    alive: mpsc::Sender<Infallible>,
    router: &TowerToHyperService<Router>,
) {
    let (guard, fits) = ConnectionGuard::issue(worker, alive);
    if fits {
        tokio::spawn(connection::serve(stream, guard, router.clone()));
    } else {
        tokio::spawn(connection::refuse(stream, guard));
    }
}

async fn sweep(registry: Arc<Registry>) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        registry.sweep(now());
    }
}
