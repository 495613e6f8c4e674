//! `agent`: takes "WebSocket is faster for agents" apart into connection reuse, incremental input and the transport itself.

use super::flags::{TokenArgs, bytes, duration};
use super::output::{BuildArgs, Ended, OutputArgs};
use crate::agent::blocks::{Blocks, facts};
use crate::interrupt::Interrupt;
use crate::progress::Display;
use crate::{print, timestamp};
use anyhow::ensure;
use clap::Args;
use client::endpoint::Endpoint;
use std::path::Path;
use std::time::Duration;
use trial::{AgentPlan, End, Line, Plan, Run, StopRule};

/// Most bytes of one request: below what our servers take.
const MAX_REQUEST_BYTES: usize = 1 << 20;
/// Longest round trip that is added, and how many different ones.
const MAX_RTT: (Duration, usize) = (Duration::from_secs(2), 8);

/// Flags of `agent`.
#[derive(Debug, Args)]
pub struct AgentArgs {
    /// One of our servers (`loadgen serve`), as http://host:port [default: a fresh one for each block]
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// Turns of a loop: a request, its answer, a tool
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    turns: u32,
    /// Blocks; each holds every arm once at each round trip. Six make an interval
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    blocks: u32,
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
    if ended.interrupted {
        print::say(format_args!("interrupted after {} loops; whole blocks of them count", ended.finished));
        return Ok(130);
    }
    match ended.failures.first() {
        Some(first) => {
            anyhow::bail!("{} of {} loops failed; the first: {first}", ended.failures.len(), ended.finished)
        }
        None => Ok(0),
    }
}

async fn measure(args: &AgentArgs, plan: AgentPlan, out: &Path) -> anyhow::Result<Ended> {
    let mut interrupt = Interrupt::listen()?;
    let (target, headers) = (args.target()?, args.token.join(&[])?);
    let cost_per_byte_ns = match &target {
        Some(endpoint) => {
            let facts = facts(endpoint, &headers).await?;
            args.build.refuse_debug_of("server", &facts.profile)?;
            facts.llm.cost_per_byte_ns
        }
        None => plan.cost_per_byte_ns,
    };
    let plan = AgentPlan { cost_per_byte_ns, ..plan };
    let mut journal = args.output.open(out, args.run(&plan))?;
    let mut display = Display::new(args.output.json);
    let blocks = Blocks { plan, seed: args.output.seed, target, headers };
    let progress = blocks.run(&mut journal, &mut interrupt, |progress| display.show(progress)).await?;
    display.finish();
    let interrupted = interrupt.came();
    let reason = if interrupted { "interrupted" } else { "plan finished" }.to_owned();
    let (trials, planned) = (progress.finished, progress.planned);
    journal.append(&Line::End(End { reason, finished: timestamp::now(), trials, planned, stops: Vec::new() }))?;
    Ok(Ended { interrupted, finished: trials, planned, failures: progress.failures })
}

impl AgentArgs {
    fn plan(&self) -> anyhow::Result<AgentPlan> {
        let most = self.growth.saturating_mul(self.turns as usize).saturating_add(self.history);
        ensure!(
            most <= MAX_REQUEST_BYTES,
            "--history and --growth: {most} bytes at the end, at most {MAX_REQUEST_BYTES}"
        );
        ensure!((1.0..=10_000.0).contains(&self.speed), "--speed takes a factor from 1 to 10000");
        let (longest, number) = MAX_RTT;
        let mut rtts_ns: Vec<u64> = self.rtt.iter().map(|rtt| rtt.as_nanos() as u64).collect();
        rtts_ns.sort_unstable();
        rtts_ns.dedup();
        let fits = rtts_ns.len() <= number && self.rtt.iter().all(|rtt| *rtt <= longest);
        ensure!(fits, "--rtt takes at most {number} round trips of at most {}", humantime::format_duration(longest));
        Ok(AgentPlan {
            turns: self.turns,
            blocks: self.blocks,
            rtts_ns,
            history_bytes: self.history,
            growth_bytes: self.growth,
            speed: self.speed,
            cost_per_byte_ns: self.server_cost_per_byte,
        })
    }

    fn target(&self) -> anyhow::Result<Option<Endpoint>> {
        let Some(url) = &self.url else { return Ok(None) };
        let endpoint: Endpoint = url.parse()?;
        ensure!(endpoint.path_and_query == "/", "agent takes a base URL, such as http://host:8080, without a path");
        ensure!(!endpoint.tls, "agent measures in cleartext: its relay would break TLS; use http://");
        Ok(Some(endpoint))
    }

    /// The first line of the records. The plan has no cells: a loop is no trial of one.
    fn run(&self, plan: &AgentPlan) -> Run {
        let why = "what of 'WebSocket is faster for agents' is connection reuse, incremental input, the transport";
        let (name, why, cells, stop) = ("agent".to_owned(), why.to_owned(), Vec::new(), StopRule::default());
        let first_line =
            self.output.first_line(Plan { name, why, cells, stop, verdicts: true, practical: None }, self.url.as_ref());
        Run { agent: Some(plan.clone()), ..first_line }
    }
}
