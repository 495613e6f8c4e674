//! Long polling: each answer carries what is ready and ends; the client asks again. Refuses to work without a session.

use super::{Opened, Streams, open, with_missed};
use crate::feed::{End, Feed, Item};
use crate::refusal::Refusal;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::timeout;
use wire::Transport;

/// How long a poll waits for its first event.
const PATIENCE: Duration = Duration::from_secs(25);
/// Most bytes of one answer, unless a single event is larger.
const MOST_BYTES: usize = 64 * 1024;
/// Most events of one answer.
const MOST_EVENTS: usize = 256;

pub(super) async fn answer(State(streams): State<Streams>, uri: Uri) -> Result<Response, Refusal> {
    let needs_session = || Refusal::bad("long polling needs session=NAME: it is what joins one poll to the next");
    let Opened { mut feed, missed, thrown_out } = open(&streams, Transport::LongPoll, &uri, None, |asked| {
        asked.session.as_ref().map(|_| ()).ok_or_else(needs_session)
    })?;
    if thrown_out {
        return Err(Refusal::gone("too slow, and the policy is disconnect"));
    }
    let mut answer = Answer::default();
    let waited = timeout(PATIENCE, poll_fn(|cx| answer.poll_fill(&mut feed, cx))).await;
    match (answer.events, waited) {
        (0, Ok(Some(end))) => Err(refuse(end)),
        (0, _) => Ok(with_missed(missed, StatusCode::NO_CONTENT.into_response())),
        _ => {
            let fields = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, "no-store")];
            Ok(with_missed(missed, (fields, answer.body).into_response()))
        }
    }
}

/// The payloads of one answer, each with a line end behind it.
#[derive(Default)]
struct Answer {
    body: Vec<u8>,
    events: usize,
}

impl Answer {
    /// Takes what is ready; pending until there is at least one. Says why, if the stream is over.
    fn poll_fill(&mut self, feed: &mut Feed, cx: &mut Context<'_>) -> Poll<Option<End>> {
        while !self.is_full(feed) {
            match feed.poll_next(cx) {
                Poll::Ready(Item::Event(event)) => feed.render(&event, &mut self.body),
                Poll::Ready(Item::Message(message)) => self.body.extend_from_slice(&message),
                Poll::Ready(Item::Heartbeat) => continue,
                Poll::Ready(Item::End(end)) => return Poll::Ready(Some(end)),
                Poll::Pending if self.events == 0 => return Poll::Pending,
                Poll::Pending => break,
            }
            self.body.push(b'\n');
            self.events += 1;
        }
        Poll::Ready(None)
    }

    /// The second copy of an event goes with the first: the next poll would not know of it.
    fn is_full(&self, feed: &Feed) -> bool {
        let bytes = self.body.len() + feed.payload_bytes() + 1;
        self.events > 0 && !feed.owes_copy() && (self.events >= MOST_EVENTS || bytes > MOST_BYTES)
    }
}

fn refuse(end: End) -> Refusal {
    match end {
        End::Complete | End::Cut => Refusal::gone("the stream is over: all events were delivered"),
        End::ThrownOut => Refusal::gone("too slow, and the policy is disconnect"),
        End::Replaced => Refusal::conflict("another poll reads for this session now".to_owned()),
        End::Shutdown => Refusal::closing(),
    }
}
