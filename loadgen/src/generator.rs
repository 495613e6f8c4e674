//! The generator of a trial: this program as a child process, which is told an order and answers with a record. Refuses to know
//! what is ordered.

use crate::instrument::Wrapper;
use crate::interrupt::Interrupt;
use crate::target::command;
use crate::together::{STANDING, Told};
use serde::Serialize;
use std::convert::Infallible;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Take};
use tokio::process::{Child, ChildStdin, ChildStdout};
use trial::{Start, Trial};

/// Largest record of one trial that is read from a generator.
const MAX_RECORD_BYTES: u64 = 256 << 20;

/// Runs the order in a process of its own, started as `start` says, behind the command of an instrument where there is one;
/// `started` is told its id.
///
/// # Errors
/// In words: it did not start, or ended without a record.
pub(crate) async fn run(
    order: &impl Serialize,
    how: (Option<&Wrapper>, Start),
    started: impl FnOnce(u32),
) -> Result<Trial, String> {
    Generator::start(order, how, started).await?.record(&mut Interrupt::never()).await
}

/// A generator process that was told its order.
pub(crate) struct Generator {
    child: Child,
    /// Open until the record is here: a generator whose standard input ends has lost its runner, and ends.
    stdin: ChildStdin,
    stdout: BufReader<Take<ChildStdout>>,
    /// What it has said so far of its record.
    said: Vec<u8>,
}

impl Generator {
    /// Starts the process and tells it the order.
    ///
    /// # Errors
    /// In words: it did not start.
    pub(crate) async fn start(
        order: &impl Serialize,
        (wrapper, start): (Option<&Wrapper>, Start),
        started: impl FnOnce(u32),
    ) -> Result<Self, String> {
        let mut command = command(wrapper, start).map_err(text)?;
        command.arg("trial").process_group(0).kill_on_drop(true);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(text)?;
        child.id().map(started);
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("generator process: it has no pipes".to_owned());
        };
        let mut line = serde_json::to_vec(order).map_err(|error| error.to_string())?;
        line.push(b'\n');
        stdin.write_all(&line).await.map_err(text)?;
        Ok(Self { child, stdin, stdout: BufReader::new(stdout.take(MAX_RECORD_BYTES)), said: Vec::new() })
    }

    /// Waits until all of its streams stand; `false` when it leaves its record instead. Told of an interrupt meanwhile.
    ///
    /// # Errors
    /// In words: it cannot be heard.
    pub(crate) async fn stands(&mut self, interrupt: &mut Interrupt) -> Result<bool, String> {
        let line = self.stdout.read_until(b'\n', &mut self.said);
        unless_stopped(&mut self.stdin, interrupt, line).await.map_err(text)?;
        let stands = self.said == STANDING.as_bytes();
        if stands {
            self.said.clear();
        }
        Ok(stands)
    }

    /// Tells it something. One that cannot hear it has ended, and its record is what counts.
    pub(crate) async fn tell(&mut self, told: Told) {
        tell(&mut self.stdin, told).await;
    }

    /// Waits for its record. Told of an interrupt meanwhile.
    ///
    /// # Errors
    /// In words: it ended without one.
    pub(crate) async fn record(mut self, interrupt: &mut Interrupt) -> Result<Trial, String> {
        let record = self.stdout.read_to_end(&mut self.said);
        unless_stopped(&mut self.stdin, interrupt, record).await.map_err(text)?;
        let mut words = String::new();
        if let Some(stderr) = self.child.stderr.take() {
            let _ = stderr.take(4096).read_to_string(&mut words).await;
        }
        drop(self.stdin);
        let status = self.child.wait().await.map_err(text)?;
        serde_json::from_slice(&self.said).map_err(|_| format!("generator process ended ({status}): {}", words.trim()))
    }
}

/// What is waited for; when the user wants an end first, the process is told.
async fn unless_stopped<T>(stdin: &mut ChildStdin, interrupt: &mut Interrupt, awaited: impl Future<Output = T>) -> T {
    let stop = async {
        interrupt.wait().await;
        tell(stdin, Told::Stop).await;
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        found = awaited => found,
        never = stop => match never {},
    }
}

async fn tell(stdin: &mut ChildStdin, told: Told) {
    let _ = stdin.write_all(format!("{told}\n").as_bytes()).await;
}

fn text(error: std::io::Error) -> String {
    format!("generator process: {error}")
}
