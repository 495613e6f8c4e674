//! What `llm` is going to ask: prompts, turns, the body of each request. Refuses to send anything.

use super::LlmArgs;
use crate::drive::Session;
use crate::endpoint::Endpoint;
use crate::llm::campaign::{Cancel, Pace, Turn, blocks, turns};
use crate::llm::drive::MAX_RETRIES;
use crate::llm::format::message;
use crate::llm::text;
use crate::print;
use anyhow::{Context as _, bail, ensure};
use script::{Arrival, Trace, TraceRequest};
use trial::Cell;
use wire::Transport;

/// Largest file of prompts or of a trace.
const MAX_FILE_BYTES: u64 = 16 << 20;
/// Most input tokens that are made for a request of a trace.
const MAX_INPUT_TOKENS: u32 = 200_000;
/// What is asked without `--prompt-file`.
const PROMPT: &str = "Write a short story about a lighthouse keeper who learns to bake bread.";

/// Everything that is known before the first request.
pub(super) struct Campaign {
    pub(super) turns: Vec<Turn>,
    pub(super) prompts: Vec<String>,
    pub(super) trace: Option<Vec<TraceRequest>>,
    /// Whether the server is one of ours: it is told seeds and orders, and its clock is known.
    pub(super) ours: Option<Session>,
    pub(super) cell: Cell,
}

impl LlmArgs {
    pub(super) async fn campaign(&self, endpoint: &Endpoint) -> anyhow::Result<Campaign> {
        let transports = self.transport.transports();
        let asks_websocket = transports.contains(&Transport::WebSocket);
        ensure!(
            self.format.has_websocket() || !asks_websocket,
            "{} has no WebSocket form: use --transport sse, or --format openai-responses",
            self.format
        );
        let trace = self.trace.as_deref().map(|trace| self.recorded(trace)).transpose()?;
        let mut cell = self.cell(transports)?;
        let arms = cell.block_arms();
        let mut turns = turns(self.requests, &arms, self.pace(trace.as_deref())?, self.output.seed);
        if let Some(after) = self.cancel_after {
            ensure!((0.0..=1.0).contains(&self.cancel_share), "--cancel-share must be from 0 to 1");
            Cancel { after, share: self.cancel_share }.mark(&mut turns, self.output.seed);
        }
        // A trace may be shorter than asked for.
        cell.blocks = blocks((turns.len() / arms.len()) as u32, arms.len());
        let ours = self.ours(endpoint).await?;
        ensure!(self.order.is_empty() || ours.is_some(), "--order is for our own servers: give the base URL of one");
        Ok(Campaign { turns, prompts: self.prompts()?, trace, ours, cell })
    }

    /// A session with one of our servers, if the URL is the base of one. Nobody else is asked anything but requests.
    async fn ours(&self, endpoint: &Endpoint) -> anyhow::Result<Option<Session>> {
        if endpoint.path_and_query != "/" {
            return Ok(None);
        }
        match Session::open(endpoint, &self.trust(), &self.token.join(&[])?).await {
            Ok(session) => Ok(Some(session)),
            // An API that wants its key says the same as one of our servers that wants its token.
            Err(error) if error.is_foreign() || error.wants_token() && self.token.token_env.is_none() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn pace(&self, trace: Option<&[TraceRequest]>) -> anyhow::Result<Pace> {
        if let Some(trace) = trace {
            return Ok(Pace::Recorded(trace.iter().map(|request| request.offset).collect()));
        }
        let Some(rate) = self.request_rate else { return Ok(Pace::Closed) };
        let arrival: Arrival =
            format!("gamma:{}", self.burstiness).parse().map_err(|why| anyhow::anyhow!("--burstiness: {why}"))?;
        Ok(arrival.offsets(rate, self.output.seed).map_or(Pace::Closed, Pace::Drawn))
    }

    fn recorded(&self, name: &str) -> anyhow::Result<Vec<TraceRequest>> {
        let speed = self.trace_speed;
        ensure!(speed.is_finite() && speed > 0.0, "--trace-speed must be above zero");
        let trace = if std::path::Path::new(name).is_file() {
            Trace::read(&read_bounded(name.as_ref())?).with_context(|| format!("--trace {name}"))?
        } else {
            Trace::built_in(name).context("--trace")?
        };
        Ok(trace.replay(speed).take(self.requests as usize).collect())
    }

    fn prompts(&self) -> anyhow::Result<Vec<String>> {
        let Some(path) = &self.prompt_file else { return Ok(vec![PROMPT.to_owned()]) };
        let text = read_bounded(path)?;
        let prompts: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
        ensure!(!prompts.is_empty(), "--prompt-file {}: no prompt in it", path.display());
        Ok(prompts)
    }

    /// The request of one turn. Every arm is asked the same; a WebSocket wraps it into an event.
    pub(super) fn body(&self, campaign: &Campaign, turn: &Turn) -> Vec<u8> {
        let question = turn.question as usize;
        let recorded = campaign.trace.as_ref().and_then(|trace| trace.get(question));
        let made = recorded.map(|request| " word".repeat(request.input_tokens.min(MAX_INPUT_TOKENS) as usize));
        let prompt = made.as_deref().unwrap_or(&campaign.prompts[question % campaign.prompts.len()]);
        let max_tokens = recorded.map_or(self.max_tokens, |request| request.output_tokens.clamp(1, self.max_tokens));
        let seed = format!("seed={}", self.output.seed.wrapping_add(u64::from(turn.question)));
        let length = recorded.map_or(String::new(), |_| format!("&tokens={max_tokens}"));
        let order = format!("{seed}{length}&{}", self.order);
        let body = self.format.body(&self.model, prompt, max_tokens, campaign.ours.as_ref().map(|_| order.as_str()));
        message(turn.arm.protocol, body)
    }

    /// Says what is about to be sent, and refuses more than the cap.
    pub(super) fn announce(&self, endpoint: &Endpoint, campaign: &Campaign) -> anyhow::Result<()> {
        let (requests, each) = (campaign.turns.len() as u64, u64::from(self.max_tokens));
        let most = requests * each;
        if most > self.token_cap {
            bail!(
                "{requests} requests of {each} tokens may cost {most}, above --token-cap {}: ask for less, or raise it",
                self.token_cap
            );
        }
        let place = endpoint.at(self.format.path(endpoint.path()));
        let arms = campaign.cell.block_arms().into_iter().map(text::arm).collect::<Vec<_>>().join(" and ");
        let key = self.api_key_env.as_ref().map_or(String::new(), |name| format!(", with the key in {name}"));
        print::note(format_args!(
            "sending {requests} requests to {place} over {arms}, at most {each} output tokens each, {most} in all{key}; \
             after 429, 503 or 529 a request is repeated up to {MAX_RETRIES} times"
        ));
        Ok(())
    }
}

fn read_bounded(path: &std::path::Path) -> anyhow::Result<String> {
    let said = || path.display().to_string();
    let bytes = std::fs::metadata(path).with_context(said)?.len();
    ensure!(bytes <= MAX_FILE_BYTES, "{}: more than {MAX_FILE_BYTES} bytes", path.display());
    std::fs::read_to_string(path).with_context(said)
}
