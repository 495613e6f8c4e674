//! Messages up over POST on one keep-alive connection: the other half of a transport that only pushes down.

use super::message::{DueMessage, sent};
use client::stream::StreamError;
use client::worker::Worker;
use client::{Connection, Conversation, Dialer, Request, Signal};
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc::UnboundedReceiver;
use wire::Payload;

/// One keep-alive connection; its counts are folded into the worker's recorder when it is dropped.
pub(super) struct Uplink {
    connection: Connection,
    requests: u64,
    worker: Worker,
}

impl Uplink {
    /// Dials, for that worker to record; `request` names path and headers.
    ///
    /// # Errors
    /// [`StreamError`] when the connection or the request cannot be made.
    pub(super) async fn open(
        dialer: &Dialer,
        request: &Request,
        body_bytes: usize,
        worker: &Worker,
    ) -> Result<Self, StreamError> {
        let conversation = Conversation::posts(request, body_bytes)?;
        let (link, _) = dialer.dial(Some(worker)).await?;
        worker.record(|recorder| recorder.counters.connections += 1)?;
        Ok(Self { connection: Connection { link, conversation }, requests: 0, worker: worker.clone() })
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
        let mut body = Vec::with_capacity(payload.bytes());
        while let Some(message) = due.recv().await {
            self.post(&message, &payload, &mut body).await?;
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
        let mut body = Vec::with_capacity(payload.bytes());
        loop {
            tokio::select! {
                Some(message) = due.recv() => self.post(&message, &payload, &mut body).await?,
                answered = poll_fn(|cx| self.poll_answer(cx)) => {
                    answered?;
                }
            }
        }
    }

    async fn post(&mut self, message: &DueMessage, payload: &Payload, body: &mut Vec<u8>) -> Result<(), StreamError> {
        message.render(payload, body);
        self.connection.conversation.send_message(body).map_err(|error| StreamError::Library(error.to_string()))?;
        sent(&self.worker, body.len())?;
        self.requests += 1;
        Ok(self.connection.flush().await?)
    }

    /// One read; whether it completed an answer.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, StreamError>> {
        let Self { connection, worker, .. } = self;
        worker.receive(|_, buffer| {
            let mut answered = false;
            let mut sink = |signal: Signal<'_>, _| answered |= matches!(signal, Signal::ResponseEnd);
            let received = ready!(connection.poll_receive(cx, buffer, &mut sink))?;
            if received.bytes == 0 {
                return Poll::Ready(Err(StreamError::Io(io::ErrorKind::UnexpectedEof.into())));
            }
            Poll::Ready(Ok(received.heard.map(|()| answered)?))
        })?
    }
}

impl Drop for Uplink {
    fn drop(&mut self) {
        let meter = self.connection.link.meter();
        // One that outlives its trial counts for nobody.
        let _ = self.worker.record(|recorder| {
            recorder.counters.requests += self.requests;
            recorder.counters.reads += meter.reads();
            recorder.bytes.stream_out += meter.bytes_out();
            recorder.bytes.stream_in += meter.bytes_in();
        });
    }
}
