//! Anthropic Messages: named events, each with its type again inside; `ping` when it is quiet. Refuses to pace.
//!
//! ```text
//! message_start · content_block_start · ping · content_block_delta … · content_block_stop · message_delta · message_stop
//! ```

use super::format::{Answer, Format, Layout, Part};
use std::io::Write as _;
use wire::StampKey;

#[derive(Debug)]
pub(super) struct Messages;

const OPENING: [&str; 3] = ["message_start", "content_block_start", "ping"];
const CONTENT: &str = "content_block_delta";
const CLOSING: [&str; 3] = ["content_block_stop", "message_delta", "message_stop"];
/// Digits of the id, as real ones have.
const ID_DIGITS: usize = 22;

impl Format for Messages {
    fn layout(&self, _: &Answer) -> Layout {
        Layout { accepted: OPENING.len(), announced: 0, closing: CLOSING.len() }
    }

    fn stamp_key(&self) -> StampKey {
        StampKey::Stamp
    }

    fn name(&self, part: Part, _: &Answer) -> Option<&'static str> {
        Some(name(part))
    }

    fn write(&self, part: Part, _: u64, answer: &Answer, out: &mut Vec<u8>) -> bool {
        let _ = write!(out, r#"{{"type":"{}""#, name(part));
        match part {
            Part::Opening(0) => {
                out.extend_from_slice(b",\"message\":");
                write_message(answer, true, out);
            }
            Part::Opening(1) => out.extend_from_slice(br#","index":0,"content_block":{"type":"text","text":""}"#),
            Part::Content(index) => {
                out.extend_from_slice(br#","index":0,"delta":{"type":"text_delta","text":""#);
                answer.generation.append_text(index, out);
                out.extend_from_slice(b"\"}");
            }
            Part::Closing(0) => out.extend_from_slice(b",\"index\":0"),
            Part::Closing(1) => {
                let (reason, tokens) = (stop_reason(answer), answer.output_tokens());
                let _ = write!(
                    out,
                    r#","delta":{{"stop_reason":"{reason}","stop_sequence":null}},"usage":{{"output_tokens":{tokens}}}"#
                );
            }
            Part::Opening(_) | Part::Closing(_) => {}
        }
        true
    }

    fn write_failure(&self, _: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}"#);
    }

    fn failure_name(&self) -> Option<&'static str> {
        Some("error")
    }

    fn write_whole(&self, answer: &Answer, out: &mut Vec<u8>) {
        write_message(answer, false, out);
    }

    fn heartbeat(&self) -> Option<&'static [u8]> {
        Some(b"event: ping\ndata: {\"type\":\"ping\"}\n\n")
    }
}

const fn name(part: Part) -> &'static str {
    match part {
        Part::Opening(index) => OPENING[index],
        Part::Content(_) => CONTENT,
        Part::Closing(index) => CLOSING[index],
    }
}

const fn stop_reason(answer: &Answer) -> &'static str {
    if answer.generation.is_truncated() { "max_tokens" } else { "end_turn" }
}

/// The message object: empty when it `begins`, with all of its content otherwise.
fn write_message(answer: &Answer, begins: bool, out: &mut Vec<u8>) {
    let (id, model, input) = (&answer.id[..ID_DIGITS], answer.model, answer.input_tokens);
    let _ = write!(out, r#"{{"id":"msg_01{id}","type":"message","role":"assistant","model":"{model}","content":["#);
    if !begins {
        out.extend_from_slice(br#"{"type":"text","text":""#);
        answer.append_all(out);
        out.extend_from_slice(b"\"}");
    }
    // A stream starts with one token counted, as real ones do; the true number comes with `message_delta`.
    let tokens = if begins { 1 } else { answer.output_tokens() };
    let reason = if begins { "null".to_owned() } else { format!("\"{}\"", stop_reason(answer)) };
    let _ = write!(
        out,
        r#"],"stop_reason":{reason},"stop_sequence":null,"usage":{{"input_tokens":{input},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":{tokens},"service_tier":"standard"}}}}"#
    );
}
