//! What `llm` is going to ask: the way, questions, turns. Refuses to send anything but a look at whose server it is.

use super::{LlmArgs, text};
use crate::command::flags::key_of_variable;
use crate::workload::Session;
use crate::{host, print};
use anyhow::{Context as _, bail, ensure};
use client::Dialer;
use client::endpoint::Endpoint;
use client::event_log::EventLog;
use client::tls::Trust;
use llm::campaign::{Campaign, MAX_RETRIES};
use llm::exchange::Way;
use llm::questions::{Prompt, Question};
use llm::turns::{Cancel, Pace, blocks, turns};
use script::{Arrival, Order, Trace, TraceRequest};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use trial::Cell;
use wire::Transport;

/// Longest wait for a connection.
const DIAL_LIMIT: Duration = Duration::from_secs(10);
/// Largest file of prompts or of a trace.
const MAX_FILE_BYTES: u64 = 16 << 20;
/// What is asked without `--prompt-file`.
const PROMPT: &str = "Write a short story about a lighthouse keeper who learns to bake bread.";

/// Everything that is known before the first request.
pub(super) struct Prepared {
    pub(super) campaign: Campaign,
    /// Whether the server is one of ours: it is told seeds and orders, and its clock is known.
    pub(super) ours: Option<Session>,
    pub(super) cell: Cell,
}

impl LlmArgs {
    pub(super) async fn prepare(&self, endpoint: &Endpoint) -> anyhow::Result<Prepared> {
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
        let questions = self.questions(trace.as_deref(), ours.is_some())?;
        let way = Arc::new(self.way(endpoint, ours.is_some()).await?);
        let over = Campaign::over(way, &self.model, u32::from(self.concurrency.unwrap_or(1)), print::waits);
        Ok(Prepared { campaign: Campaign { questions, turns, token_cap: self.token_cap, ..over }, ours, cell })
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
        let trace = if Path::new(name).is_file() {
            Trace::read(&read_bounded(name.as_ref())?).with_context(|| format!("--trace {name}"))?
        } else {
            Trace::built_in(name).context("--trace")?
        };
        Ok(trace.replay(speed).take(self.requests as usize).collect())
    }

    fn prompts(&self) -> anyhow::Result<Vec<Prompt>> {
        let Some(path) = &self.prompt_file else { return Ok(vec![Prompt::Text(PROMPT.into())]) };
        let text = read_bounded(path)?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let prompts: Vec<_> = lines.map(|line| Prompt::Text(line.into())).collect();
        ensure!(!prompts.is_empty(), "--prompt-file {}: no prompt in it", path.display());
        Ok(prompts)
    }

    /// What is asked; one of our servers is told a seed of its own with each.
    fn questions(&self, trace: Option<&[TraceRequest]>, ours: bool) -> anyhow::Result<Vec<Question>> {
        let prompts = self.prompts()?;
        let question = |number: u32| {
            let recorded = trace.and_then(|trace| trace.get(number as usize));
            let prompt = recorded.map(|request| Prompt::Words(request.input_tokens));
            let max_tokens = recorded.map_or(self.max_tokens, |one| one.output_tokens.clamp(1, self.max_tokens));
            let (seed, tokens) = (self.output.seed.wrapping_add(u64::from(number)), recorded.map(|_| max_tokens));
            let order = ours.then(|| Order { seed, tokens, ..Order::default() }.amended(&self.order));
            Ok(Question {
                prompt: prompt.unwrap_or_else(|| prompts[number as usize % prompts.len()].clone()),
                max_tokens,
                order: order.transpose().context("--order")?,
            })
        };
        (0..self.requests).map(question).collect()
    }

    fn trust(&self) -> Trust {
        Trust::from_flags(self.cacert.clone(), self.insecure)
    }

    /// The headers of every request. A key says who asks, where there is one, also to a server that was met by its token.
    fn request_headers(&self) -> anyhow::Result<Vec<(String, String)>> {
        let key = self.api_key_env.as_deref().map(|name| key_of_variable("--api-key-env", name)).transpose()?;
        let api = self.format.headers(key.as_ref()).into_iter().chain(self.headers.clone()).collect::<Vec<_>>();
        let known = api.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if known { Ok(api) } else { self.token.join(&api) }
    }

    async fn way(&self, endpoint: &Endpoint, cancels: bool) -> anyhow::Result<Way> {
        let tls = if endpoint.tls { Some(self.trust().config()?) } else { None };
        let dialer = Dialer::resolve(endpoint, tls, DIAL_LIMIT).await?;
        host::admit(u64::from(self.concurrency.unwrap_or(256)), 1, dialer.route())?;
        let (given, headers) = (&endpoint.path_and_query, self.request_headers()?);
        let way = Way::new(dialer, &endpoint.authority, given, self.format, headers, self.timeout);
        let create = |path: &std::path::PathBuf| {
            let log = EventLog::create(path, way.secrets.clone());
            log.with_context(|| format!("--log {}", path.display())).map(Arc::new)
        };
        let log = self.log.as_ref().map(create).transpose()?;
        Ok(Way { longest: self.max_time, log, cancels, ..way })
    }

    /// Says what is about to be sent, and refuses more than the cap.
    pub(super) fn announce(&self, endpoint: &Endpoint, asked: &Prepared) -> anyhow::Result<()> {
        let (requests, each) = (asked.campaign.turns.len() as u64, u64::from(self.max_tokens));
        let most = requests * each;
        if most > self.token_cap {
            bail!(
                "{requests} requests of {each} tokens may cost {most}, above --token-cap {}: ask for less, or raise it",
                self.token_cap
            );
        }
        let place = endpoint.at(self.format.path(endpoint.path()));
        let arms = asked.cell.block_arms().into_iter().map(text::arm).collect::<Vec<_>>().join(" and ");
        let key = self.api_key_env.as_ref().map_or(String::new(), |name| format!(", with the key in {name}"));
        print::note(format_args!(
            "sending {requests} requests to {place} over {arms}, at most {each} output tokens each, {most} in all{key}; \
             after 429, 503 or 529 a request is repeated up to {MAX_RETRIES} times"
        ));
        Ok(())
    }
}

fn read_bounded(path: &Path) -> anyhow::Result<String> {
    let said = || path.display().to_string();
    let bytes = std::fs::metadata(path).with_context(said)?.len();
    ensure!(bytes <= MAX_FILE_BYTES, "{}: more than {MAX_FILE_BYTES} bytes", path.display());
    std::fs::read_to_string(path).with_context(said)
}
