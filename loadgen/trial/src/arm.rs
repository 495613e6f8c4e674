//! What is compared: a protocol over a carrier, from a server, read by a client. One textual form for plans, flags, records and
//! pages, and one for file names; each names every arm, and no two alike.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::{self, Write as _};
use std::str::FromStr;
use wire::{Carrier, ParseCarrierError, Transport};

/// Which client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientKind {
    /// Our own decoders: one instrument for every transport.
    #[default]
    Lean,
    /// What an ordinary application uses: hyper with an SSE parser crate, tokio-tungstenite.
    Library,
    /// The lean one, with a new connection for each turn of a tool loop.
    Reconnecting,
    /// The lean one, which sends of a tool loop's history only what is new (`previous_response_id`).
    Incremental,
}

impl ClientKind {
    /// Every client.
    pub const ALL: [Self; 4] = [Self::Lean, Self::Library, Self::Reconnecting, Self::Incremental];

    /// The name in an arm; the lean one stands in none.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lean => "lean",
            Self::Library => "library",
            Self::Reconnecting => "reconnecting",
            Self::Incremental => "incremental",
        }
    }

    /// The name where it is not the default.
    fn part(self) -> Option<&'static str> {
        (self != Self::default()).then(|| self.name())
    }
}

impl fmt::Display for ClientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ClientKind {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "lean" => Ok(Self::Lean),
            "library" => Ok(Self::Library),
            _ => Err("expected lean or library"),
        }
    }
}

/// What makes the bytes of events fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// Content coding gzip (RFC 1952).
    Gzip,
    /// Content coding Brotli (RFC 7932).
    Brotli,
    /// Content coding Zstandard (RFC 8878).
    Zstd,
    /// DEFLATE: a content coding, or permessage-deflate of WebSocket (RFC 7692).
    Deflate,
}

impl Compression {
    /// Every compression.
    pub const ALL: [Self; 4] = [Self::Gzip, Self::Brotli, Self::Zstd, Self::Deflate];

    /// The name in an arm.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }
}

/// Most bytes of the name of a server that is not ours.
const STACK_BYTES: usize = 16;

/// The name of a server that others wrote: a lower-case letter, then letters, digits and hyphens, at most 16 in all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stack([u8; STACK_BYTES]);

impl Stack {
    /// The name.
    pub fn name(&self) -> &str {
        let bytes = self.0.split(|&byte| byte == 0).next().unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stack").field(&self.name()).finish()
    }
}

impl FromStr for Stack {
    type Err = ParseArmError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let named = word.starts_with(|first: char| first.is_ascii_lowercase()) && word.bytes().all(plain);
        if !named || word.len() > STACK_BYTES {
            return Err(ParseArmError::Stack(word.to_owned()));
        }
        let mut bytes = [0; STACK_BYTES];
        bytes[..word.len()].copy_from_slice(word.as_bytes());
        Ok(Self(bytes))
    }
}

/// What is compared in a cell: `protocol[/carrier][+compression][@stack][!client]`, and `'` for the null twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arm {
    /// What frames events.
    pub protocol: Transport,
    /// How the bytes get there.
    pub carrier: Carrier,
    /// What makes them fewer; `None`: nothing.
    pub compression: Option<Compression>,
    /// Whose server; `None`: ours.
    pub stack: Option<Stack>,
    /// Which client reads.
    pub client: ClientKind,
    /// The null arm: a second copy of the base.
    pub twin: bool,
}

/// A text that names no arm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseArmError {
    /// The part in front names no protocol.
    #[error("unknown protocol `{0}`, expected one of {known}", known = list(Transport::ALL.map(Transport::name)))]
    Protocol(String),
    /// What follows `/` is no carrier.
    #[error(transparent)]
    Carrier(#[from] ParseCarrierError),
    /// What follows `+` is no compression.
    #[error("unknown compression `{0}`, expected one of {known}", known = list(Compression::ALL.map(Compression::name)))]
    Compression(String),
    /// What follows `@` cannot name a server.
    #[error("`{0}` names no server: letters, digits and hyphens, 1 to {STACK_BYTES}, the first a lower-case letter")]
    Stack(String),
    /// What follows `!` is no client other than the default.
    #[error("unknown client `{0}`, expected one of {known}, or nothing for the lean one", known = list(OTHERS))]
    Client(String),
}

const OTHERS: [&str; 3] = [ClientKind::Library.name(), ClientKind::Reconnecting.name(), ClientKind::Incremental.name()];

fn list<const N: usize>(names: [&str; N]) -> String {
    names.map(|name| format!("`{name}`")).join(", ")
}

/// A part of an arm that cannot be run yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{arm}: {part} is not supported yet")]
pub struct NotSupported {
    arm: Arm,
    part: String,
}

impl Arm {
    /// A protocol over HTTP/1.1 from our server to the lean client; not the null twin.
    pub const fn of(protocol: Transport) -> Self {
        Self { protocol, carrier: Carrier::H1, compression: None, stack: None, client: ClientKind::Lean, twin: false }
    }

    /// The same arm as the null twin.
    #[must_use]
    pub const fn twin(self) -> Self {
        Self { twin: true, ..self }
    }

    /// The same arm with another protocol.
    #[must_use]
    pub const fn with(self, protocol: Transport) -> Self {
        Self { protocol, ..self }
    }

    /// The same arm, read by this client.
    #[must_use]
    pub const fn read_by(self, client: ClientKind) -> Self {
        Self { client, ..self }
    }

    /// The same arm, and not the null twin.
    #[must_use]
    pub const fn untwinned(self) -> Self {
        Self { twin: false, ..self }
    }

    /// The same arm from the server of this name.
    #[must_use]
    pub const fn served_by(self, stack: Stack) -> Self {
        Self { stack: Some(stack), ..self }
    }

    /// Whether it can be run, apart from what a scenario asks of it. All that cannot be yet is known here and nowhere else.
    ///
    /// # Errors
    /// [`NotSupported`], one line that names the part.
    pub fn supported(self) -> Result<(), NotSupported> {
        let carrier = match self.carrier {
            Carrier::H1 | Carrier::H1Tls => None,
            Carrier::H2 | Carrier::H2Tls | Carrier::H3 => Some(format!("carrier {}", self.carrier)),
        };
        let compression = self.compression.map(|compression| format!("compression {}", compression.name()));
        let stack = self.stack.map(|stack| format!("server {}", stack.name()));
        carrier.or(compression).or(stack).map_or(Ok(()), |part| Err(NotSupported { arm: self, part }))
    }

    /// Whether its frames are what stands on the socket: only such arms have a floor, and a ceiling of the generator.
    pub fn is_bare(self) -> bool {
        self.carrier == Carrier::H1 && self.compression.is_none()
    }

    /// The same arm over another carrier.
    #[must_use]
    pub const fn over(self, carrier: Carrier) -> Self {
        Self { carrier, ..self }
    }

    /// What follows the protocol in the textual form, without the mark of the twin; empty where all of it is the default.
    pub fn parts(self) -> String {
        let mut text = String::new();
        if self.carrier != Carrier::default() {
            let _ = write!(text, "/{}", self.carrier.name());
        }
        if let Some(compression) = self.compression {
            let _ = write!(text, "+{}", compression.name());
        }
        if let Some(stack) = self.stack {
            let _ = write!(text, "@{}", stack.name());
        }
        if let Some(client) = self.client.part() {
            let _ = write!(text, "!{client}");
        }
        text
    }

    /// The form for file names: letters, digits, hyphens and dots.
    pub fn file_name(self) -> String {
        let carrier = (self.carrier != Carrier::default()).then(|| self.carrier.name().replace('+', "-"));
        let compression = self.compression.map(|compression| compression.name().to_owned());
        // Marked, since the name may be that of any other part.
        let stack = self.stack.map(|stack| format!("at-{}", stack.name()));
        let client = self.client.part().map(str::to_owned);
        let twin = self.twin.then(|| "twin".to_owned());
        let parts = [carrier, compression, stack, client, twin].into_iter().flatten();
        parts.fold(self.protocol.name().to_owned(), |name, part| name + "." + &part)
    }
}

impl From<Transport> for Arm {
    fn from(protocol: Transport) -> Self {
        Self::of(protocol)
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}{}{}", self.protocol, self.parts(), if self.twin { "'" } else { "" }))
    }
}

impl FromStr for Arm {
    type Err = ParseArmError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (text, twin) = text.strip_suffix('\'').map_or((text, false), |text| (text, true));
        let (text, client) = behind(text, '!');
        let (text, stack) = behind(text, '@');
        let (protocol, carried) = behind(text, '/');
        let ((protocol, plus), carrier) = match carried {
            None => (behind(protocol, '+'), None),
            Some(carried) => {
                let (carrier, plus) = carrier_of(carried);
                ((protocol, plus), Some(carrier))
            }
        };
        Ok(Self {
            protocol: protocol.parse().map_err(|_| ParseArmError::Protocol(protocol.to_owned()))?,
            carrier: carrier.map_or(Ok(Carrier::default()), str::parse)?,
            compression: plus.map(named_compression).transpose()?,
            stack: stack.map(str::parse).transpose()?,
            client: client.map_or(Ok(ClientKind::Lean), named_client)?,
            twin,
        })
    }
}

/// What stands before and behind the first mark.
fn behind(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, behind)| (before, Some(behind)))
}

/// The carrier, whose name may hold a `+`, and what follows the next one: `h2+tls+gzip` is `h2+tls` and `gzip`.
fn carrier_of(text: &str) -> (&str, Option<&str>) {
    const TLS: &str = "+tls";
    let (plain, plus) = behind(text, '+');
    match plus.map(|plus| behind(plus, '+')) {
        Some(("tls", rest)) => (&text[..plain.len() + TLS.len()], rest),
        _ => (plain, plus),
    }
}

fn named_client(name: &str) -> Result<ClientKind, ParseArmError> {
    let known = ClientKind::ALL.into_iter().find(|client| client.part() == Some(name));
    known.ok_or_else(|| ParseArmError::Client(name.to_owned()))
}

fn named_compression(name: &str) -> Result<Compression, ParseArmError> {
    let known = Compression::ALL.into_iter().find(|compression| compression.name() == name);
    known.ok_or_else(|| ParseArmError::Compression(name.to_owned()))
}

impl Serialize for Arm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Arm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

/// The textual form, or that of schemas 1 to 5, in which the cell had the client: see [`crate::Line::parse`].
struct Either;

#[derive(Deserialize)]
struct Older {
    transport: Transport,
    twin: bool,
}

impl<'de> Visitor<'de> for Either {
    type Value = Arm;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an arm such as sse or websocket!library")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Arm, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Arm, A::Error> {
        let Older { transport, twin } =
            Older::deserialize(MapAccessDeserializer::new(map)).map_err(A::Error::custom)?;
        Ok(Arm { twin, ..Arm::of(transport) })
    }
}
