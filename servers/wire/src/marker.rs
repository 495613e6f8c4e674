//! A mark inside a payload that load generators by other people understand, so that a referee whom nobody here wrote can
//! time our events. Refuses to be read by this project: ours is the [`crate::Stamp`] in front of it.
//!
//! ```text
//!  0       48                                    78
//!  | stamp | TCPKaliMsgTS- 16 hex (µs since 1970) . | filler …
//! ```
//!
//! The form is the message marker of tcpkali (its manual, "message marker"): 13 characters, 16 hex digits of
//! microseconds since the Unix epoch, a full stop.

use crate::STAMP_BYTES;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Write as _;

/// Whose mark an event carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Marker {
    /// Nobody's.
    #[default]
    Off,
    /// tcpkali's message marker, holding the instant at which the event was due.
    Tcpkali,
}

/// Bytes of tcpkali's message marker.
const TCPKALI_BYTES: usize = 30;

impl Marker {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Off, Self::Tcpkali];

    /// The name in query strings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Tcpkali => "tcpkali",
        }
    }

    /// Smallest payload that has room for stamp and mark.
    pub const fn min_payload_bytes(self) -> usize {
        match self {
            Self::Off => STAMP_BYTES,
            Self::Tcpkali => STAMP_BYTES + TCPKALI_BYTES,
        }
    }

    /// Writes the mark behind the stamp of a payload, over its filler; `due_us` is microseconds since the Unix epoch.
    /// A payload that is too short stays as it is.
    pub fn put(self, payload: &mut [u8], due_us: u64) {
        let place = payload.get_mut(STAMP_BYTES..self.min_payload_bytes());
        if let (Self::Tcpkali, Some(mut place)) = (self, place) {
            // The text is exactly as long as its place.
            let _ = write!(place, "TCPKaliMsgTS-{due_us:016x}.");
        }
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_behind_the_stamp_and_nothing_else_changes() {
        let mut payload = vec![b'x'; 80];
        Marker::Tcpkali.put(&mut payload, 0x5_f5e1_00ab);
        assert_eq!(&payload[48..78], b"TCPKaliMsgTS-00000005f5e100ab.");
        assert!(payload[..48].iter().chain(&payload[78..]).all(|&byte| byte == b'x'));
    }

    #[test]
    fn what_has_no_room_or_wants_no_mark_stays_as_it_is() {
        let mut short = vec![b'x'; 77];
        Marker::Tcpkali.put(&mut short, 1);
        Marker::Off.put(&mut short, 1);
        assert_eq!(short, [b'x'; 77]);
    }
}
