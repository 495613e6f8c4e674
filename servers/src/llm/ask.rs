//! What a request asks for, checked: its model, its limits, the order that travels with it. Refuses to answer it.

use super::answer::RenderedAnswer;
use super::api::Api;
use super::error::ApiError;
use super::format::Answer;
use super::responses::response_id;
use super::service::LlmState;
use crate::feed::{Watch, WorkerHandle};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use script::{Generation, Mishaps, Order, TokenWorkload};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// The members that matter here, of all three APIs; others are let pass, as the APIs do with what they do not know.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Ask {
    /// What a client event on a WebSocket is.
    r#type: Option<String>,
    model: Option<String>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    /// Chat Completions and Messages.
    messages: Option<IgnoredAny>,
    /// Responses.
    input: Option<IgnoredAny>,
    /// Messages, and Chat Completions as it was.
    max_tokens: Option<u32>,
    /// Chat Completions.
    max_completion_tokens: Option<u32>,
    /// Responses.
    max_output_tokens: Option<u32>,
    previous_response_id: Option<String>,
    /// An [`Order`], as a query string.
    pushbench: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

/// A request that is granted.
pub(super) struct Granted {
    pub(super) rendered: RenderedAnswer,
    pub(super) watch: Watch,
    /// Whether the answer is wanted as a stream.
    pub(super) streams: bool,
    /// The id under which a client may continue.
    pub(super) response_id: String,
}

/// The order in a URL.
pub(super) fn order_of(worker: &WorkerHandle, uri: &Uri) -> Result<Order, ApiError> {
    amended(worker, Order::default(), uri.query().unwrap_or(""))
}

/// Grants what was asked in `bytes` bytes, on top of the order that came before it.
pub(super) fn grant(api: Api, state: &LlmState, ask: Ask, bytes: usize, order: Order) -> Result<Granted, ApiError> {
    let order = amended(&state.streams.worker, order, ask.pushbench.as_deref().unwrap_or(""))?;
    if let Some(status) = order.mishaps.status {
        return Err(ApiError::ordered(status));
    }
    let (workload, max_tokens) = (ask.check(api)?, ask.max_tokens());
    let service = &state.service;
    let previous = ask.previous_response_id.filter(|_| api == Api::Responses);
    let earlier = previous.as_deref().map_or(Ok(0), |id| service.recall(id))?;
    let place = service.place()?;
    service.read_input(bytes);
    let history_bytes = earlier + bytes as u64;
    let answer = Answer {
        model: workload.name,
        generation: Generation::draw(workload, &order, max_tokens),
        id: Answer::id(order.seed, history_bytes),
        input_tokens: Answer::input_tokens(history_bytes),
        max_tokens,
        include_usage: ask.stream_options.is_some_and(|options| options.include_usage == Some(true)),
        previous,
    };
    let response_id = response_id(&answer.id);
    if api == Api::Responses {
        service.remember(response_id.clone(), history_bytes + answer.text_bytes());
    }
    let watch = Watch { after: None, quorum: 1, heartbeat: order.heartbeat, faults: order.mishaps.stream.clone() };
    let rendered = RenderedAnswer::new(api.format(), answer, order.mishaps, place);
    Ok(Granted { rendered, watch, streams: ask.stream == Some(true), response_id })
}

fn amended(worker: &WorkerHandle, order: Order, query: &str) -> Result<Order, ApiError> {
    let order = order.amended(query).map_err(|error| ApiError::bad("pushbench", error.to_string()))?;
    worker.state.admit_faults(order.mishaps != Mishaps::default())?;
    Ok(order)
}

impl Ask {
    /// Reads a body or a client event: once, on either transport, for a long history takes its time.
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        let unreadable = |error| format!("We could not parse the JSON body of your request: {error}.");
        serde_json::from_slice(body).map_err(|error| ApiError::bad("body", unreadable(error)))
    }

    /// What a client event is.
    pub(super) fn kind(&self) -> Result<&str, ApiError> {
        self.r#type.as_deref().ok_or_else(|| missing("type"))
    }

    /// The workload that the model names, if the members that the API demands are there.
    fn check(&self, api: Api) -> Result<&'static TokenWorkload, ApiError> {
        let model = self.model.as_deref().ok_or_else(|| missing("model"))?;
        let workload = TokenWorkload::named(model).ok_or_else(|| ApiError::unknown_model(model))?;
        match api {
            Api::Chat if self.messages.is_none() => Err(missing("messages")),
            Api::Responses if self.input.is_none() => Err(missing("input")),
            Api::Messages if self.messages.is_none() => Err(missing("messages")),
            Api::Messages if self.max_tokens.is_none() => Err(missing("max_tokens")),
            Api::Chat | Api::Responses | Api::Messages => Ok(workload),
        }
    }

    fn max_tokens(&self) -> Option<u32> {
        self.max_output_tokens.or(self.max_completion_tokens).or(self.max_tokens)
    }
}

fn missing(param: &'static str) -> ApiError {
    ApiError::bad(param, format!("Missing required parameter: '{param}'."))
}

/// The models, in the form that OpenAI's clients list.
pub(super) async fn models(State(state): State<LlmState>, headers: HeaderMap) -> Result<Json<Value>, Response> {
    state.service.check_key(&headers).map_err(|error| error.respond(Api::Chat))?;
    Ok(Json(json!({"object": "list", "data": TokenWorkload::ALL.map(listed)})))
}

fn listed(TokenWorkload { name, why, .. }: TokenWorkload) -> Value {
    json!({"id": name, "object": "model", "created": 0, "owned_by": "pushbench", "description": why})
}
