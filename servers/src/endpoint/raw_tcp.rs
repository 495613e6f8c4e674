//! The floor: after an HTTP upgrade, bare payloads straight on the socket. Refuses to read: client bytes are ignored.

use super::framing::{Bare, Framing};
use super::{Opened, Streams, open, with_missed};
use crate::bounded::Bounded;
use crate::connection_guard::ConnectionGuard;
use crate::feed::Item;
use crate::flush::{Habit, Outlet, Step};
use crate::refusal::Refusal;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::{OnUpgrade, Parts};
use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use wire::Transport;

/// The protocol's name in the `Upgrade` header.
const PROTOCOL: &str = Transport::RawTcp.name();

pub(super) async fn stream(
    State(streams): State<Streams>,
    Extension(guard): Extension<Arc<ConnectionGuard>>,
    mut request: Request<Body>,
) -> Result<Response, Refusal> {
    let asked = request.headers().get(header::UPGRADE);
    if !asked.is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(PROTOCOL.as_bytes())) {
        return Err(Refusal::upgrade_required(PROTOCOL));
    }
    let uri = request.uri().clone();
    let Opened { feed, missed, .. } = open(&streams, Transport::RawTcp, &uri, Some(Arc::clone(&guard)), |_| Ok(()))?;
    let outlet = Outlet::new(feed, streams.worker.state.tuning().flush, Habit::WritesEach);
    tokio::spawn(serve(hyper::upgrade::on(&mut request), outlet, guard));
    let fields = [(header::CONNECTION, "upgrade"), (header::UPGRADE, PROTOCOL)];
    Ok(with_missed(missed, (StatusCode::SWITCHING_PROTOCOLS, fields).into_response()))
}

async fn serve(upgrade: OnUpgrade, mut outlet: Outlet, guard: Arc<ConnectionGuard>) {
    let Ok(upgraded) = upgrade.await else { return };
    let Ok(Parts { io, .. }) = upgraded.downcast::<TokioIo<Bounded<TcpStream>>>() else { return };
    let mut stream = io.into_inner();
    // The client sees how the stream ended; there is nobody else to tell.
    let _ = guard.attend(pin!(send(&mut stream, &mut outlet)), |_| ()).await;
}

async fn send(stream: &mut Bounded<TcpStream>, outlet: &mut Outlet) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(step) = poll_fn(|cx| poll_step(stream.stream(), outlet, cx)).await {
        match step {
            Step::Write(Item::End(_)) => {
                stream.write_all(&buffer).await?;
                return stream.shutdown().await;
            }
            Step::Write(item) => Bare.frame(item, outlet.feed(), &mut buffer),
            Step::Flush { .. } => {
                stream.write_all(&buffer).await?;
                buffer.clear();
            }
        }
    }
    Ok(())
}

/// The next step, or `None` when the client has gone.
fn poll_step(stream: &TcpStream, outlet: &mut Outlet, cx: &mut Context<'_>) -> Poll<Option<Step>> {
    while let Poll::Ready(ready) = stream.poll_read_ready(cx) {
        match ready.and_then(|()| stream.try_read(&mut [0; 1024])) {
            Ok(0) => return Poll::Ready(None),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return Poll::Ready(None),
        }
    }
    outlet.poll_step(cx).map(Some)
}
