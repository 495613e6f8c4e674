//! A live probe: does a browser of this machine receive N events from our server over `EventSource` and `WebSocket`,
//! and does a cut stream come back? Refuses to drive a browser: it opens a page, which posts its result to the server.

mod doorman;
mod find;
mod process;

pub use find::{Browser, Engine, installed, installed_in};

use bytes::Bytes;
use client::endpoint::{Endpoint, EndpointError};
use doorman::Doorman;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use process::Running;
use servers::browser::Outcome;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep, timeout};
use trial::LiveBrowser;

/// Pause between two looks for the result.
const POLL_EVERY: Duration = Duration::from_millis(100);
/// Largest result.
const MAX_RESULT_BYTES: usize = 1024;

/// Why a browser gave no result, in one line.
#[derive(Debug, thiserror::Error)]
enum ProbeError {
    #[error(transparent)]
    Url(#[from] EndpointError),
    #[error("not tried over TLS: browsers here do not trust a test certificate")]
    Tls,
    #[error("no way to the server: {0}")]
    Relay(std::io::Error),
    #[error("found, but cannot be started: {0}")]
    Start(#[from] std::io::Error),
    #[error("ended without a result: {0}")]
    Ended(String),
    #[error("no result within {}", humantime::format_duration(*.0))]
    Silent(Duration),
}

/// Has the browser count `asked` events of the server at `base_url` over each transport, for at most `limit` (the page
/// itself needs up to 8 s); where the server wants header lines, through a relay that adds them. Every process that it started has been killed and its profile removed on return.
pub async fn probe(
    browser: &Browser,
    base_url: &str,
    headers: &[(String, String)],
    asked: u64,
    limit: Duration,
) -> LiveBrowser {
    let version = process::version(browser).await;
    let live = LiveBrowser { name: browser.name.clone(), version, asked, ..LiveBrowser::default() };
    match visit(browser, base_url, headers, asked, limit).await {
        Ok(outcome) => LiveBrowser {
            sse_events: outcome.sse_events,
            websocket_events: outcome.websocket_events,
            sse_resumed: outcome.sse_resumed,
            websocket_resumed: outcome.websocket_resumed,
            ..live
        },
        Err(error) => LiveBrowser { failure: Some(error.to_string()), ..live },
    }
}

async fn visit(
    browser: &Browser,
    base_url: &str,
    headers: &[(String, String)],
    asked: u64,
    limit: Duration,
) -> Result<Outcome, ProbeError> {
    let server: Endpoint = base_url.parse()?;
    if server.tls {
        return Err(ProbeError::Tls);
    }
    let doorman = match headers {
        [] => None,
        _ => {
            let relay = timeout(limit, relay(&server, headers)).await.map_err(|_| ProbeError::Silent(limit))?;
            Some(relay.map_err(ProbeError::Relay)?)
        }
    };
    let server = match doorman.as_ref().map(Doorman::address) {
        Some(at) => Endpoint { host: at.ip().to_string(), port: at.port(), authority: at.to_string(), ..server },
        None => server,
    };
    let token = format!("{:016x}", fastrand::u64(..));
    let page = server.at(format!("/browser?asked={asked}&token={token}")).to_string();
    let mut running = Running::launch(browser, &page)?;
    let result = server.at(format!("/browser/result?token={token}"));
    let outcome = timeout(limit, outcome(&mut running, &result)).await;
    running.end().await;
    outcome.map_err(|_| ProbeError::Silent(limit))?
}

/// A relay to the server's first address.
async fn relay(server: &Endpoint, headers: &[(String, String)]) -> std::io::Result<Doorman> {
    let mut found = lookup_host((server.host.as_str(), server.port)).await?;
    let address = found.next().ok_or(std::io::ErrorKind::NotFound)?;
    Doorman::open(address, headers)
}

/// Waits for the result, or for the browser to end without one.
async fn outcome(running: &mut Running, result: &Endpoint) -> Result<Outcome, ProbeError> {
    loop {
        let ended = running.ended();
        // Asked after the look at the process: what it posted before it ended is not lost.
        match (fetch(result).await, ended) {
            (Some(outcome), _) => return Ok(outcome),
            (None, Some(how)) => return Err(ProbeError::Ended(how)),
            (None, None) => sleep(POLL_EVERY).await,
        }
    }
}

/// The result; `None` while there is none, or while the server does not answer.
async fn fetch(result: &Endpoint) -> Option<Outcome> {
    let stream = TcpStream::connect((result.host.as_str(), result.port)).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    let request = hyper::Request::get(&result.path_and_query).header("host", &result.authority);
    let response = sender.send_request(request.body(Empty::<Bytes>::new()).ok()?).await.ok()?;
    let body = Limited::new(response.into_body(), MAX_RESULT_BYTES).collect().await.ok()?.to_bytes();
    serde_json::from_slice(&body).ok()
}
