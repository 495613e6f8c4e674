//! Questions to one of our own servers beside the streams: facts, clock, vitals. Refuses servers of another wire
//! version.

use crate::host;
use bytes::Bytes;
use client::endpoint::Endpoint;
use client::redact::Secrets;
use client::{DialError, Dialer};
use http_body_util::{BodyExt as _, Empty, Limited};
use humantime::format_duration;
use hyper::StatusCode;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::WWW_AUTHENTICATE;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::timeout;
use wire::{Facts, MonoTime, ScheduleCost, Vitals, WIRE_VERSION, Witnessed};

/// Most characters of an answer that are quoted.
const MAX_QUOTED_CHARS: usize = 200;
/// Largest answer.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// A keep-alive connection to one of our servers, and the next one where it was closed.
pub struct Control {
    sender: SendRequest<Empty<Bytes>>,
    authority: String,
    /// Dials the next one; its limit is the longest wait for an answer, too.
    dialer: Dialer,
    /// Header lines that the user wants on every request.
    headers: Vec<(String, String)>,
    secrets: Secrets,
}

/// Why a question has no answer.
enum Unanswered {
    /// The server wants a token; its own words, with a colon before them.
    Token(String),
    /// Anything else.
    Other(String),
}

/// Why a server is not one to measure against.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It cannot be reached.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// It does not answer like ours.
    #[error(
        "{0} is not a pushbench server ({1}): start one with 'loadgen serve', or use 'loadgen run URL' for other endpoints"
    )]
    Foreign(String, String),
    /// It speaks another version.
    #[error(
        "the server speaks wire version {theirs}, this program {WIRE_VERSION}: run the same pushbench version on both ends"
    )]
    WireVersion {
        /// The server's version.
        theirs: u32,
    },
    /// It tells nothing without its token.
    #[error("{0} wants a token{1}: give it with --token-env NAME")]
    Token(String, String),
    /// It stopped answering.
    #[error("the server stopped answering {0}: {1}")]
    Lost(&'static str, String),
}

impl Control {
    /// Connects.
    ///
    /// # Errors
    /// [`ControlError::Dial`], or [`ControlError::Foreign`] when the peer speaks no HTTP.
    pub async fn connect(
        dialer: &Dialer,
        endpoint: &Endpoint,
        headers: &[(String, String)],
    ) -> Result<Self, ControlError> {
        let (authority, dialer) = (endpoint.authority.clone(), dialer.clone());
        let sender = open(&dialer, &authority).await?;
        let (secrets, headers) = (Secrets::of(headers, "/"), headers.to_vec());
        Ok(Self { sender, authority, dialer, secrets, headers })
    }

    /// Longest wait for an answer.
    pub const fn limit(&self) -> Duration {
        self.dialer.limit()
    }

    /// The server's facts, once its wire version is known to be ours.
    ///
    /// # Errors
    /// [`ControlError::Foreign`] or [`ControlError::WireVersion`].
    pub async fn facts(&mut self) -> Result<Facts, ControlError> {
        #[derive(serde::Deserialize)]
        struct Version {
            wire_version: u32,
        }
        let authority = self.authority.clone();
        let body = self.fetch("/facts").await.map_err(|why| match why {
            Unanswered::Token(said) => ControlError::Token(authority, said),
            Unanswered::Other(why) => ControlError::Foreign(authority, why),
        })?;
        let version: Version = serde_json::from_slice(&body).map_err(|_| self.not_facts())?;
        if version.wire_version != WIRE_VERSION {
            return Err(ControlError::WireVersion { theirs: version.wire_version });
        }
        let facts: Facts = serde_json::from_slice(&body).map_err(|_| self.not_facts())?;
        // They are recorded: what they repeat of a secret is not.
        let shown: Facts = self.secrets.hide_in(&facts).ok_or_else(|| self.not_facts())?;
        let boot_id = if facts.boot_id == host::boot_id() { facts.boot_id } else { shown.boot_id };
        Ok(Facts { boot_id, ..shown })
    }

    fn not_facts(&self) -> ControlError {
        ControlError::Foreign(self.authority.clone(), "its /facts are not ours".to_owned())
    }

    /// The server's vitals; `memory` asks for the sizes too, whose reading takes the server a moment.
    ///
    /// # Errors
    /// [`ControlError::Lost`].
    pub async fn vitals(&mut self, memory: bool) -> Result<Vitals, ControlError> {
        self.get(if memory { "/vitals" } else { "/vitals?memory=off" }).await
    }

    /// What the idle timer beside the server saw between two instants of the server's clock; `None` where there is none, or
    /// where it cannot be read: a trial is worth keeping without.
    pub async fn witness(&mut self, from: MonoTime, until: MonoTime) -> Option<Witnessed> {
        let path = format!("/witness?from={}&until={}", from.as_nanos(), until.as_nanos());
        serde_json::from_slice(&self.fetch(&path).await.ok()?).ok()
    }

    /// Has the schedules of a group that is held start at an instant of the server's clock, whoever is there.
    ///
    /// # Errors
    /// [`ControlError::Lost`]; a server that is older knows no held groups.
    pub async fn start(&mut self, group: &str, at: MonoTime) -> Result<(), ControlError> {
        let path = format!("/start?group={group}&at={}", at.as_nanos());
        let lost = |why| match why {
            Unanswered::Token(why) | Unanswered::Other(why) => ControlError::Lost("/start", why),
        };
        self.fetch(&path).await.map(drop).map_err(lost)
    }

    /// What the schedule of that subscription, of all its quorum, costs with nobody subscribed; `None` where the server
    /// does not say: it is older, or runs one for somebody else.
    pub async fn schedule(&mut self, query: &str) -> Option<ScheduleCost> {
        let body = self.fetch(&format!("/schedule?{query}")).await.ok()?;
        serde_json::from_slice(&body).ok()
    }

    /// Asks for one JSON answer.
    ///
    /// # Errors
    /// [`ControlError::Lost`].
    pub async fn get<T: DeserializeOwned>(&mut self, path: &'static str) -> Result<T, ControlError> {
        let lost = |why: &str| ControlError::Lost(path, why.to_owned());
        let body = self.fetch(path).await.map_err(|why| match why {
            Unanswered::Token(said) => ControlError::Token(path.to_owned(), said),
            Unanswered::Other(why) => lost(&why),
        })?;
        serde_json::from_slice(&body).map_err(|error| lost(&self.secrets.hide(&error.to_string())))
    }

    async fn fetch(&mut self, path: &str) -> Result<Bytes, Unanswered> {
        let mut request = hyper::Request::get(path).header("host", &self.authority);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Empty::new()).map_err(text)?;
        // A server ends a connection on which nothing is asked for half a minute: as long as many streams take to open.
        if self.sender.is_closed() {
            self.sender = open(&self.dialer, &self.authority).await.map_err(text)?;
        }
        let (limit, secrets) = (self.limit(), &self.secrets);
        let answer = async {
            let response = self.sender.send_request(request).await.map_err(text)?;
            let status = response.status();
            let asks =
                response.headers().get(WWW_AUTHENTICATE).is_some_and(|scheme| scheme.as_bytes().starts_with(b"Bearer"));
            let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await;
            let body = body.map_err(text)?.to_bytes();
            match status {
                StatusCode::UNAUTHORIZED if asks => Err(Unanswered::Token(said(secrets, &body))),
                _ if status.is_success() => Ok(body),
                _ => Err(Unanswered::Other(format!("{path} answers {status}"))),
            }
        };
        let silent = || Unanswered::Other(format!("{path}: no answer within {}", format_duration(limit)));
        timeout(limit, answer).await.map_err(|_| silent())?
    }
}

async fn open(dialer: &Dialer, authority: &str) -> Result<SendRequest<Empty<Bytes>>, ControlError> {
    let (link, _) = dialer.dial(None).await?;
    let foreign = |error: hyper::Error| ControlError::Foreign(authority.to_owned(), error.to_string());
    let (sender, connection) = http1::handshake(TokioIo::new(link)).await.map_err(foreign)?;
    tokio::spawn(connection);
    Ok(sender)
}

/// The first line of an answer, for quoting.
fn said(secrets: &Secrets, body: &[u8]) -> String {
    let said = secrets.hide(&String::from_utf8_lossy(body));
    let line: String = said.lines().next().unwrap_or_default().chars().take(MAX_QUOTED_CHARS).collect();
    if line.is_empty() { line } else { format!(": {line:?}") }
}

fn text(error: impl std::fmt::Display) -> Unanswered {
    Unanswered::Other(error.to_string())
}
