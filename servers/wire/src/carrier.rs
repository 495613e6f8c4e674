//! The registration line of every carrier. How one is listened for and dialled lives with each side's `carrier`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How the bytes of a protocol get to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Carrier {
    /// HTTP/1.1 over TCP.
    #[default]
    H1,
    /// HTTP/1.1 over TLS.
    H1Tls,
    /// HTTP/2 over TCP with prior knowledge.
    H2,
    /// HTTP/2 over TLS.
    H2Tls,
    /// HTTP/3 over QUIC.
    H3,
}

impl Carrier {
    /// Every carrier.
    pub const ALL: [Self; 5] = [Self::H1, Self::H1Tls, Self::H2, Self::H2Tls, Self::H3];

    /// The name in arms, flags and facts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::H1 => "h1",
            Self::H1Tls => "h1+tls",
            Self::H2 => "h2",
            Self::H2Tls => "h2+tls",
            Self::H3 => "h3",
        }
    }

    /// The protocol that both ends must agree on in the TLS handshake (ALPN, RFC 7301); `None` where there is none.
    pub const fn alpn(self) -> Option<&'static str> {
        match self {
            Self::H1 | Self::H2 => None,
            Self::H1Tls => Some("http/1.1"),
            Self::H2Tls => Some("h2"),
            Self::H3 => Some("h3"),
        }
    }
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no carrier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown carrier `{0}`, expected one of `h1`, `h1+tls`, `h2`, `h2+tls`, `h3`")]
pub struct ParseCarrierError(String);

impl FromStr for Carrier {
    type Err = ParseCarrierError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|carrier| carrier.name() == name);
        known.ok_or_else(|| ParseCarrierError(name.to_owned()))
    }
}

crate::as_text!(Carrier);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_names_none_is_answered_with_all() {
        let error = "h4".parse::<Carrier>().unwrap_err().to_string();
        assert!(Carrier::ALL.iter().all(|carrier| error.contains(&format!("`{carrier}`"))), "{error}");
        assert!(Carrier::ALL.iter().all(|carrier| carrier.name().parse() == Ok(*carrier)));
    }
}
