//! `trial`: one order in, one record out. What the runner starts for each trial; hidden from users.

use crate::interrupt::Interrupt;
use crate::print;
use crate::together::{Signal, Told};
use crate::workload::{self, Observer, Part, Task};
use anyhow::Context as _;
use std::io::{self, BufRead as _, Read as _, Write as _};
use std::sync::Arc;
use std::thread;
use wire::MonoTime;

/// Largest order.
const MAX_ORDER_BYTES: u64 = 4 << 20;

/// Runs the trial whose order is the first line of standard input, for as long as that stays open.
pub fn main() -> anyhow::Result<u8> {
    let mut line = Vec::new();
    let mut stdin = io::stdin().lock().take(MAX_ORDER_BYTES);
    stdin.read_until(b'\n', &mut line).context("no order on standard input")?;
    drop(stdin);
    let Task { order, share } = serde_json::from_slice(&line).context("not an order")?;
    let (signal, start) = Signal::by_hand();
    let (interrupt, stop) = Interrupt::by_hand();
    // An order that is a whole file has nobody behind it whose end could be noticed.
    if line.ends_with(b"\n") {
        thread::Builder::new().name("stdin".to_owned()).spawn(move || end_with_stdin(start, stop))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let own = order.cell.workload.connections();
    let part = share.map(|share| Part { share, own, standing: Arc::default(), signal });
    let observer = Observer { interrupt, log: None, part };
    let trial = runtime.block_on(workload::trial(order, observer));
    let record = serde_json::to_vec(&trial)?;
    let mut stdout = print::stdout();
    stdout.write_all(&record)?;
    stdout.flush()?;
    Ok(0)
}

/// Hears the runner, and ends this process when it is gone, however that died: nobody would read the record, and the target is
/// somebody's. Its own children notice their standard input.
fn end_with_stdin(start: impl Fn(MonoTime), stop: impl FnOnce()) {
    let mut stop = Some(stop);
    for line in io::stdin().lines().map_while(Result::ok) {
        match line.parse() {
            Ok(Told::Start(at)) => start(at),
            Ok(Told::Stop) => stop.take().into_iter().for_each(|stop| stop()),
            Err(()) => {}
        }
    }
    std::process::exit(1);
}
