//! The flags of `llm`. Refuses to act on them.

use crate::command::flags::{TokenArgs, duration, header, rate};
use crate::command::output::OutputArgs;
use clap::Args;
use llm::format::Format;
use std::path::PathBuf;
use std::time::Duration;
use trial::AnswerSlo;
use wire::{Rate, Transport};

/// Flags of `llm`.
#[derive(Debug, Args)]
pub struct LlmArgs {
    /// Base URL (the API's path is appended to / and …/v1) or the full URL of the API
    #[arg(value_name = "URL")]
    pub(super) url: String,
    /// openai-chat, openai-responses or anthropic
    #[arg(long, value_name = "API", default_value = "openai-responses")]
    pub(super) format: Format,
    /// sse, websocket or both: then request by request in random order, with a null arm (WebSocket: openai-responses only)
    #[arg(long, value_name = "NAME", default_value = "sse")]
    pub(super) transport: Ways,
    /// With both transports: leave out the null arm, a second request over SSE for each question. It costs a third of the
    /// tokens and is what shows whether a difference between the transports is more than noise
    #[arg(long)]
    pub(super) no_null: bool,
    /// Model to ask for; one of our servers takes the name of a workload, such as chat
    #[arg(long, value_name = "NAME")]
    pub(super) model: String,
    /// Environment variable that holds the API key; the key itself is never shown or recorded
    #[arg(long, value_name = "NAME")]
    pub(super) api_key_env: Option<String>,
    /// File of prompts, one a line, used in turn
    #[arg(long, value_name = "FILE", conflicts_with = "trace")]
    pub(super) prompt_file: Option<PathBuf>,
    /// Replay arrivals, input and output lengths: azure2023_conv, azure2023_code, or a CSV file
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["request_rate", "concurrency"])]
    pub(super) trace: Option<String>,
    /// Divides the offsets of the trace
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    pub(super) trace_speed: f64,
    /// Requests open at one time, each begun when another has ended (closed loop) [default: 1]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=10_000), conflicts_with = "request_rate")]
    pub(super) concurrency: Option<u16>,
    /// Requests a second, begun whatever the answers do (open loop)
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(super) request_rate: Option<Rate>,
    /// Shape of the gaps between requests, 1/CV²: 1 is Poisson, less comes in bursts
    #[arg(long, value_name = "B", default_value_t = 1.0)]
    pub(super) burstiness: f64,
    /// Most output tokens of one answer
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=32_768))]
    pub(super) max_tokens: u32,
    /// Requests on each arm: on each transport, and on the null arm
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) requests: u32,
    /// Give an answer up after so many content events: `response.cancel` on a WebSocket of our servers, else hang up
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) cancel_after: Option<u32>,
    /// Share of the questions whose answers are given up, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, requires = "cancel_after")]
    pub(super) cancel_share: f64,
    /// Most output tokens of the whole run: more is refused before it starts, and not asked for later
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(super) token_cap: u64,
    /// What makes an answer a good one, such as ttft=450ms,tpot=40ms
    #[arg(long, value_name = "BOUNDS")]
    pub(super) slo: Option<AnswerSlo>,
    /// Longest silence before a request is given up
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub(super) timeout: Duration,
    /// Longest time of a whole answer before it is given up, however much comes
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    pub(super) max_time: Duration,
    /// What our own server is to do beside, such as speed=10&mishaps=cut:3 (other servers get none of it)
    #[arg(long, value_name = "QUERY", default_value = "")]
    pub(super) order: String,
    /// Header for every request (repeatable)
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(super) headers: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) token: TokenArgs,
    /// Trust the certificates in this PEM file, and no others
    #[arg(long, value_name = "FILE")]
    pub(super) cacert: Option<PathBuf>,
    /// Do not check certificates (test servers)
    #[arg(short = 'k', long, conflicts_with = "cacert")]
    pub(super) insecure: bool,
    /// Write begin, events and end of each request as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(super) log: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Which transports are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Ways {
    Sse,
    Websocket,
    Both,
}

impl Ways {
    pub(super) fn transports(self) -> Vec<Transport> {
        match self {
            Self::Sse => vec![Transport::Sse],
            Self::Websocket => vec![Transport::WebSocket],
            Self::Both => vec![Transport::Sse, Transport::WebSocket],
        }
    }
}
