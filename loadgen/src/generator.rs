//! The generator of a trial: this program as a child process, which is told an order and answers with a record. Refuses to know
//! what is ordered.

use crate::instrument::Wrapper;
use crate::target::command;
use serde::Serialize;
use std::process::Stdio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
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
    (wrapper, start): (Option<&Wrapper>, Start),
    started: impl FnOnce(u32),
) -> Result<Trial, String> {
    let text = |error: std::io::Error| format!("generator process: {error}");
    let mut command = command(wrapper, start).map_err(text)?;
    command.arg("trial").process_group(0).kill_on_drop(true);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(text)?;
    child.id().map(started);
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
