//! OpenAI Responses: named and numbered events around one response object, the same over SSE and WebSocket. Refuses to pace.
//!
//! ```text
//! response.created · .in_progress · .output_item.added · .content_part.added
//! · response.output_text.delta … ·
//! response.output_text.done · .content_part.done · .output_item.done · response.completed (or .incomplete)
//! ```
//!
//! The whole text stands in the last four events again: that is how the API is.

use super::format::{Answer, CREATED, Format, Layout, Part};
use std::io::Write as _;
use wire::StampKey;

#[derive(Debug)]
pub(super) struct Responses;

const OPENING: [&str; 4] =
    ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added"];
const CONTENT: &str = "response.output_text.delta";
const CLOSING: [&str; 4] =
    ["response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"];
const INCOMPLETE: &str = "response.incomplete";

impl Format for Responses {
    fn layout(&self, _: &Answer) -> Layout {
        Layout { accepted: 2, announced: 2, closing: CLOSING.len() }
    }

    fn stamp_key(&self) -> StampKey {
        StampKey::Obfuscation
    }

    fn name(&self, part: Part, answer: &Answer) -> Option<&'static str> {
        Some(name(part, answer))
    }

    fn write(&self, part: Part, seq: u64, answer: &Answer, out: &mut Vec<u8>) -> bool {
        let _ = write!(out, r#"{{"type":"{}","sequence_number":{seq}"#, name(part, answer));
        match part {
            Part::Opening(0 | 1) => write_response_member(answer, State::InProgress, out),
            Part::Opening(2) => write_item_member(answer, State::InProgress, out),
            Part::Opening(_) => write_part_member(answer, State::InProgress, out),
            Part::Content(index) => {
                write_place(answer, true, out);
                out.extend_from_slice(b",\"delta\":\"");
                answer.generation.append_text(index, out);
                out.extend_from_slice(b"\",\"logprobs\":[]");
            }
            Part::Closing(0) => {
                write_place(answer, true, out);
                out.extend_from_slice(b",\"text\":\"");
                answer.append_all(out);
                out.extend_from_slice(b"\",\"logprobs\":[]");
            }
            Part::Closing(1) => write_part_member(answer, State::Over, out),
            Part::Closing(2) => write_item_member(answer, State::Over, out),
            Part::Closing(_) => write_response_member(answer, State::Over, out),
        }
        true
    }

    fn write_failure(&self, seq: u64, out: &mut Vec<u8>) {
        let message = "The server had an error while processing your request. Sorry about that!";
        let _ = write!(
            out,
            r#"{{"type":"error","sequence_number":{seq},"code":"server_error","message":"{message}","param":null"#
        );
    }

    fn failure_name(&self) -> Option<&'static str> {
        Some("error")
    }

    fn write_whole(&self, answer: &Answer, out: &mut Vec<u8>) {
        write_response(answer, State::Over, out);
    }
}

/// The id of a response, from the digits of its answer.
pub(super) fn response_id(digits: &str) -> String {
    format!("resp_{digits}")
}

/// The event that answers `response.cancel`. The published client knows no such event; it lets unknown types pass.
pub(super) fn cancelled(id: &str, seq: u64) -> String {
    format!(
        r#"{{"type":"response.cancelled","sequence_number":{seq},"response":{{"id":"{id}","object":"response","status":"cancelled"}}}}"#
    )
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    InProgress,
    Over,
}

const fn name(part: Part, answer: &Answer) -> &'static str {
    match part {
        Part::Opening(index) => OPENING[index],
        Part::Content(_) => CONTENT,
        Part::Closing(3) if answer.generation.is_truncated() => INCOMPLETE,
        Part::Closing(index) => CLOSING[index],
    }
}

/// Where in the response something stands.
fn write_place(answer: &Answer, in_part: bool, out: &mut Vec<u8>) {
    let _ = write!(out, r#","item_id":"msg_{}","output_index":0"#, answer.id);
    if in_part {
        out.extend_from_slice(b",\"content_index\":0");
    }
}

fn write_part_member(answer: &Answer, state: State, out: &mut Vec<u8>) {
    write_place(answer, true, out);
    out.extend_from_slice(b",\"part\":");
    write_part(answer, state, out);
}

fn write_item_member(answer: &Answer, state: State, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"output_index\":0,\"item\":");
    write_item(answer, state, out);
}

fn write_response_member(answer: &Answer, state: State, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"response\":");
    write_response(answer, state, out);
}

fn write_part(answer: &Answer, state: State, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"type":"output_text","annotations":[],"logprobs":[],"text":""#);
    if state == State::Over {
        answer.append_all(out);
    }
    out.extend_from_slice(b"\"}");
}

fn write_item(answer: &Answer, state: State, out: &mut Vec<u8>) {
    let status = status(answer, state);
    let _ = write!(out, r#"{{"id":"msg_{}","type":"message","status":"{status}","content":["#, answer.id);
    if state == State::Over {
        write_part(answer, state, out);
    }
    out.extend_from_slice(br#"],"role":"assistant"}"#);
}

const fn status(answer: &Answer, state: State) -> &'static str {
    match state {
        State::InProgress => "in_progress",
        State::Over if answer.generation.is_truncated() => "incomplete",
        State::Over => "completed",
    }
}

fn write_response(answer: &Answer, state: State, out: &mut Vec<u8>) {
    let status = status(answer, state);
    let incomplete = if status == "incomplete" { r#"{"reason":"max_output_tokens"}"# } else { "null" };
    let most = answer.max_tokens.map_or("null".to_owned(), |most| most.to_string());
    let previous = answer.previous.as_ref().map_or("null".to_owned(), |id| format!("\"{id}\""));
    let (id, model) = (response_id(&answer.id), answer.model);
    let _ = write!(
        out,
        r#"{{"id":"{id}","object":"response","created_at":{CREATED},"status":"{status}","background":false,"error":null,"incomplete_details":{incomplete},"instructions":null,"max_output_tokens":{most},"max_tool_calls":null,"model":"{model}","output":["#
    );
    if state == State::Over {
        write_item(answer, state, out);
    }
    let _ = write!(
        out,
        r#"],"parallel_tool_calls":true,"previous_response_id":{previous},"prompt_cache_key":null,"reasoning":{{"effort":null,"summary":null}},"safety_identifier":null,"service_tier":"default","store":true,"temperature":1.0,"text":{{"format":{{"type":"text"}},"verbosity":"medium"}},"tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1.0,"truncation":"disabled","usage":"#
    );
    write_usage(answer, state, out);
    out.extend_from_slice(br#","user":null,"metadata":{}}"#);
}

fn write_usage(answer: &Answer, state: State, out: &mut Vec<u8>) {
    if state == State::InProgress {
        out.extend_from_slice(b"null");
        return;
    }
    let (input, output) = (answer.input_tokens, answer.output_tokens());
    let total = input + output;
    let _ = write!(
        out,
        r#"{{"input_tokens":{input},"input_tokens_details":{{"cached_tokens":0}},"output_tokens":{output},"output_tokens_details":{{"reasoning_tokens":0}},"total_tokens":{total}}}"#
    );
}
