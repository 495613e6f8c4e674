//! `llm URL`: requests to a language-model endpoint over SSE, WebSocket or both, request by request.

mod campaign;
mod flags;
mod ledger;
mod record;
mod text;
mod waste;

use super::summary;
use crate::interrupt::Interrupt;
use crate::journal::{self, Journal};
use crate::print;
use anyhow::{Context as _, ensure};
use client::endpoint::Endpoint;
pub use flags::LlmArgs;
use ledger::Ledger;
use llm::score::Score;
use std::io::Write as _;
use trial::{Arm, InVain, Line, LlmCounts};
use waste::Waste;

/// Measures, records, prints.
pub fn main(args: LlmArgs) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(&args))
}

async fn measure(args: &LlmArgs) -> anyhow::Result<u8> {
    let endpoint: Endpoint = args.url.parse()?;
    let asked = args.prepare(&endpoint).await?;
    args.announce(&endpoint, &asked)?;
    let out = args.output.directory();
    let mut journal = Journal::create(&out, args.output.json)?.with_whole_slices(args.output.slices);
    journal.append(&Line::Run(Box::new(args.run_line(&asked))))?;
    let interrupt = Interrupt::listen()?;
    let waste = Waste::before(&asked).await?;
    let (hand_over, clerk) = Ledger::new(args, &asked, journal).keep();
    // The clerk's thread lives until the sender goes, so nothing handed over is lost.
    let finished = asked.campaign.run(interrupt.clone().wait(), hand_over).await?;
    let ledger = clerk.join().map_err(|_| anyhow::anyhow!("the thread that writes records died"))?;
    let in_vain = match waste {
        Some(waste) => {
            let (cancelled, received) = ledger.cancelled_and_received();
            // A server that is gone by now must not cost the records: nothing is known then.
            waste.after(cancelled, received).await.ok()
        }
        None => None,
    };
    let reason = if finished { "plan finished" } else { "interrupted, or the cap on tokens was reached" };
    let totals = ledger.close(reason, in_vain)?;
    if let Some(log) = &asked.campaign.way.log {
        log.finish().context("--log")?;
    }
    conclude(args, &out, &totals, in_vain, interrupt.came())
}

/// The summary and the report; the exit status: 1 when nothing was answered.
fn conclude(
    args: &LlmArgs,
    out: &std::path::Path,
    totals: &[(Arm, Score)],
    in_vain: Option<InVain>,
    interrupted: bool,
) -> anyhow::Result<u8> {
    let mut stdout = print::stdout();
    let mut all = LlmCounts::default();
    for (arm, score) in totals {
        let (measurement, warnings) = score.clone().finish();
        measurement.llm.iter().for_each(|counts| all.add(counts));
        if !args.output.json {
            write!(stdout, "{}", text::summary(*arm, &measurement, &warnings))?;
        }
    }
    if !args.output.json && all.cancelled > 0 {
        write!(stdout, "{}", text::in_vain(in_vain))?;
    }
    journal::pack(out);
    let records = [reports::load(out)?];
    let rendered = reports::render(&records, out, args.output.lang)?;
    if !args.output.json && totals.len() > 1 {
        write!(print::painted(), "\n{}", summary(&records[0], args.output.lang))?;
    }
    if !args.output.json {
        writeln!(stdout, "report: {}", rendered.page.display())?;
    }
    ensure!(
        all.answered + all.cancelled > 0,
        "no request was answered in full: the reasons are above and in {}",
        out.display()
    );
    Ok(if interrupted { 130 } else { 0 })
}
