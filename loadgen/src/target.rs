//! The server of a trial: a URL of somebody's, or a child process whose first line is its URL.
//!
//! A child is asked to end by the end of its standard input, which also happens when this process dies.

use crate::cgroup::Cgroup;
use crate::host;
use crate::instrument::Wrapper;
use crate::placement;
use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;
use trial::check::host as check;
use trial::{Cell, Start, Workload};
use wire::Carrier;

/// Connections that a server takes unasked, where it may open as many files.
const DEFAULT_CONNECTIONS: u64 = 20_000;
/// Longest wait for a server to state its URL, and for it to end.
const LIMIT: Duration = Duration::from_secs(10);

/// Why no server could be started.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The process did not start.
    #[error("cannot start a server: {0}")]
    Spawn(#[from] std::io::Error),
    /// It ended, or said nothing, before it was ready.
    #[error("the server did not become ready: {0}")]
    NotReady(String),
}

/// A server that this process started; it ends with it.
pub struct OwnServer {
    child: Child,
    stdin: Option<ChildStdin>,
    url: String,
    /// Dropped behind the child, which must have left it.
    _cgroup: Option<Cgroup>,
}

impl OwnServer {
    /// Starts a fresh server with the cell's knobs, in the way that was drawn for it, and waits for its URL.
    ///
    /// # Errors
    /// [`TargetError`], with the server's own words where it had any.
    pub async fn start(cell: &Cell, start: Start) -> Result<Self, TargetError> {
        Self::start_one_of(1, cell, start).await
    }

    /// The same for one of several servers of a trial, which share the threads that one would have.
    ///
    /// # Errors
    /// [`TargetError`], likewise.
    pub(crate) async fn start_one_of(servers: u32, cell: &Cell, start: Start) -> Result<Self, TargetError> {
        let threads = host::default_threads().div_ceil(servers as usize);
        Self::spawn((None, start), threads, &knobs(cell)).await
    }

    /// The same without a draw, under an instrument.
    ///
    /// # Errors
    /// [`TargetError`], likewise.
    pub async fn start_under(cell: &Cell, wrapper: Option<&Wrapper>) -> Result<Self, TargetError> {
        Self::spawn((wrapper, Start::default()), host::default_threads(), &knobs(cell)).await
    }

    /// The same without either, with an account of its heap: one thread, so that no chance spreads connections over several.
    ///
    /// # Errors
    /// [`TargetError`], likewise.
    pub async fn start_accounted(cell: &Cell) -> Result<Self, TargetError> {
        Self::spawn((None, Start::default()), 1, &[knobs(cell).as_slice(), &["--heap-profile".to_owned()]].concat())
            .await
    }

    async fn spawn(
        (wrapper, start): (Option<&Wrapper>, Start),
        threads: usize,
        knobs: &[String],
    ) -> Result<Self, TargetError> {
        let mut command = command(wrapper, start)?;
        let threads = threads.to_string();
        command.args(["serve", "--exit-with-stdin", "--threads", &threads]).args(knobs);
        // A group of its own: Ctrl-C is for the runner, which ends its children in order.
        command.process_group(0).kill_on_drop(true);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        // Before it has done anything: what it uses until then is not charged to its group.
        let cgroup = child.id().and_then(Cgroup::holding);
        let url = first_line(&mut child).await;
        match url {
            Some(url) => Ok(Self { child, stdin, url, _cgroup: cgroup }),
            None => Err(TargetError::NotReady(last_words(&mut child).await)),
        }
    }

    /// Its process id; `None` once it has ended.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// The base URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends the server and waits for it, or kills it.
    pub async fn stop(mut self) {
        self.stdin.take();
        if timeout(LIMIT, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}

/// The flags of a cell's knobs.
fn knobs(cell: &Cell) -> Vec<String> {
    let preset = ["--preset", cell.preset.name()].map(str::to_owned);
    let flush = cell.flush.map(|flush| ["--flush", flush.name()].map(str::to_owned));
    let times = [("--tick", cell.cadence.tick), ("--spin", cell.cadence.spin)];
    let cadence = times.map(|(flag, time)| [flag.to_owned(), format!("{}ns", time.as_nanos())]);
    let cost = match &cell.workload {
        Workload::ToolLoop(asked) => Some(["--server-cost-per-byte".to_owned(), asked.cost_per_byte_ns.to_string()]),
        _ => None,
    };
    let connections = u64::from(cell.workload.connections()) + check::QUESTIONS;
    let more = (connections > DEFAULT_CONNECTIONS).then(|| ["--max-connections".to_owned(), connections.to_string()]);
    let run = cell.arms.iter().filter(|arm| cell.workload.supports(**arm).is_ok());
    let carriers: BTreeSet<Carrier> = run.map(|arm| arm.carrier).filter(|it| *it != Carrier::H1).collect();
    let carriers = carriers.into_iter().map(|carrier| ["--carrier".to_owned(), carrier.to_string()]);
    let flags = [Some(preset), flush, cost, more].into_iter().flatten().chain(cadence).chain(carriers);
    flags.flatten().collect()
}

/// This program, as it is or behind the command of an instrument, told how to start.
pub(crate) fn command(wrapper: Option<&Wrapper>, start: Start) -> std::io::Result<Command> {
    let program = std::env::current_exe()?;
    let mut command = match wrapper {
        None => Command::new(program),
        Some(wrapper) => {
            let mut command = Command::new(wrapper.program);
            command.args(&wrapper.arguments).arg(program);
            command
        }
    };
    // What this process was told is for itself alone.
    for name in placement::VARIABLES {
        command.env_remove(name);
    }
    command.envs(placement::environment(start));
    Ok(command)
}

async fn first_line(child: &mut Child) -> Option<String> {
    let mut lines = BufReader::new(child.stdout.take()?).lines();
    let line = timeout(LIMIT, lines.next_line()).await.ok()?.ok()??;
    line.starts_with("http").then_some(line)
}

/// The last line that a child wrote on standard error, after it was given a moment to write it.
async fn last_words(child: &mut Child) -> String {
    let _ = child.start_kill();
    let Some(stderr) = child.stderr.take() else { return String::new() };
    let (mut lines, mut last) = (BufReader::new(stderr).lines(), "it said nothing".to_owned());
    while let Ok(Ok(Some(line))) = timeout(Duration::from_secs(1), lines.next_line()).await {
        last = line;
    }
    last
}
