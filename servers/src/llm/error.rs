//! Errors as the real APIs send them: a status, a JSON body, for some a time to wait. Refuses to decide what is wrong.

use super::api::Api;
use crate::refusal::Refusal;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Seconds after which a refused client may come again.
const RETRY_AFTER_SECONDS: u16 = 1;

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    code: Option<&'static str>,
    param: Option<&'static str>,
    message: String,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { status, code, param: None, message: message.into() }
    }

    pub(super) fn bad(param: &'static str, message: impl Into<String>) -> Self {
        Self { param: Some(param), ..Self::new(StatusCode::BAD_REQUEST, None, message) }
    }

    pub(super) fn wrong_key() -> Self {
        let line = "Incorrect API key provided: this server was started with --llm-key, send the same one.";
        Self::new(StatusCode::UNAUTHORIZED, Some("invalid_api_key"), line)
    }

    pub(super) fn unknown_model(model: &str) -> Self {
        let models = script::TokenWorkload::ALL.map(|workload| workload.name).join(", ");
        let model: String = model.chars().take(80).collect();
        let line = format!("The model `{model}` does not exist (known: {models}).");
        Self { param: Some("model"), ..Self::new(StatusCode::NOT_FOUND, Some("model_not_found"), line) }
    }

    pub(super) fn unknown_previous(id: &str) -> Self {
        let id: String = id.chars().take(80).collect();
        let line = format!("Previous response with id '{id}' not found.");
        let error = Self::new(StatusCode::BAD_REQUEST, Some("previous_response_not_found"), line);
        Self { param: Some("previous_response_id"), ..error }
    }

    pub(super) fn rate_limit() -> Self {
        let line =
            "Rate limit reached: this server generates no more answers at one time (raise it with --llm-max-answers).";
        Self::new(StatusCode::TOO_MANY_REQUESTS, Some("rate_limit_exceeded"), line)
    }

    /// The refusal that a client ordered.
    pub(super) fn ordered(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let code = (status == StatusCode::TOO_MANY_REQUESTS).then_some("rate_limit_exceeded");
        Self::new(status, code, format!("The client ordered status {}.", status.as_u16()))
    }

    /// The word for the kind of error, which is the APIs' own for each status.
    fn kind(&self, api: Api) -> &'static str {
        match (api, self.status.as_u16()) {
            (Api::Messages, 401) => "authentication_error",
            (Api::Messages, 404) => "not_found_error",
            (Api::Messages, 413) => "request_too_large",
            (Api::Messages, 429) => "rate_limit_error",
            (Api::Messages, 529) => "overloaded_error",
            (Api::Messages, 500..) => "api_error",
            (_, 429) => "requests",
            (_, 500..) => "server_error",
            _ => "invalid_request_error",
        }
    }

    fn details(&self, api: Api) -> Value {
        match api {
            Api::Chat | Api::Responses => {
                json!({"message": self.message, "type": self.kind(api), "param": self.param, "code": self.code})
            }
            Api::Messages => json!({"type": self.kind(api), "message": self.message}),
        }
    }

    /// The body of the response.
    fn body(&self, api: Api) -> Value {
        match api {
            Api::Chat | Api::Responses => json!({"error": self.details(api)}),
            Api::Messages => json!({"type": "error", "error": self.details(api), "request_id": "req_pushbench"}),
        }
    }

    /// The event that stands for a response on a WebSocket.
    pub(super) fn to_event(&self) -> String {
        let (status, details) = (self.status.as_u16(), self.details(Api::Responses));
        json!({"type": "error", "status": status, "error": details}).to_string()
    }

    pub(super) fn respond(&self, api: Api) -> Response {
        let fields = [(header::CONTENT_TYPE, "application/json")];
        let mut response = (self.status, fields, self.body(api).to_string()).into_response();
        if matches!(self.status.as_u16(), 429 | 503 | 529) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }
}

impl From<Refusal> for ApiError {
    fn from(Refusal { status, line }: Refusal) -> Self {
        Self::new(status, None, line)
    }
}
