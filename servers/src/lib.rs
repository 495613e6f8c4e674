//! Equal SSE, WebSocket, long-poll, HTTP-stream and raw-TCP servers, all fed by one publisher; and a
//! language-model service whose answers take the same way.
//!
//! ```text
//!   query string ─► registry ─► topic ◄─ pacer          one schedule, one history, one policy for slow readers
//!                                 │
//!                               feed ─► outlet           one flush policy
//!                                 │
//!            sse · websocket · long-poll · http-stream · raw-tcp        frames, and nothing else
//!
//!   POST /v1/… ─► llm ─► script ─► topic …                  the same path for generated text and for jobs
//! ```
//!
//! [`Server::start`] starts one `current_thread` runtime a thread, each with its own `SO_REUSEPORT` listeners, one a carrier. [`run()`] is
//! the whole program. [`pacer`] keeps any schedule on time and is also what a load generator paces its own messages with.

mod access;
mod admission;
mod aside;
mod bounded;
pub mod browser;
mod budget;
mod carrier;
pub mod clock;
mod connection;
mod connection_guard;
mod control;
mod endpoint;
mod feed;
mod flush;
mod heap;
mod listener;
mod llm;
mod lock;
mod login;
mod options;
pub mod pacer;
mod probe;
mod refusal;
#[cfg(test)]
mod rig;
mod routes;
mod run;
pub mod scheduler;
mod secret;
mod start;
mod state;
mod witness;
mod worker;

pub use access::Access;
pub use carrier::args::CertificateFiles;
pub use clock::Disguise;
pub use llm::LlmOptions;
pub use options::{ServeArgs, ServeOptions};
pub use run::run;
pub use secret::{ApiKey, Secret};
pub use witness::{WITNESS, witness};

use carrier::Entrances;
use clock::WireClock;
use connection_guard::ConnectionGuard;
use feed::WorkerHandle;
use hyper_util::service::TowerToHyperService;
use llm::LlmService;
use pacer::{Cadence, Pacer};
use routes::Services;
use state::ServerState;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::Facts;
use witness::Witness;

/// The commit that this was built from: `-dirty` where a release build has more than that, `unknown` outside of a checkout.
pub const COMMIT: &str = env!("PUSHBENCH_COMMIT");

/// Why a server cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}{why}")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// What the kernel says.
        source: io::Error,
        /// Why that is, behind a colon; empty where nothing more is known.
        why: String,
    },
    /// The kernel does not let this process use that congestion control.
    #[error("congestion control '{name}' cannot be used (available: {available}; 'host' leaves the host's): {source}")]
    Congestion {
        /// What was asked for.
        name: String,
        /// What the kernel has.
        available: String,
        /// What the kernel says.
        source: io::Error,
    },
    /// No TLS with that certificate.
    #[error("certificate: {0}")]
    Certificate(String),
    /// A flag with a value that no server can have.
    #[error("{flag}: expected {expected}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A thread, a runtime, a signal handler or stdout is not to be had.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the operating system says.
        source: io::Error,
    },
}

/// A running server. Dropping it is the same as [`Server::shutdown`].
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    state: Arc<ServerState>,
    services: Services,
    threads: Vec<JoinHandle<()>>,
    _pacer: Pacer,
}

impl Server {
    /// Listens and starts the threads; when this returns, clients can connect. Also raises the process's limit on open
    /// files as far as the hard limit allows.
    ///
    /// # Errors
    /// [`ServeError`] when an address, a knob or a thread is refused.
    pub fn start(options: ServeOptions) -> Result<Self, ServeError> {
        Self::beside(options, None)
    }

    /// The same, beside a process that tells stalls of this one from those of the host.
    fn beside(options: ServeOptions, witness: Option<Witness>) -> Result<Self, ServeError> {
        run::raise_open_files();
        let Entrances { addr, of_threads, ports, certificate } = Entrances::open(&options)?;
        let defense = options.guard(addr.port());
        let defense = defense.map_err(|source| ServeError::System { what: "get random bytes", source })?;
        let ServeOptions { tuning, limits, llm, disguise, .. } = options;
        let pacer = Pacer::with_cadence(Cadence::of(&tuning))
            .map_err(|source| ServeError::System { what: "start the pacer", source })?;
        let known = probe::read_facts(of_threads.len(), tuning, limits);
        let mut facts = Facts { llm: llm.facts(), carriers: ports, certificate, ..known };
        if let Some(disguise) = &disguise {
            facts.boot_id.clone_from(&disguise.boot_id);
        }
        let clock = WireClock::starting(disguise.as_ref());
        let state = Arc::new(ServerState::new(facts, pacer.handle(), defense, clock, witness));
        let services =
            Services { registry: Arc::default(), results: Arc::default(), llm: Arc::new(LlmService::new(llm)) };
        let mut server = Self { addr, state, services, threads: Vec::new(), _pacer: pacer };
        for (index, entrances) in of_threads.into_iter().enumerate() {
            let worker = Arc::new(WorkerHandle::new(Arc::clone(&server.state), index));
            let thread = worker::spawn(entrances, worker, server.services.clone(), index == 0);
            server.threads.push(thread.map_err(|source| ServeError::System { what: "start a thread", source })?);
        }
        Ok(server)
    }

    /// The address that the server listens on.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What it states about itself.
    pub fn facts(&self) -> &Facts {
        self.state.facts()
    }

    /// Serves one connection that is no socket, on the caller's runtime and without the limit on connections: what a
    /// bench needs to see the cost of encoding without the kernel. Its feeds are woken by a dispatcher of their own, a
    /// task of the same runtime. Returns when the connection is over, an upgraded one too. `raw-tcp` needs a socket and
    /// ends at once.
    pub async fn attach(&self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        let worker = Arc::new(WorkerHandle::detached(Arc::clone(&self.state)));
        let waiting = Arc::clone(&worker);
        let mut dispatcher = JoinSet::new();
        dispatcher.spawn(async move { waiting.dispatch().await });
        let (alive, mut gone) = mpsc::channel(1);
        let (guard, _) = ConnectionGuard::issue(&worker, alive);
        connection::serve(stream, guard, TowerToHyperService::new(routes::router(&worker, &self.services))).await;
        // hyper is done at an upgrade; the task behind it holds the guard, and its feed needs the dispatcher.
        let _ = gone.recv().await;
    }

    /// Stops accepting, ends every stream in its transport's way, and joins the threads; takes two seconds at most.
    pub fn shutdown(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.close();
        self.services.registry.clear();
        for thread in self.threads.drain(..) {
            // A thread that panicked has printed why.
            let _ = thread.join();
        }
        self.services.registry.clear();
    }
}
