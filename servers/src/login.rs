//! Where a browser changes the token for a cookie that only this server's own pages send. Refuses to hold the token.

use crate::access::LOGIN;
use crate::feed::WorkerHandle;
use crate::refusal::Refusal;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use serde::Deserialize;
use std::sync::Arc;

/// Bytes of a form: a token, every character of it escaped.
const MAX_BODY_BYTES: usize = 1024;

const FORM: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>pushbench: sign in</title>\n\
    <link rel=\"icon\" href=\"data:,\">\n<form method=\"post\">\n\
    <label>Token of this server <input type=\"password\" name=\"token\" autocomplete=\"off\" autofocus required></label>\n\
    <button>Sign in</button>\n</form>\n</html>\n";

/// The form and its answer.
pub(crate) fn routes() -> Router<Arc<WorkerHandle>> {
    Router::new().route(LOGIN, get(form).post(sign_in)).layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

#[derive(Deserialize)]
struct Shown {
    token: String,
}

/// Never kept by a cache, never within another page.
async fn form() -> impl IntoResponse {
    let headers = [("cache-control", "no-store"), ("content-security-policy", "frame-ancestors 'none'")];
    (headers, Html(FORM))
}

async fn sign_in(
    State(worker): State<Arc<WorkerHandle>>,
    shown: Result<Form<Shown>, FormRejection>,
) -> Result<impl IntoResponse, Refusal> {
    let Form(Shown { token }) = shown.map_err(|why| Refusal::new(why.status(), why.body_text()))?;
    let cookie = worker.state.gate().cookie_for(&token)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, "/".to_owned()), (header::SET_COOKIE, cookie)]))
}
