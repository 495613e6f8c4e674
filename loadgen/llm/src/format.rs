//! The APIs that can be asked: where, with which headers, with which body. A key is never shown.

use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;
use wire::Transport;

/// An API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenAI Chat Completions, SSE only.
    OpenaiChat,
    /// OpenAI Responses, SSE and WebSocket.
    OpenaiResponses,
    /// Anthropic Messages, SSE only.
    Anthropic,
}

/// A key or a token that is sent and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The header that carries it as OpenAI's APIs and our servers want it.
    pub fn bearer(&self) -> (String, String) {
        ("Authorization".to_owned(), format!("Bearer {}", self.0))
    }
}

impl Format {
    /// Every API.
    pub const ALL: [Self; 3] = [Self::OpenaiChat, Self::OpenaiResponses, Self::Anthropic];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai-chat",
            Self::OpenaiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
        }
    }

    /// Whether the API exists over WebSocket.
    pub const fn has_websocket(self) -> bool {
        matches!(self, Self::OpenaiResponses)
    }

    /// The path behind the version.
    const fn tail(self) -> &'static str {
        match self {
            Self::OpenaiChat => "/chat/completions",
            Self::OpenaiResponses => "/responses",
            Self::Anthropic => "/messages",
        }
    }

    /// The path to ask: a base (`/`, `…/v1`) gets the API's own path, any other is taken as it is given.
    pub fn path(self, given: &str) -> String {
        let (path, query) = given.split_once('?').map_or((given, None), |(path, query)| (path, Some(query)));
        let base = path.trim_end_matches('/');
        let path = match base {
            "" => format!("/v1{}", self.tail()),
            _ if base.ends_with("/v1") => format!("{base}{}", self.tail()),
            _ => path.to_owned(),
        };
        query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"))
    }

    /// The headers that carry the key and the API's version.
    pub fn headers(self, key: Option<&Key>) -> Vec<(String, String)> {
        let pair = |name: &str, value: String| (name.to_owned(), value);
        match self {
            Self::Anthropic => {
                let version = pair("anthropic-version", "2023-06-01".to_owned());
                std::iter::once(version).chain(key.map(|key| pair("x-api-key", key.0.clone()))).collect()
            }
            Self::OpenaiChat | Self::OpenaiResponses => key.map(Key::bearer).into_iter().collect(),
        }
    }

    /// The body of a request for a streamed answer; `order` is what only our own servers understand.
    pub fn body(self, model: &str, prompt: &str, max_tokens: u32, order: Option<&str>) -> Value {
        let messages = json!([{"role": "user", "content": prompt}]);
        let mut body = match self {
            Self::OpenaiChat => json!({
                "model": model, "messages": messages, "max_tokens": max_tokens, "stream": true,
                "stream_options": {"include_usage": true},
            }),
            Self::OpenaiResponses => {
                json!({"model": model, "input": prompt, "max_output_tokens": max_tokens, "stream": true})
            }
            Self::Anthropic => {
                json!({"model": model, "messages": messages, "max_tokens": max_tokens, "stream": true})
            }
        };
        if let Some(order) = order {
            body["pushbench"] = json!(order);
        }
        body
    }
}

/// A body as it is sent: over a WebSocket it is an event that asks for an answer, and streams without being told to.
pub fn message(transport: Transport, mut body: Value) -> Vec<u8> {
    if let (Transport::WebSocket, Some(members)) = (transport, body.as_object_mut()) {
        members.remove("stream");
        members.insert("type".to_owned(), "response.create".into());
    }
    body.to_string().into_bytes()
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|format| format.name() == word);
        known.ok_or("expected openai-chat, openai-responses or anthropic")
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

impl FromStr for Key {
    type Err = &'static str;

    fn from_str(key: &str) -> Result<Self, Self::Err> {
        let fits = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(key.to_owned())) } else { Err("empty, or with other than visible ASCII characters") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_gets_the_path_of_the_api_and_a_path_is_left_alone() {
        for (given, path) in [
            ("/", "/v1/responses"),
            ("/openai/v1/", "/openai/v1/responses"),
            ("/v1?a=b", "/v1/responses?a=b"),
            ("/api/v1/responses", "/api/v1/responses"),
            ("/custom", "/custom"),
        ] {
            assert_eq!(Format::OpenaiResponses.path(given), path);
        }
    }

    #[test]
    fn a_key_is_sent_and_not_shown() {
        let key: Key = "s3cret".parse().unwrap();
        assert_eq!(format!("{key:?}"), "Key(hidden)");
        assert_eq!(Format::OpenaiChat.headers(Some(&key))[0].1, "Bearer s3cret");
        assert_eq!(Format::Anthropic.headers(Some(&key))[1].1, "s3cret");
        assert!("a b".parse::<Key>().is_err() && "".parse::<Key>().is_err());
    }
}
