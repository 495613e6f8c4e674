//! `agent`: takes "WebSocket is faster for agents" apart into connection reuse, incremental input and the transport itself: a plan
//! with a cell of tool loops for each round trip, run like any other.

use super::flags::{TokenArgs, bytes, duration};
use super::output::{BuildArgs, Ended, OutputArgs};
use crate::interrupt::Interrupt;
use crate::runner::RunOptions;
use crate::workload::Session;
use crate::{blocks, host, print};
use anyhow::ensure;
use clap::Args;
use client::endpoint::Endpoint;
use client::redact;
use client::tls::Trust;
use std::path::Path;
use std::time::Duration;
use trial::{Cadence, Plan, ToolLoop, Workload};
use wire::Facts;

/// Blocks without a word: a difference in one of the headline figures at two round trips takes as many.
const BLOCKS: u32 = 9;

/// Flags of `agent`.
#[derive(Debug, Args)]
pub struct AgentArgs {
    /// One of our servers (`loadgen serve`), as http://host:port [default: a fresh one for each loop]
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// Turns of a loop: a request, its answer, a tool
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    turns: u32,
    /// Blocks; each holds every arm once at each round trip [default: 9, more where more round trips take more]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    blocks: Option<u32>,
    /// Round trips that are added by a relay (no loss, no slow start), with commas; 0 goes straight to the server
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values = ["0", "20ms"], value_parser = duration)]
    rtt: Vec<Duration>,
    /// History before the first turn
    #[arg(long, value_name = "BYTES", default_value = "32k", value_parser = bytes)]
    history: usize,
    /// What each turn adds to the history
    #[arg(long, value_name = "BYTES", default_value = "2k", value_parser = bytes)]
    growth: usize,
    /// Factor by which model (TTFT 200 ms, 10 ms a token) and tools (50 to 500 ms) are faster than real ones
    #[arg(long, value_name = "F", default_value_t = 40.0)]
    speed: f64,
    /// Nanoseconds that our server computes for each byte of a request before it answers: a model that reads its history again
    #[arg(long, value_name = "NS", default_value_t = 0, conflicts_with = "url", value_parser = clap::value_parser!(u64).range(..=1_000))]
    server_cost_per_byte: u64,
    #[command(flatten)]
    token: TokenArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    build: BuildArgs,
}

/// Measures, records, says what was found.
pub fn main(args: AgentArgs) -> anyhow::Result<u8> {
    let plan = args.plan()?;
    args.build.refuse_debug()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let out = args.output.directory();
    let ended = runtime.block_on(measure(&args, plan, &out))?;
    args.output.conclude(&out)?;
    ended.status()
}

async fn measure(args: &AgentArgs, mut plan: Plan, out: &Path) -> anyhow::Result<Ended> {
    let mut interrupt = Interrupt::listen()?;
    let headers = args.token.join(&[])?;
    let mut target_pid = None;
    if let Some(endpoint) = args.target()? {
        let facts = Session::open(&endpoint, &Trust::from_flags(None, false), &headers).await?.facts;
        args.build.refuse_debug_of("server", &facts.profile)?;
        as_stated(&mut plan, &facts);
        target_pid = (facts.boot_id == host::boot_id()).then_some(facts.pid);
    }
    blocks::fit(&mut plan, args.blocks).into_iter().for_each(print::say);
    let options =
        RunOptions { target: args.url.clone(), target_pid, headers, ..RunOptions::local(args.output.seed, 1) };
    let mut journal =
        args.output.open(out, args.output.first_line(plan.clone(), args.url.as_deref().map(redact::url)))?;
    args.output.run(&plan, &options, &mut journal, &mut interrupt).await
}

/// Gives every cell the knobs of a server that runs already.
fn as_stated(plan: &mut Plan, Facts { tuning, llm, .. }: &Facts) {
    for cell in &mut plan.cells {
        (cell.preset, cell.flush, cell.cadence) = (tuning.preset, Some(tuning.flush), Cadence::of(tuning));
        if let Workload::ToolLoop(asked) = &mut cell.workload {
            asked.cost_per_byte_ns = llm.cost_per_byte_ns;
        }
    }
}

impl AgentArgs {
    /// A cell for each round trip. The arm over HTTP/2 is among its arms: its trials say why it is not measured.
    fn plan(&self) -> anyhow::Result<Plan> {
        let mut rtts = self.rtt.clone();
        rtts.sort_unstable();
        rtts.dedup();
        let asked = |rtt| ToolLoop {
            turns: self.turns,
            rtt,
            history_bytes: self.history,
            growth_bytes: self.growth,
            speed: self.speed,
            cost_per_byte_ns: self.server_cost_per_byte,
        };
        let cells: Vec<ToolLoop> = rtts.into_iter().map(asked).collect();
        if let Some(problem) = cells.iter().find_map(ToolLoop::problem) {
            anyhow::bail!("{problem}");
        }
        let cells = cells.into_iter().map(|asked| asked.cell(self.blocks.unwrap_or(BLOCKS)));
        Ok(Plan::of("agent", ToolLoop::WHY, cells.collect()))
    }

    fn target(&self) -> anyhow::Result<Option<Endpoint>> {
        let Some(url) = &self.url else { return Ok(None) };
        let endpoint: Endpoint = url.parse()?;
        ensure!(endpoint.path_and_query == "/", "agent takes a base URL, such as http://host:8080, without a path");
        ensure!(!endpoint.tls, "agent measures in cleartext: its relay would break TLS; use http://");
        Ok(Some(endpoint))
    }
}
