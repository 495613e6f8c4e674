//! `trial`: one order in, one record out. What the runner starts for each trial; hidden from users.

use crate::drive::{self, Observer, Order};
use anyhow::Context as _;
use std::io::{self, Read as _, Write as _};

/// Largest order.
const MAX_ORDER_BYTES: u64 = 1 << 20;

/// Runs the trial on standard input.
pub fn main() -> anyhow::Result<u8> {
    let mut text = String::new();
    io::stdin().take(MAX_ORDER_BYTES).read_to_string(&mut text).context("no order on standard input")?;
    let order: Order = serde_json::from_str(&text).context("not an order")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let trial = runtime.block_on(drive::trial(order, Observer::nobody()));
    serde_json::to_writer(io::stdout().lock(), &trial)?;
    io::stdout().flush()?;
    Ok(0)
}
