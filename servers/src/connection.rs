//! One accepted socket, from its first byte to its end. Refuses to know what is sent on it.

use crate::aside::Aside;
use crate::bounded::{Bounded, BoundedBody};
use crate::feed::Lane;
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
use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};
use wire::{Flush, Tuning};

/// What a connection gets to end in good order: at shutdown, when thrown out, when refused.
pub(crate) const GRACE: Duration = Duration::from_secs(2);
/// Longest wait for a request head, which is also how long an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// One open connection, held by whatever task serves it; dropping the last handle counts it out.
#[derive(Debug)]
pub(crate) struct Ticket {
    lane: Arc<Lane>,
    cut: Notify,
    /// Bytes that the client has sent so far.
    received: AtomicU64,
    /// Its runtime thread waits, within [`GRACE`], for all of these to be dropped.
    _alive: mpsc::Sender<Infallible>,
}

impl Ticket {
    /// Counts a connection in, and says whether it fits; one that does not has to be told so.
    pub(crate) fn issue(lane: &Arc<Lane>, alive: mpsc::Sender<Infallible>) -> (Arc<Self>, bool) {
        lane.counters().accepted.fetch_add(1, Relaxed);
        let fits = lane.hub.connect();
        (
            Arc::new(Self { lane: Arc::clone(lane), cut: Notify::new(), received: AtomicU64::new(0), _alive: alive }),
            fits,
        )
    }

    /// Bytes that the client has sent so far.
    #[inline]
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }

    /// Notes bytes of the client; only who reads its socket does.
    #[inline]
    pub(crate) fn receive(&self, bytes: usize) {
        self.received.store(self.received() + bytes as u64, Relaxed);
    }

    /// The runtime thread that serves the connection.
    pub(crate) const fn lane(&self) -> &Arc<Lane> {
        &self.lane
    }

    /// Ends the connection after [`GRACE`], even if it is stuck in a write.
    pub(crate) fn cut_soon(&self) {
        self.cut.notify_one();
    }

    /// Runs `work` until it is done or the connection is cut. When the server ends, `wind_down` is called and `work`
    /// polled once more, so that its feed can say so.
    pub(crate) async fn attend<W: Future>(
        &self,
        mut work: Pin<&mut W>,
        wind_down: impl FnOnce(Pin<&mut W>),
    ) -> Option<W::Output> {
        let mut closing = self.lane.hub.watch_closing();
        let mut cut = pin!(async {
            self.cut.notified().await;
            sleep(GRACE).await;
        });
        let worked = {
            let interruption = pin!(async {
                tokio::select! {
                    biased;
                    () = &mut cut => false,
                    _ = closing.wait_for(|&closed| closed) => true,
                }
            });
            Aside::new().race(work.as_mut(), interruption).await
        };
        match worked {
            Ok(output) => return Some(output),
            Err(false) => return None,
            Err(true) => wind_down(work.as_mut()),
        }
        tokio::select! {
            biased;
            output = work => Some(output),
            () = cut => None,
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.lane.hub.disconnect();
    }
}

/// Serves HTTP on a stream, a socket as a rule, until the client, an upgrade or the server ends it.
pub(crate) async fn serve<S>(stream: S, ticket: Arc<Ticket>, router: TowerToHyperService<Router>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let guest = Arc::clone(&ticket);
    let service = service_fn(move |mut request: Request<Incoming>| {
        guest.lane.counters().requests.fetch_add(1, Relaxed);
        // No more is kept for a connection than its route needs: that would be charged to the transports that stay with HTTP.
        match guest.lane.hub.gate().admit(&request) {
            Err(refusal) => Either::Left(ready(Ok(refusal.into_response()))),
            Ok(()) => {
                request.extensions_mut().insert(Arc::clone(&guest));
                Either::Right(router.call(request.map(|body| Body::new(BoundedBody::new(body)))))
            }
        }
    });
    let http = http(ticket.lane.hub.tuning());
    let connection =
        http.serve_connection(TokioIo::new(Bounded::new(stream, Arc::clone(&ticket))), service).with_upgrades();
    // How a connection ends is the client's business; what the server did is in its counters.
    let _ = ticket.attend(pin!(connection), http1::UpgradeableConnection::graceful_shutdown).await;
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
pub(crate) async fn refuse(mut stream: TcpStream, ticket: Arc<Ticket>) {
    let answer = Refusal::full("connections", ticket.lane.hub.limits().max_connections).to_http();
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
