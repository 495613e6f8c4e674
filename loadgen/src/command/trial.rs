//! `trial`: one order in, one record out. What the runner starts for each trial; hidden from users.

use crate::print;
use crate::workload::{self, Observer, Order};
use anyhow::Context as _;
use std::io::{self, BufRead as _, Read as _, Write as _};
use std::thread;

/// Largest order.
const MAX_ORDER_BYTES: u64 = 1 << 20;

/// Runs the trial whose order is the first line of standard input, for as long as that stays open.
pub fn main() -> anyhow::Result<u8> {
    let mut line = Vec::new();
    let mut stdin = io::stdin().lock().take(MAX_ORDER_BYTES);
    stdin.read_until(b'\n', &mut line).context("no order on standard input")?;
    drop(stdin);
    let order: Order = serde_json::from_slice(&line).context("not an order")?;
    // An order that is a whole file has nobody behind it whose end could be noticed.
    if line.ends_with(b"\n") {
        thread::Builder::new().name("stdin".to_owned()).spawn(end_with_stdin)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let trial = runtime.block_on(workload::trial(order, Observer::nobody()));
    let record = serde_json::to_vec(&trial)?;
    let mut stdout = print::stdout();
    stdout.write_all(&record)?;
    stdout.flush()?;
    Ok(0)
}

/// Ends this process when its runner is gone, however that died: nobody would read the record, and the target is somebody's. Its
/// own children notice their standard input.
fn end_with_stdin() {
    let mut buffer = [0; 256];
    while io::stdin().read(&mut buffer).is_ok_and(|bytes| bytes > 0) {}
    std::process::exit(1);
}
