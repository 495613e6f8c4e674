//! One accepted socket, from its first byte to its end. Refuses to know what is sent on it.

use crate::bounded::{Bounded, BoundedBody};
use crate::connection_guard::{ConnectionGuard, GRACE};
use crate::flush::GATHER_BYTES;
use crate::refusal::Refusal;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::IntoResponse;
use futures_util::future::Either;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use wire::{Flush, Tuning};

/// Longest wait for a request head, which is also how long an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves HTTP on a stream, a socket as a rule, until the client, an upgrade or the server ends it.
pub(crate) async fn serve<S>(stream: S, guard: Arc<ConnectionGuard>, router: TowerToHyperService<Router>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let guest = Arc::clone(&guard);
    let service = service_fn(move |mut request: Request<Incoming>| {
        guest.worker().counters().requests.fetch_add(1, Relaxed);
        // No more is kept for a connection than its route needs: that would be charged to the transports that stay with HTTP.
        match guest.worker().state.gate().admit(&request) {
            Err(refusal) => Either::Left(ready(Ok(refusal.into_response()))),
            Ok(()) => {
                request.extensions_mut().insert(Arc::clone(&guest));
                Either::Right(router.call(request.map(|body| Body::new(BoundedBody::new(body)))))
            }
        }
    });
    let http = http(guard.worker().state.tuning());
    let connection =
        http.serve_connection(TokioIo::new(Bounded::new(stream, Arc::clone(&guard))), service).with_upgrades();
    // How a connection ends is the client's business; what the server did is in its counters.
    let _ = guard.attend(pin!(connection), http1::UpgradeableConnection::graceful_shutdown).await;
}

/// hyper, told to write as the WebSocket library does (one contiguous buffer, as much as the flush policy gathers),
/// unless the policy is to leave the libraries alone.
fn http(tuning: &Tuning) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    if tuning.flush != Flush::Library {
        http.writev(false).max_buf_size(2 * GATHER_BYTES);
    }
    http
}

/// Answers a connection that is one too many.
pub(crate) async fn refuse(mut stream: impl AsyncRead + AsyncWrite + Unpin, guard: Arc<ConnectionGuard>) {
    let answer = Refusal::full("connections", guard.worker().state.limits().max_connections).to_http();
    let answered = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // Closing with unread bytes would send a reset that can overtake the answer.
        let mut ignored = [0; 1024];
        while stream.read(&mut ignored).await? > 0 {}
        std::io::Result::Ok(())
    };
    let _ = timeout(GRACE, answered).await;
}
