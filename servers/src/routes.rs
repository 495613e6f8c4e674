//! Every route of a server, and what is said to who asks for another. Refuses to answer for a route itself.

use crate::browser::Results;
use crate::endpoint::Streams;
use crate::feed::{Registry, WorkerHandle};
use crate::llm::LlmService;
use crate::refusal::Refusal;
use crate::{browser, control, endpoint, heap, llm, login, probe, start};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use wire::Transport;

/// What requests find, whichever thread answers them.
#[derive(Debug, Clone)]
pub(crate) struct Services {
    pub(crate) registry: Arc<Registry>,
    pub(crate) results: Arc<Results>,
    pub(crate) llm: Arc<LlmService>,
}

/// The routes of one runtime thread.
pub(crate) fn router(worker: &Arc<WorkerHandle>, services: &Services) -> Router {
    let Services { registry, results, llm } = services.clone();
    let streams = Streams { worker: Arc::clone(worker), registry };
    let router = Router::new()
        .route("/", get(welcome))
        .merge(endpoint::routes(streams.clone()))
        .merge(start::routes(streams.clone()))
        .merge(probe::routes())
        .merge(heap::routes())
        .merge(control::routes())
        .merge(browser::routes(results))
        .merge(login::routes())
        .merge(llm::routes(streams, llm))
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .with_state(Arc::clone(worker));
    if worker.state.gate().allows_pages() {
        router.layer(from_fn_with_state(Arc::clone(worker), let_page_read))
    } else {
        router
    }
}

/// Lets an allowed page of another origin read what it asked for, and send the token along (Fetch, section 3.3).
async fn let_page_read(State(worker): State<Arc<WorkerHandle>>, request: Request, next: Next) -> Response {
    let Some(origin) = worker.state.gate().allowed(request.headers()) else { return next.run(request).await };
    let mut response = if request.method() == Method::OPTIONS {
        let allowed = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, last-event-id, x-api-key"),
        ];
        (StatusCode::NO_CONTENT, allowed).into_response()
    } else {
        next.run(request).await
    };
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("origin"));
    response
}

/// What this server offers, for a person with curl.
async fn welcome(headers: HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("HOST");
    let transports: String =
        Transport::ALL.iter().map(|transport| format!("  {:<13} {}\n", transport.path(), transport.why())).collect();
    format!(
        "pushbench: equal streams of stamped events, one route for each transport.\n\n{transports}\n\
         What is sent is in the query string: {keys}.\n\n\
         \x20 curl -N 'http://{host}/sse?rate=2&payload=64'\n\
         \x20 curl -N 'http://{host}/http-stream?schedule=poisson&rate=1000&count=5000'\n\
         \x20 curl 'http://{host}/long-poll?session=me&rate=5'\n\
         \x20 curl -d hello http://{host}/publish/me      a message for the stream with session=me\n\
         \x20 curl -d hello http://{host}/publish/group/us   … for every stream with group=us and a session of its own\n\
         \x20 curl http://{host}/facts                    also /clock, /vitals and /witness\n\n\
         A language model without a model, seeded and paced ({llm}):\n\n\
         \x20 curl -N http://{host}/v1/chat/completions -d '{{\"model\":\"chat\",\"stream\":true,\"messages\":[]}}'\n\
         \x20 curl -N 'http://{host}/v1/jobs/predict?id=me&speed=10'\n\n\
         Models: {models}. Order more with {order}.\n",
        llm = llm::ROUTES,
        models = script::TokenWorkload::ALL.map(|workload| workload.name).join(", "),
        order = script::Order::KEYS.join(", "),
        keys = "schedule, rate, payload, count, seed, sharing, group, quorum, held, session, after, slow, queue, heartbeat, \
                ids, faults, marker"
    )
}

async fn not_found(uri: Uri) -> Refusal {
    let streams = Transport::ALL.map(Transport::path).join(", ");
    let path: String = uri.path().chars().take(80).collect();
    let llm = llm::ROUTES;
    let line =
        format!("no route '{path}' (known: /, {streams}, /publish/SESSION, /facts, /clock, /vitals, /witness, {llm})");
    Refusal::new(StatusCode::NOT_FOUND, line)
}

async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    let wanted = if ["/publish/", "/v1/chat", "/v1/messages"].iter().any(|room| uri.path().starts_with(room)) {
        "POST"
    } else {
        "GET"
    };
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is not for {}: use {wanted}", uri.path()))
}
