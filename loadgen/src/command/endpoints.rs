//! Endpoints of the user's own, compared with each other: which there are, and the plan that reads them.

use super::flags::duration;
use crate::workload::Foreign;
use anyhow::{Context as _, ensure};
use clap::Args;
use client::endpoint::Endpoint;
use client::redact;
use std::collections::BTreeMap;
use std::time::Duration;
use trial::{Arm, Cell, Plan, Stack, StopRule, Timing, Workload};
use wire::{Carrier, Transport};

/// Streams to each endpoint, unless the user says another number: as many first events as a median of each trial takes.
const CONNECTIONS: u32 = 40;
/// Blocks that are run at least, and at most until intervals are narrow.
const BLOCKS: [u32; 2] = [12, 60];
/// Longest run, unless the user says another.
const BUDGET: Duration = Duration::from_secs(5 * 60);
/// Window of each trial, unless the user says another: long enough for the gaps of a slow feed.
const WINDOW: Duration = Duration::from_secs(1);

/// Endpoints by the arms that read them.
pub type Endpoints = BTreeMap<Arm, (String, Foreign)>;

/// Flags that name endpoints of the user's own.
#[derive(Debug, Args)]
pub struct EndpointArgs {
    /// Compare endpoints of your own, whatever serves them: one that streams SSE …
    #[arg(long, value_name = "URL", conflicts_with_all = Self::OTHERS)]
    sse: Option<String>,
    /// … with one that speaks WebSocket
    #[arg(long, value_name = "URL", conflicts_with_all = Self::OTHERS)]
    websocket: Option<String>,
    /// Another endpoint by a name of its own, such as node=ws://host/feed: http(s):// reads SSE, ws(s):// WebSocket
    /// (repeatable)
    #[arg(long = "arm", value_name = "NAME=URL", value_parser = named, conflicts_with_all = Self::OTHERS)]
    named: Vec<(Stack, String)>,
    /// Body of the requests that ask for SSE, which are then POSTs; @FILE reads it from a file
    #[arg(long, value_name = "TEXT|@FILE", requires = "sse")]
    body: Option<String>,
    /// Longest wait for the first event of an endpoint, beside connecting, warm-up and window
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    timeout: Duration,
}

/// `NAME=URL`.
fn named(text: &str) -> Result<(Stack, String), String> {
    let (name, url) = text.split_once('=').ok_or("expected NAME=URL")?;
    let name = name.parse().map_err(|error: trial::ParseArmError| error.to_string())?;
    Ok((name, url.to_owned()))
}

impl EndpointArgs {
    /// What makes no sense beside endpoints of one's own.
    const OTHERS: [&'static str; 8] = ["which", "target", "arms", "transports", "preset", "rate", "payload", "shared"];

    /// The endpoints that are named, and the arms in the order in which they are: the first is the base of every ratio.
    ///
    /// # Errors
    /// When a URL or a body is none, or two name one arm.
    pub fn endpoints(&self) -> anyhow::Result<(Vec<Arm>, Endpoints)> {
        let plain = |url: &Option<String>, of| url.clone().map(|url| (Some(of), None, url));
        let first = [plain(&self.sse, Transport::Sse), plain(&self.websocket, Transport::WebSocket)];
        let named = self.named.iter().map(|(name, url)| (None, Some(*name), url.clone()));
        let (mut arms, mut endpoints) = (Vec::new(), Endpoints::new());
        for (protocol, name, url) in first.into_iter().flatten().chain(named) {
            let endpoint: Endpoint = url.parse()?;
            let carrier = if endpoint.tls { Carrier::H1Tls } else { Carrier::H1 };
            let arm = Arm { carrier, ..Arm::of(protocol.unwrap_or(endpoint.implied)) };
            let arm = name.map_or(arm, |name| arm.served_by(name));
            ensure!(endpoints.insert(arm, (url, self.asked(arm.protocol)?)).is_none(), "--arm names {arm} twice");
            arms.push(arm);
        }
        Ok((arms, endpoints))
    }

    fn asked(&self, protocol: Transport) -> anyhow::Result<Foreign> {
        let body = self.body.as_deref().filter(|_| protocol != Transport::WebSocket).map(body).transpose()?;
        let method = if body.is_some() { "POST" } else { "GET" };
        Ok(Foreign { method: method.to_owned(), body, patience: self.timeout })
    }

    /// The plan that reads them with so many streams: as many blocks as narrow intervals take, within a budget.
    pub fn plan(&self, connections: Option<u32>, arms: Vec<Arm>) -> Plan {
        let connections = connections.unwrap_or(CONNECTIONS);
        let timing = Timing { warmup: Duration::ZERO, window: WINDOW };
        let why = "your endpoints, read as they are".to_owned();
        let cell = Cell::alone("endpoints", why.clone(), Workload::Read { connections, timing }, arms);
        let cell = Cell { null: true, blocks: BLOCKS[0], controls_every: 2, ..cell };
        let stop = StopRule { max_blocks: Some(BLOCKS[1]), budget: Some(BUDGET), ..StopRule::default() };
        Plan { stop, ..Plan::of("endpoints", &why, vec![cell]) }
    }
}

/// The body that a flag names: its text, or a file's after `@`.
///
/// # Errors
/// When the file cannot be read.
pub fn body(text: &str) -> anyhow::Result<Vec<u8>> {
    match text.strip_prefix('@') {
        Some(path) => std::fs::read(path).with_context(|| format!("--body @{path}")),
        None => Ok(text.as_bytes().to_vec()),
    }
}

/// The endpoints in one line, without their credentials; `None` where there are none.
pub fn shown(endpoints: &Endpoints) -> Option<String> {
    let one = |(arm, (url, _)): (&Arm, &(String, Foreign))| format!("{arm} {}", redact::url(url));
    let all: Vec<_> = endpoints.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join(", "))
}
