//! Jobs to watch: one publisher, any number of watchers, each from the beginning or from where it was. Refuses to pace.
//!
//! ```text
//! predict   queued · started · progress … · output · done
//! train     started · step … (system each 10 s, log in bursts) · done
//! ```
//!
//! Over SSE events are named and have ids, so that a browser resumes by itself; over a WebSocket `?after=` says where.

use super::api::Api;
use super::error::ApiError;
use super::service::LlmState;
use crate::connection_guard::ConnectionGuard;
use crate::endpoint::{Streams, sse, websocket, with_missed};
use crate::feed::{End, Lines, Script, Subscribed, Watch};
use axum::Extension;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use script::{JobEvent, JobKind, JobOrder, JobScript, Mishaps};
use std::io::Write as _;
use std::sync::Arc;
use wire::{Stamp, StampKey, close_event};

/// Bytes of a log line's text.
const LOG_BYTES: u32 = 80;

pub(super) async fn watch(
    State(state): State<LlmState>,
    Extension(guard): Extension<Arc<ConnectionGuard>>,
    Path(kind): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = upgrade.ok().filter(|_| headers.contains_key(header::UPGRADE));
    let respond = || {
        let Subscribed { feed, missed, .. } = enter(&state, &kind, &uri, &headers, Arc::clone(&guard))?;
        let response = match upgrade {
            Some(upgrade) => websocket::respond(&state.streams.worker, upgrade, feed, guard),
            None => sse::respond(&state.streams.worker, feed, true, sse::is_browser(&headers)),
        };
        Ok(with_missed(missed, response))
    };
    respond().unwrap_or_else(|error: ApiError| error.respond(Api::Chat))
}

fn enter(
    state: &LlmState,
    kind: &str,
    uri: &Uri,
    headers: &HeaderMap,
    guard: Arc<ConnectionGuard>,
) -> Result<Subscribed, ApiError> {
    let LlmState { streams: Streams { worker, registry }, service } = state;
    service.check_key(headers)?;
    let job =
        JobOrder::from_query(uri.query().unwrap_or("")).map_err(|error| ApiError::bad("query", error.to_string()))?;
    let after = sse::last_event_id(headers)?.or(job.after);
    let order = &job.order;
    worker.state.admit_faults(order.mishaps != Mishaps::default())?;
    if let Some(status) = order.mishaps.status {
        return Err(ApiError::ordered(status));
    }
    let unknown = |_| ApiError::new(StatusCode::NOT_FOUND, None, "Unknown kind of job (known: predict, train).");
    let kind: JobKind = kind.parse().map_err(unknown)?;
    let name = format!("{kind}/{}", job.id);
    let watch = Watch { after, quorum: job.quorum, heartbeat: order.heartbeat, faults: order.mishaps.stream.clone() };
    let script = || Reports { id: job.id.clone(), job: kind.draw(&job) }.script();
    Ok(registry.watch(worker, &name, job.terms(), watch, script, guard)?)
}

/// A job as text.
#[derive(Debug)]
struct Reports {
    id: String,
    job: JobScript,
}

impl Reports {
    fn script(self) -> Script {
        let offsets_ns: Vec<u64> = self.job.events.iter().map(|(due_ns, _)| *due_ns).collect();
        Script { count: offsets_ns.len() as u64, offsets_ns, end: End::Complete, lines: Box::new(self) }
    }

    fn event(&self, seq: u64) -> JobEvent {
        usize::try_from(seq).ok().and_then(|seq| self.job.events.get(seq)).map_or(JobEvent::Done, |(_, event)| *event)
    }

    /// Appends what an event says beside its type and its job. Writing to a Vec cannot fail.
    fn write_members(&self, event: JobEvent, out: &mut Vec<u8>) {
        let _ = match event {
            JobEvent::Queued(ahead) => write!(out, r#","status":"queued","jobs_ahead":{ahead}"#),
            JobEvent::Started => write!(out, r#","status":"running""#),
            JobEvent::Done => write!(out, r#","status":"succeeded""#),
            JobEvent::Progress(part, parts) => {
                let share = f64::from(part) / f64::from(parts);
                write!(
                    out,
                    r#","progress":{share:.4},"part":{part},"parts":{parts},"message":"part {part} of {parts}""#
                )
            }
            JobEvent::Output(bytes) => self.write_text("output", u32::MAX, bytes, out),
            JobEvent::Log(line) => {
                let _ = write!(out, r#","line":{line},"level":"info""#);
                self.write_text("message", line, LOG_BYTES, out)
            }
            JobEvent::Step(step) => self.write_step(step, out),
            JobEvent::System(reading) => self.write_system(reading, out),
        };
    }

    fn write_text(&self, member: &str, number: u32, bytes: u32, out: &mut Vec<u8>) -> std::io::Result<()> {
        write!(out, r#","{member}":""#)?;
        self.job.append_text(number, bytes, out);
        out.write_all(b"\"")
    }

    fn write_step(&self, step: u32, out: &mut Vec<u8>) -> std::io::Result<()> {
        let metrics = self.job.metrics(step);
        write!(
            out,
            r#","step":{step},"loss":{:.5},"learning_rate":{:.6},"grad_norm":{:.4},"tokens_per_second":{},"memory_bytes":{}"#,
            metrics.loss, metrics.learning_rate, metrics.gradient_norm, metrics.tokens_per_second, metrics.memory_bytes
        )
    }

    fn write_system(&self, reading: u32, out: &mut Vec<u8>) -> std::io::Result<()> {
        let metrics = self.job.metrics(reading);
        let busy = metrics.gradient_norm.min(1.0);
        write!(out, r#","reading":{reading},"gpu_busy":{busy:.3},"gpu_memory_bytes":{}"#, metrics.memory_bytes)
    }
}

impl Lines for Reports {
    fn write(&self, stamp: &Stamp, out: &mut Vec<u8>) {
        let event = self.event(stamp.seq);
        let _ = write!(out, r#"{{"type":"{}","job":"{}""#, name(event), self.id);
        self.write_members(event, out);
        close_event(StampKey::Stamp, stamp, out);
    }

    fn name(&self, seq: u64) -> Option<&'static str> {
        Some(name(self.event(seq)))
    }

    fn tokens(&self, _: u64) -> u64 {
        0
    }

    fn heartbeat(&self) -> Option<&'static [u8]> {
        None
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(self.job.events.as_slice())
    }
}

const fn name(event: JobEvent) -> &'static str {
    match event {
        JobEvent::Queued(_) => "queued",
        JobEvent::Started => "started",
        JobEvent::Progress(..) => "progress",
        JobEvent::Output(_) => "output",
        JobEvent::Step(_) => "step",
        JobEvent::System(_) => "system",
        JobEvent::Log(_) => "log",
        JobEvent::Done => "done",
    }
}
