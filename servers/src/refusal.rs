//! What a client is told when it cannot have what it asked for: a status and one clear line. Refuses to close sockets.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A refused request: status and one line without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) line: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, line: impl Into<String>) -> Self {
        Self { status, line: line.into() }
    }

    pub(crate) fn bad(line: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, line)
    }

    pub(crate) fn conflict(line: String) -> Self {
        Self::new(StatusCode::CONFLICT, line)
    }

    pub(crate) fn gone(line: &str) -> Self {
        Self::new(StatusCode::GONE, line)
    }

    pub(crate) fn closing() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down")
    }

    /// One more of what the limit on connections bounds.
    pub(crate) fn full(what: &str, max: usize) -> Self {
        let line = format!("{max} {what} are open, the limit of this server (raise it with --max-connections)");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, line)
    }

    /// More memory than all clients together may make the server keep.
    pub(crate) fn no_memory(most: usize) -> Self {
        let line =
            format!("clients would make this server keep over {most} bytes, its limit (raise it with --max-memory)");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, line)
    }

    /// Damage on order, where everybody could order it.
    pub(crate) fn no_faults() -> Self {
        let line = "faults are not on order: this server listens beyond loopback (--allow-faults allows them)";
        Self::new(StatusCode::FORBIDDEN, line)
    }

    /// No token, or another.
    pub(crate) fn unauthorized() -> Self {
        let line = "this server asks for its token: send 'Authorization: Bearer TOKEN', or sign in at /login";
        Self::new(StatusCode::UNAUTHORIZED, line)
    }

    pub(crate) fn request_too_large(max: usize) -> Self {
        let line =
            format!("the request body is over {max} bytes, the limit of this server (raise it with --max-request)");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, line)
    }

    pub(crate) fn upgrade_required(protocol: &str) -> Self {
        let line =
            format!("this route needs an HTTP/1.1 upgrade: send 'Connection: upgrade' and 'Upgrade: {protocol}'");
        Self::new(StatusCode::UPGRADE_REQUIRED, line)
    }

    /// The answer as bytes on a connection that never reaches the HTTP library.
    pub(crate) fn to_http(&self) -> String {
        let (status, line) = (self.status, &self.line);
        let length = line.len() + 1;
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: {TEXT}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{line}\n"
        )
    }
}

const TEXT: &str = "text/plain; charset=utf-8";

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, [(header::CONTENT_TYPE, TEXT)], self.line + "\n").into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
