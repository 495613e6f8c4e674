//! The stamp inside a JSON event: always its last member, so that it is found without parsing. Refuses to parse JSON.
//!
//! ```text
//!  {"type":"response.output_text.delta", …,"obfuscation":"<48 characters>"}
//!                                          └── OpenAI pads events with this member at random: clients ignore it
//!  {"type":"content_block_delta", …,"stamp":"<48 characters>"}
//!                                          └── Anthropic's clients, and ours for jobs, let unknown members pass
//! ```

use crate::{STAMP_BYTES, Stamp};

/// Name of the member that holds the stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StampKey {
    /// `obfuscation`: random padding by contract (OpenAI Chat Completions and Responses).
    Obfuscation,
    /// `stamp`: an unknown member (Anthropic Messages, jobs).
    Stamp,
}

impl StampKey {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Obfuscation, Self::Stamp];

    /// The member's name with what surrounds it: `,"stamp":"`.
    const fn opening(self) -> &'static [u8] {
        match self {
            Self::Obfuscation => b",\"obfuscation\":\"",
            Self::Stamp => b",\"stamp\":\"",
        }
    }

    /// Bytes that the stamp adds to an event.
    pub const fn bytes(self) -> usize {
        self.opening().len() + STAMP_BYTES + 1
    }
}

/// Ends an event object that lacks only its closing brace, with the stamp as its last member.
pub fn close_event(key: StampKey, stamp: &Stamp, out: &mut Vec<u8>) {
    out.extend_from_slice(key.opening());
    out.extend_from_slice(&stamp.to_bytes());
    out.extend_from_slice(b"\"}");
}

/// The stamp of an event object, if it ends with one; the cost does not depend on the event's size.
#[inline]
pub fn event_stamp(event: &[u8]) -> Option<Stamp> {
    let rest = event.strip_suffix(b"\"}")?;
    let (head, stamp) = rest.split_at_checked(rest.len().checked_sub(STAMP_BYTES)?)?;
    let known = StampKey::ALL.iter().any(|key| head.ends_with(key.opening()));
    if known { Stamp::read(stamp).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MonoTime;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn stamps_round_trip(seq in 0..1u64 << 48, due in 0..u64::MAX >> 1, text in "\\PC{0,50}") {
            let due = MonoTime::from_nanos(due);
            let stamp = Stamp { seq, due, fired: due.plus_nanos(5), sent: due.plus_nanos(9) };
            for key in StampKey::ALL {
                let member = format!("{{\"delta\":{}", serde_json::to_string(&text).unwrap());
                let mut event = member.clone().into_bytes();
                close_event(key, &stamp, &mut event);
                prop_assert_eq!(event.len(), member.len() + key.bytes() + 1);
                prop_assert!(serde_json::from_slice::<serde_json::Value>(&event).is_ok());
                prop_assert_eq!(event_stamp(&event), Some(stamp));
            }
        }

        #[test]
        fn foreign_events_have_none(event in "\\PC{0,200}") {
            prop_assert_eq!(event_stamp(event.as_bytes()), None);
        }
    }

    #[test]
    fn random_padding_is_no_stamp() {
        let padded = br#"{"type":"response.output_text.delta","delta":" a","obfuscation":"kJ3nQp0aZx"}"#;
        assert_eq!(event_stamp(padded), None);
        let long = format!("{{\"delta\":\" a\",\"obfuscation\":\"{}\"}}", "Z".repeat(STAMP_BYTES));
        assert_eq!(event_stamp(long.as_bytes()), None);
        assert_eq!(event_stamp(b"[DONE]"), None);
    }
}
