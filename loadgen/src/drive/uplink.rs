//! Messages up over POST on one keep-alive connection: the other half of a transport that only pushes down.

use super::message::{DueMessage, sent};
use crate::client::{Post, Request};
use crate::link::{Dialer, Link, Meter};
use crate::stream::StreamError;
use crate::worker;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc::UnboundedReceiver;
use wire::Payload;

/// One keep-alive connection; its counts are folded into the worker when it is dropped.
pub(super) struct Uplink {
    link: Link,
    post: Post,
    requests: u64,
    meter: Arc<Meter>,
}

impl Uplink {
    /// Dials; `request` names path and headers.
    ///
    /// # Errors
    /// [`StreamError`] when the connection or the request cannot be made.
    pub(super) async fn open(dialer: &Dialer, request: &Request, body_bytes: usize) -> Result<Self, StreamError> {
        let post = Post::new(request, body_bytes)?;
        let (link, _) = dialer.dial().await?;
        worker::with(|worker| worker.recorder.counters.connections += 1);
        Ok(Self { meter: link.meter(), link, post, requests: 0 })
    }

    /// Posts each message when it is due, one at a time: what waits for the answer before it is charged with the wait.
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses or the connection breaks.
    pub(super) async fn run(
        mut self,
        payload: Arc<Payload>,
        mut due: UnboundedReceiver<DueMessage>,
    ) -> Result<(), StreamError> {
        let (mut body, mut request) = (Vec::with_capacity(payload.bytes()), Vec::new());
        while let Some(message) = due.recv().await {
            message.render(&payload, &mut body);
            self.post.write(&body, &mut request);
            sent(body.len());
            self.requests += 1;
            self.link.send(&mut request).await?;
            while !poll_fn(|cx| self.poll_answer(cx)).await? {}
        }
        // No more messages: stay open until the trial ends.
        std::future::pending().await
    }

    /// Posts each message when it is due, whether or not the one before it was answered; the server answers in order.
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses or the connection breaks; it does not end otherwise.
    pub(super) async fn pipeline(
        mut self,
        payload: Arc<Payload>,
        mut due: UnboundedReceiver<DueMessage>,
    ) -> Result<(), StreamError> {
        let (mut body, mut request) = (Vec::with_capacity(payload.bytes()), Vec::new());
        loop {
            tokio::select! {
                Some(message) = due.recv() => {
                    message.render(&payload, &mut body);
                    self.post.write(&body, &mut request);
                    sent(body.len());
                    self.requests += 1;
                    self.link.send(&mut request).await?;
                }
                answered = poll_fn(|cx| self.poll_answer(cx)) => {
                    answered?;
                }
            }
        }
    }

    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, StreamError>> {
        worker::with(|worker| {
            let mut buffer = ReadBuf::new(&mut worker.buffer);
            ready!(Pin::new(&mut self.link).poll_read(cx, &mut buffer))?;
            match buffer.filled() {
                [] => Poll::Ready(Err(StreamError::Io(std::io::ErrorKind::UnexpectedEof.into()))),
                bytes => Poll::Ready(Ok(self.post.push(bytes)?)),
            }
        })
        .unwrap_or_else(|| Poll::Ready(Err(StreamError::Library("no worker on this thread".to_owned()))))
    }
}

impl Drop for Uplink {
    fn drop(&mut self) {
        worker::with(|worker| {
            worker.recorder.counters.requests += self.requests;
            worker.recorder.counters.reads += self.meter.reads();
            worker.recorder.bytes.stream_out += self.meter.bytes_out();
            worker.recorder.bytes.stream_in += self.meter.bytes_in();
        });
    }
}
