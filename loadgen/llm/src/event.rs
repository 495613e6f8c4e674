//! What one event of an answer says, from its JSON. Refuses to keep anything between events.

use crate::format::Format;
use serde::Deserialize;
use serde_json::Value;

/// What one event says. An event may say several things at once, or nothing that matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saying {
    /// Text for the user, reasoning included; empty text is none.
    pub content: Option<String>,
    /// Output tokens of the whole answer so far, as the API states them.
    pub output_tokens: Option<u64>,
    /// How many of these were reasoning, as the API states them.
    pub reasoning_tokens: Option<u64>,
    /// Whether the text is reasoning.
    pub reasons: bool,
    /// The id under which a client may continue, where the API has one.
    pub response_id: Option<String>,
    /// The answer's own end marker.
    pub ends: bool,
    /// An error in place of an answer: status, where one is stated, and message.
    pub error: Option<(Option<u16>, String)>,
}

/// An event that is not what its API sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an event is no JSON of {format}: {why}")]
pub struct EventError {
    format: Format,
    why: &'static str,
}

/// Longest message of an error that is kept.
const MAX_MESSAGE_CHARS: usize = 200;

/// The members that matter, of all three APIs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Object {
    r#type: Option<String>,
    choices: Vec<Choice>,
    delta: Option<Value>,
    response: Option<Inner>,
    message: Option<Value>,
    usage: Option<Usage>,
    error: Option<Value>,
    status: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    delta: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Inner {
    id: Option<String>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
struct Usage {
    completion_tokens: Option<u64>,
    output_tokens: Option<u64>,
    #[serde(alias = "output_tokens_details")]
    completion_tokens_details: Option<Details>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
struct Details {
    reasoning_tokens: Option<u64>,
}

impl Usage {
    fn reasoning_tokens(self) -> Option<u64> {
        self.completion_tokens_details?.reasoning_tokens
    }
}

impl Saying {
    /// Reads the data of one event.
    ///
    /// # Errors
    /// [`EventError`] when it is no JSON object of this API.
    pub fn read(format: Format, data: &[u8]) -> Result<Self, EventError> {
        if format == Format::OpenaiChat && data == b"[DONE]" {
            return Ok(Self { ends: true, ..Self::default() });
        }
        let unreadable = |error: serde_json::Error| EventError { format, why: why(&error) };
        let object: Object = serde_json::from_slice(data).map_err(unreadable)?;
        Ok(match format {
            Format::OpenaiChat => chat(&object),
            Format::OpenaiResponses => responses(&object),
            Format::Anthropic => messages(&object),
        })
    }
}

/// Without places and lengths, which differ from event to event: equal failures are to be counted together.
fn why(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Eof => "it is cut short",
        serde_json::error::Category::Data => "its members are not those of the API",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "a syntax error",
    }
}

fn chat(object: &Object) -> Saying {
    let delta = object.choices.first().and_then(|choice| choice.delta.as_ref());
    let reasoning = delta.and_then(|delta| text(delta, &["reasoning_content", "reasoning"]));
    Saying {
        content: delta.and_then(|delta| text(delta, &["content"])).or(reasoning.clone()),
        output_tokens: object.usage.and_then(|usage| usage.completion_tokens),
        reasoning_tokens: object.usage.and_then(Usage::reasoning_tokens),
        reasons: reasoning.is_some(),
        error: object.error.as_ref().map(|error| (object.status, message(error))),
        ..Saying::default()
    }
}

fn responses(object: &Object) -> Saying {
    const CONTENT: [&str; 3] =
        ["response.output_text.delta", "response.reasoning_text.delta", "response.reasoning_summary_text.delta"];
    let kind = object.r#type.as_deref().unwrap_or("");
    let inner = object.response.as_ref();
    let delta = object.delta.as_ref().filter(|_| CONTENT.contains(&kind)).and_then(Value::as_str);
    let error = match kind {
        "error" => Some(object.error.as_ref().or(object.message.as_ref()).map_or_else(String::new, message)),
        "response.failed" => Some(inner.and_then(|inner| inner.error.as_ref()).map_or_else(String::new, message)),
        "response.cancelled" => Some("the answer was cancelled".to_owned()),
        _ => None,
    };
    Saying {
        content: delta.filter(|text| !text.is_empty()).map(str::to_owned),
        output_tokens: inner.and_then(|inner| inner.usage?.output_tokens),
        reasoning_tokens: inner.and_then(|inner| inner.usage?.reasoning_tokens()),
        // A summary of the reasoning is not its tokens.
        reasons: kind == "response.reasoning_text.delta",
        response_id: inner.and_then(|inner| inner.id.clone()),
        ends: matches!(kind, "response.completed" | "response.incomplete"),
        error: error.map(|message| (object.status, message)),
    }
}

fn messages(object: &Object) -> Saying {
    let kind = object.r#type.as_deref().unwrap_or("");
    let delta = object.delta.as_ref().filter(|_| kind == "content_block_delta");
    let error = object.error.as_ref().filter(|_| kind == "error");
    Saying {
        content: delta.and_then(|delta| text(delta, &["text", "thinking"])),
        output_tokens: object.usage.and_then(|usage| usage.output_tokens),
        reasoning_tokens: object.usage.and_then(Usage::reasoning_tokens),
        reasons: delta.is_some_and(|delta| text(delta, &["thinking"]).is_some()),
        ends: kind == "message_stop",
        error: error.map(|error| (object.status, message(error))),
        ..Saying::default()
    }
}

/// The first of these members that holds text.
fn text(object: &Value, members: &[&str]) -> Option<String> {
    members.iter().find_map(|member| object.get(member)?.as_str().filter(|text| !text.is_empty())).map(str::to_owned)
}

/// The message of an error, which is a text or an object that has one.
fn message(error: &Value) -> String {
    let message = error.as_str().or_else(|| error.get("message")?.as_str());
    message.unwrap_or("an error without a message").chars().take(MAX_MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(format: Format, data: &str) -> Saying {
        Saying::read(format, data.as_bytes()).unwrap()
    }

    #[test]
    fn each_api_is_read_in_its_own_words() {
        use Format::{Anthropic, OpenaiChat, OpenaiResponses};
        for (format, data, text) in [
            (OpenaiChat, r#"{"choices":[{"delta":{"content":" a"}}],"usage":null}"#, " a"),
            (OpenaiChat, r#"{"choices":[{"delta":{"reasoning_content":"b"}}]}"#, "b"),
            (OpenaiResponses, r#"{"type":"response.output_text.delta","delta":"c"}"#, "c"),
            (Anthropic, r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"d"}}"#, "d"),
        ] {
            assert_eq!(said(format, data).content.as_deref(), Some(text));
        }
        for (format, data) in [
            (OpenaiChat, r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#),
            (OpenaiResponses, r#"{"type":"response.function_call_arguments.delta","delta":"{"}"#),
            (Anthropic, r#"{"type":"ping"}"#),
        ] {
            assert_eq!(said(format, data), Saying::default());
        }
        assert!(said(OpenaiChat, "[DONE]").ends);
        assert!(said(Anthropic, r#"{"type":"message_stop"}"#).ends);
        let last =
            said(OpenaiResponses, r#"{"type":"response.completed","response":{"id":"r","usage":{"output_tokens":7}}}"#);
        assert_eq!((last.ends, last.output_tokens, last.response_id.as_deref()), (true, Some(7), Some("r")));
        let usage =
            r#"{"choices":[],"usage":{"completion_tokens":7,"completion_tokens_details":{"reasoning_tokens":3}}}"#;
        assert_eq!(said(OpenaiChat, usage).reasoning_tokens, Some(3));
        let usage =
            r#"{"type":"response.completed","response":{"usage":{"output_tokens_details":{"reasoning_tokens":4}}}}"#;
        assert_eq!(said(OpenaiResponses, usage).reasoning_tokens, Some(4));
    }

    #[test]
    fn errors_are_read_wherever_an_api_puts_them() {
        use Format::{Anthropic, OpenaiChat, OpenaiResponses};
        for (format, data, error) in [
            (OpenaiChat, r#"{"error":{"message":"m"}}"#, (None, "m")),
            (OpenaiResponses, r#"{"type":"error","code":"c","message":"m"}"#, (None, "m")),
            (OpenaiResponses, r#"{"type":"error","status":429,"error":{"message":"m"}}"#, (Some(429), "m")),
            (OpenaiResponses, r#"{"type":"response.failed","response":{"error":{"message":"m"}}}"#, (None, "m")),
            (Anthropic, r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, (None, "m")),
        ] {
            assert_eq!(said(format, data).error, Some((error.0, error.1.to_owned())));
        }
        assert!(Saying::read(OpenaiChat, b"{\"choices\":").is_err());
    }

    proptest! {
        #[test]
        fn no_event_panics(data in "\\PC{0,200}") {
            for format in Format::ALL {
                let _ = Saying::read(format, data.as_bytes());
            }
        }
    }
}
