//! A URL as a place to dial and a path to ask for. Refuses schemes that name neither HTTP nor WebSocket.

use crate::redact;
use hyper::Uri;
use std::fmt;
use std::str::FromStr;
use wire::Transport;

/// Where to dial, whether to speak TLS, and what to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether the stream is wrapped in TLS.
    pub tls: bool,
    /// Host name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The `Host` header: host, and the port where it is not the scheme's own.
    pub authority: String,
    /// Path and query, at least `/`.
    pub path_and_query: String,
    /// The transport that the scheme stands for: SSE for `http(s)`, WebSocket for `ws(s)`.
    pub implied: Transport,
}

/// Why a text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not a URL at all.
    #[error("'{0}' is not a URL: expected http://, https://, ws:// or wss:// and a host")]
    Malformed(String),
    /// A scheme that is neither HTTP nor WebSocket.
    #[error("scheme '{0}' is not supported: use http, https, ws or wss")]
    Scheme(String),
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || EndpointError::Malformed(redact::url(text));
        let uri: Uri = text.parse().map_err(|_| malformed())?;
        let scheme = uri.scheme_str().ok_or_else(malformed)?;
        let (implied, tls) = match scheme {
            "http" => (Transport::Sse, false),
            "https" => (Transport::Sse, true),
            "ws" => (Transport::WebSocket, false),
            "wss" => (Transport::WebSocket, true),
            other => return Err(EndpointError::Scheme(other.to_owned())),
        };
        let authority = uri.authority().ok_or_else(malformed)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || authority.as_str().contains('@') {
            return Err(malformed());
        }
        Ok(Self {
            tls,
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: authority.as_str().to_owned(),
            path_and_query: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            implied,
        })
    }
}

impl Endpoint {
    /// The same place with another path and query.
    pub fn at(&self, path_and_query: impl Into<String>) -> Self {
        Self { path_and_query: path_and_query.into(), ..self.clone() }
    }

    /// The same path on another port of the host, with or without TLS.
    pub fn on_port(&self, port: u16, tls: bool) -> Self {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        Self { tls, port, authority: format!("{host}:{port}"), ..self.clone() }
    }

    /// The path without its query.
    pub fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or("/")
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match (self.implied, self.tls) {
            (Transport::WebSocket, false) => "ws",
            (Transport::WebSocket, true) => "wss",
            (_, false) => "http",
            (_, true) => "https",
        };
        write!(f, "{scheme}://{}{}", self.authority, self.path_and_query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_choose_transport_tls_and_port() {
        for (url, transport, tls, port) in [
            ("http://h/a?b=c", Transport::Sse, false, 80),
            ("https://h", Transport::Sse, true, 443),
            ("ws://h:81/", Transport::WebSocket, false, 81),
            ("wss://[::1]:82/x", Transport::WebSocket, true, 82),
        ] {
            let endpoint: Endpoint = url.parse().unwrap();
            assert_eq!((endpoint.implied, endpoint.tls, endpoint.port), (transport, tls, port), "{url}");
        }
        assert_eq!("ws://[::1]:82/x".parse::<Endpoint>().unwrap().host, "::1");
        assert_eq!("http://h/a?b=c".parse::<Endpoint>().unwrap().path(), "/a");
        assert_eq!("http://h".parse::<Endpoint>().unwrap().at("/facts").to_string(), "http://h/facts");
        assert_eq!("http://[::1]:8/a".parse::<Endpoint>().unwrap().on_port(9, true).to_string(), "https://[::1]:9/a");
    }

    #[test]
    fn what_is_no_endpoint_says_what_is() {
        for (text, message) in [
            ("localhost:8080", "'localhost:8080' is not a URL: expected http://, https://, ws:// or wss:// and a host"),
            ("ftp://h/", "scheme 'ftp' is not supported: use http, https, ws or wss"),
            (
                "http://u:s3cret@h/?key=s3cret",
                "'http://***@h/?key=***' is not a URL: expected http://, https://, ws:// or wss:// and a host",
            ),
            ("http://", "'http://' is not a URL: expected http://, https://, ws:// or wss:// and a host"),
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap_err().to_string(), message);
        }
    }
}
