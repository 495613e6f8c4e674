//! `llm URL`: requests to a language-model endpoint over SSE, WebSocket or both, request by request.

mod campaign;
mod flags;
mod ledger;
mod record;
mod waste;

use super::summary;
use crate::client::Dialer;
use crate::endpoint::Endpoint;
use crate::event_log::EventLog;
use crate::interrupt::Interrupt;
use crate::journal::{self, Journal};
use crate::llm::campaign::Turn;
use crate::llm::drive::Drive;
use crate::llm::exchange::Way;
use crate::llm::format::Key;
use crate::llm::score::Score;
use crate::llm::text;
use crate::redact::Secrets;
use crate::tls::Trust;
use crate::{client, host, print};
use anyhow::{Context as _, ensure};
pub use flags::LlmArgs;
use ledger::Ledger;
use servers::clock;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use trial::{Arm, InVain, Line, LlmCounts};
use waste::Waste;

/// Longest wait for a connection.
const DIAL_LIMIT: Duration = Duration::from_secs(10);

/// Measures, records, prints.
pub fn main(args: LlmArgs) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(&args))
}

async fn measure(args: &LlmArgs) -> anyhow::Result<u8> {
    let endpoint: Endpoint = args.url.parse()?;
    let key = args.key()?;
    let campaign = args.campaign(&endpoint).await?;
    let way = Arc::new(args.way(&endpoint, key.as_ref(), campaign.ours.is_some()).await?);
    args.announce(&endpoint, &campaign)?;
    let out = args.output.directory();
    let mut journal = Journal::create(&out, args.output.json)?.with_whole_slices(args.output.slices);
    journal.append(&Line::Run(Box::new(args.run_line(&campaign, way.dialer.is_loopback()))))?;
    let interrupt = Interrupt::listen()?;
    let waste = Waste::before(&campaign).await?;
    let drive = Drive {
        way: Arc::clone(&way),
        concurrency: usize::from(args.concurrency.unwrap_or(1)),
        token_cap: args.token_cap,
        until: None,
        interrupt: interrupt.clone(),
        waits: Arc::default(),
    };
    let (hand_over, clerk) = Ledger::new(args, &campaign, way.secrets.clone(), journal).keep();
    let body = |turn: &Turn| args.body(&campaign, turn);
    // The clerk's thread lives until the sender goes, so nothing handed over is lost.
    let finished =
        drive.run(&campaign.turns, body, |turn, done| _ = hand_over.send((*turn, done, clock::now()))).await?;
    drop(hand_over);
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
    if let Some(log) = &way.log {
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

impl LlmArgs {
    /// The key, by the name of its variable.
    fn key(&self) -> anyhow::Result<Option<Key>> {
        self.api_key_env.as_deref().map(|name| Key::of_variable("--api-key-env", name)).transpose()
    }

    /// The headers of every request. A key says who asks, where there is one, also to a server that was met by its token.
    fn request_headers(&self, key: Option<&Key>) -> anyhow::Result<Vec<(String, String)>> {
        let json = ("Content-Type".to_owned(), "application/json".to_owned());
        let api = std::iter::once(json).chain(self.format.headers(key)).chain(self.headers.clone()).collect::<Vec<_>>();
        let known = api.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if known { Ok(api) } else { self.token.join(&api) }
    }

    fn trust(&self) -> Trust {
        Trust::from_flags(self.cacert.clone(), self.insecure)
    }

    async fn way(&self, endpoint: &Endpoint, key: Option<&Key>, cancels: bool) -> anyhow::Result<Way> {
        let tls = if endpoint.tls { Some(self.trust().config()?) } else { None };
        let dialer = Dialer::resolve(endpoint, tls, DIAL_LIMIT).await?;
        host::admit(u64::from(self.concurrency.unwrap_or(256)), dialer.addresses().first().copied())?;
        let headers = self.request_headers(key)?;
        let path = self.format.path(&endpoint.path_and_query);
        let secrets = Secrets::of(&headers, &path);
        let create = |path: &std::path::Path| {
            let log = EventLog::create(path, secrets.clone());
            log.with_context(|| format!("--log {}", path.display())).map(Arc::new)
        };
        let log = self.log.as_deref().map(create);
        let request =
            client::Request { method: "POST".to_owned(), headers, ..client::Request::get(&endpoint.authority, path) };
        let (format, silence, longest) = (self.format, self.timeout, self.max_time);
        let (log, idle) = (log.transpose()?, Mutex::default());
        Ok(Way { dialer, request, format, silence, longest, log, secrets, cancels, idle })
    }
}
