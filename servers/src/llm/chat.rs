//! OpenAI Chat Completions: unnamed events, one object `chat.completion.chunk` each, then `[DONE]`. Refuses to pace.
//!
//! ```text
//! role · content … · finish_reason · [usage] · [DONE]
//! ```

use super::format::{Answer, CREATED, Format, Layout, Part};
use std::io::Write as _;
use wire::StampKey;

#[derive(Debug)]
pub(super) struct Chat;

/// Digits of the id, as real ones have.
const ID_DIGITS: usize = 29;

impl Format for Chat {
    fn layout(&self, answer: &Answer) -> Layout {
        Layout { accepted: 1, announced: 0, closing: 2 + usize::from(answer.include_usage) }
    }

    fn stamp_key(&self) -> StampKey {
        StampKey::Obfuscation
    }

    fn name(&self, _: Part, _: &Answer) -> Option<&'static str> {
        None
    }

    fn write(&self, part: Part, _: u64, answer: &Answer, out: &mut Vec<u8>) -> bool {
        let usage = answer.include_usage;
        match part {
            Part::Opening(_) => {
                let delta = r#"{"role":"assistant","content":"","refusal":null}"#;
                write_chunk(answer, delta, None, out);
            }
            Part::Content(index) => {
                open_chunk(answer, out);
                out.extend_from_slice(br#"[{"index":0,"delta":{"content":""#);
                answer.generation.append_text(index, out);
                out.extend_from_slice(br#""},"logprobs":null,"finish_reason":null}],"usage":null"#);
            }
            Part::Closing(0) => write_chunk(answer, "{}", Some(finish_reason(answer)), out),
            Part::Closing(1) if usage => {
                open_chunk(answer, out);
                out.extend_from_slice(b"[],");
                write_usage(answer, out);
            }
            Part::Closing(_) => {
                out.extend_from_slice(b"[DONE]");
                return false;
            }
        }
        true
    }

    fn write_failure(&self, _: u64, out: &mut Vec<u8>) {
        let message = "The server had an error while processing your request. Sorry about that!";
        let _ = write!(out, r#"{{"error":{{"message":"{message}","type":"server_error","param":null,"code":null}}"#);
    }

    fn failure_name(&self) -> Option<&'static str> {
        None
    }

    fn write_whole(&self, answer: &Answer, out: &mut Vec<u8>) {
        write_head(answer, "chat.completion", out);
        out.extend_from_slice(br#"[{"index":0,"message":{"role":"assistant","content":""#);
        answer.append_all(out);
        let reason = finish_reason(answer);
        let _ = write!(out, r#"","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"{reason}"}}],"#);
        write_usage(answer, out);
        out.push(b'}');
    }
}

// Writing to a Vec cannot fail: that is why the results of `write!` are dropped in this file and its siblings.

fn write_head(answer: &Answer, object: &str, out: &mut Vec<u8>) {
    let (id, model) = (&answer.id[..ID_DIGITS], answer.model);
    let _ = write!(
        out,
        r#"{{"id":"chatcmpl-{id}","object":"{object}","created":{CREATED},"model":"{model}","service_tier":"default","system_fingerprint":"fp_{}","choices":"#,
        &answer.id[ID_DIGITS..ID_DIGITS + 10]
    );
}

fn open_chunk(answer: &Answer, out: &mut Vec<u8>) {
    write_head(answer, "chat.completion.chunk", out);
}

fn write_chunk(answer: &Answer, delta: &str, finish_reason: Option<&str>, out: &mut Vec<u8>) {
    open_chunk(answer, out);
    let reason = finish_reason.map_or("null".to_owned(), |reason| format!("\"{reason}\""));
    let _ = write!(out, r#"[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{reason}}}],"usage":null"#);
}

const fn finish_reason(answer: &Answer) -> &'static str {
    if answer.generation.is_truncated() { "length" } else { "stop" }
}

fn write_usage(answer: &Answer, out: &mut Vec<u8>) {
    let (input, output) = (answer.input_tokens, answer.output_tokens());
    let total = input + output;
    let _ = write!(
        out,
        r#""usage":{{"prompt_tokens":{input},"completion_tokens":{output},"total_tokens":{total},"prompt_tokens_details":{{"cached_tokens":0,"audio_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}}"#
    );
}
