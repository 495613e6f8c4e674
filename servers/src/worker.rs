//! One runtime thread: a listener of its own, its connections, its dispatcher. Refuses to share tasks with another.

use crate::clock::now;
use crate::connection::{self, GRACE, Ticket};
use crate::feed::Lane;
use crate::pacer::Cadence;
use crate::pacer::task::TaskPacer;
use crate::routes;
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

/// Starts a thread; its first lane also sweeps for all.
pub(crate) fn spawn(listener: TcpListener, lane: Arc<Lane>, sweeps: bool) -> io::Result<JoinHandle<()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (listener, pacer) = {
        let _inside = runtime.enter();
        let pacer = TaskPacer::new(lane.pacer.clone(), Cadence::of(lane.hub.tuning()))?;
        (tokio::net::TcpListener::from_std(listener)?, pacer)
    };
    thread::Builder::new().name("server".to_owned()).spawn(move || {
        runtime.spawn(pacer.run());
        run(&runtime, listener, lane, sweeps);
    })
}

/// All work is in spawned tasks: whatever runs in the root future costs twice (it is polled on every wake-up).
fn run(runtime: &Runtime, listener: tokio::net::TcpListener, lane: Arc<Lane>, sweeps: bool) {
    let dispatcher = Arc::clone(&lane);
    runtime.spawn(async move { dispatcher.dispatch().await });
    if sweeps {
        runtime.spawn(sweep(Arc::clone(&lane)));
    }
    let accepting = runtime.spawn(accept(listener, lane));
    // A panic of the accept loop has been printed; the thread then ends as it does at shutdown.
    let _ = runtime.block_on(accepting);
}

/// Accepts until the server ends, then waits for the connections to end, within the grace period.
async fn accept(listener: tokio::net::TcpListener, lane: Arc<Lane>) {
    let router = TowerToHyperService::new(routes::router(&lane));
    let mut closing = lane.hub.watch_closing();
    let (alive, mut all_gone) = mpsc::channel(1);
    loop {
        let accepted = tokio::select! {
            biased;
            _ = closing.wait_for(|&closed| closed) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => admit(stream, &lane, alive.clone(), &router),
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
    drop((listener, alive));
    let _ = timeout(GRACE, all_gone.recv()).await;
}

fn admit(
    stream: tokio::net::TcpStream,
    lane: &Arc<Lane>,
    alive: mpsc::Sender<Infallible>,
    router: &TowerToHyperService<Router>,
) {
    let (ticket, fits) = Ticket::issue(lane, alive);
    if fits {
        tokio::spawn(connection::serve(stream, ticket, router.clone()));
    } else {
        tokio::spawn(connection::refuse(stream, ticket));
    }
}

async fn sweep(lane: Arc<Lane>) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        lane.hub.registry.sweep(now());
    }
}
