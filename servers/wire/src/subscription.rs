//! What a client asks for, to and from a query string. The server holds no scenario: everything is in the URL.

use crate::query::{self, QueryError, above_zero, choice, chosen, heartbeat, heartbeat_text, name, parsed};
use crate::{Faults, MAX_PAYLOAD_BYTES, MIN_PAYLOAD_BYTES, Marker, Rate, Schedule};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::time::Duration;

/// Whether subscribers of a group read one stream or one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// A stream of one's own.
    #[default]
    Private,
    /// One topic for the whole group: every event goes to every subscriber (fan-out).
    Shared,
}

/// What happens to a subscriber whose queue is full; one policy for every transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlowReader {
    /// The publisher waits; later events keep their due times and are late.
    #[default]
    Wait,
    /// The oldest queued event is thrown away and counted.
    DropOldest,
    /// The subscriber is thrown out and counted.
    Disconnect,
}

/// One subscription. Every transport understands every field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// Shape of the stream in time.
    pub schedule: Schedule,
    /// Events a second.
    pub rate: Rate,
    /// Payload size in bytes, [`MIN_PAYLOAD_BYTES`] to [`MAX_PAYLOAD_BYTES`].
    pub payload_bytes: usize,
    /// Events in all, after which the server closes the stream; `None` is endless.
    pub count: Option<u64>,
    /// Seed of random schedules.
    pub seed: u64,
    /// One stream for the group or one each.
    pub sharing: Sharing,
    /// Name of the group: the topic when shared, and whose quorum is awaited.
    pub group: Option<String>,
    /// Subscribers of the group that must be there before its schedules start.
    pub quorum: u32,
    /// Whether its schedules start at the instant that `/start` names instead, whoever is there.
    pub held: bool,
    /// Place among the private streams of the group, from 0, which decides its phase and sets its random schedule apart;
    /// `None` takes the next in the order of coming.
    pub index: Option<u32>,
    /// Name of this subscriber. Long polling needs it across its requests, echo to find the stream.
    pub session: Option<String>,
    /// Resume behind this sequence number (SSE clients may send `Last-Event-ID` instead).
    pub after: Option<u64>,
    /// Policy for a full queue.
    pub slow: SlowReader,
    /// Bound of the queue and of the resumable history, in events.
    pub queue: u32,
    /// Interval of heartbeats while the stream is quiet (SSE comment, WebSocket ping).
    pub heartbeat: Option<Duration>,
    /// Whether SSE sends `id:` lines. The payload's stamp carries the id on every transport.
    pub ids: bool,
    /// Damage to order.
    pub faults: Faults,
    /// A mark for load generators by other people.
    pub marker: Marker,
}

impl Default for Subscription {
    fn default() -> Self {
        Self {
            schedule: Schedule::Constant,
            rate: Rate::per_second(1.0).expect("1 is above zero"),
            payload_bytes: 64,
            count: None,
            seed: 1,
            sharing: Sharing::Private,
            group: None,
            quorum: 1,
            held: false,
            index: None,
            session: None,
            after: None,
            slow: SlowReader::Wait,
            queue: 1024,
            heartbeat: Some(Duration::from_secs(15)),
            ids: true,
            faults: Faults::default(),
            marker: Marker::Off,
        }
    }
}

/// Every parameter, in the order in which they are written.
const KEYS: [&str; 18] = [
    "schedule",
    "rate",
    "payload",
    "count",
    "seed",
    "sharing",
    "group",
    "quorum",
    "held",
    "index",
    "session",
    "after",
    "slow",
    "queue",
    "heartbeat",
    "ids",
    "faults",
    "marker",
];

impl Subscription {
    /// The query string, without `?`; defaults are left out.
    pub fn to_query(&self) -> String {
        let plain = Self::default();
        query::write(&KEYS, |key| self.value_of(key), |key| plain.value_of(key))
    }

    /// Reads a query string (without `?`); keys that are left out keep their defaults.
    ///
    /// # Errors
    /// [`QueryError`], whose text names the parameter and what it must be.
    pub fn from_query(query: &str) -> Result<Self, QueryError> {
        let mut subscription = Self::default();
        query::read(query, &KEYS, |key, value| subscription.set(key, value))?;
        subscription.validate()?;
        Ok(subscription)
    }

    /// Checks what no single parameter shows.
    ///
    /// # Errors
    /// [`QueryError::Contradiction`].
    pub fn validate(&self) -> Result<(), QueryError> {
        let needs_group = self.sharing == Sharing::Shared || self.quorum > 1 || self.held;
        if needs_group && self.group.is_none() {
            return Err(QueryError::Contradiction("sharing=shared, quorum above 1 and held=on need group=NAME"));
        }
        if self.payload_bytes < self.marker.min_payload_bytes() {
            return Err(QueryError::Contradiction("marker=tcpkali needs payload=78 or more: the stamp and the mark"));
        }
        if self.sharing == Sharing::Shared && self.schedule == Schedule::Unpaced {
            return Err(QueryError::Contradiction("schedule=unpaced needs sharing=private: it has no publisher"));
        }
        Ok(())
    }

    fn value_of(&self, key: &str) -> String {
        match key {
            "schedule" => self.schedule.to_string(),
            "rate" => self.rate.to_string(),
            "payload" => self.payload_bytes.to_string(),
            "count" => optional(self.count),
            "seed" => self.seed.to_string(),
            "sharing" => choice(&SHARINGS, self.sharing),
            "group" => self.group.clone().unwrap_or_default(),
            "quorum" => self.quorum.to_string(),
            "index" => optional(self.index),
            "session" => self.session.clone().unwrap_or_default(),
            "after" => optional(self.after),
            "slow" => choice(&SLOW_READERS, self.slow),
            "queue" => self.queue.to_string(),
            "heartbeat" => heartbeat_text(self.heartbeat),
            "held" => switch(self.held),
            "ids" => switch(self.ids),
            "faults" => self.faults.to_string(),
            "marker" => self.marker.to_string(),
            _ => String::new(),
        }
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), &'static str> {
        match key {
            "schedule" => self.schedule = parsed(value, "constant, poisson, burst:N, unpaced or idle")?,
            "rate" => {
                let rate = value.parse().ok().and_then(Rate::per_second);
                self.rate = rate.ok_or("events a second, a number above zero")?;
            }
            "payload" => {
                let bytes = parsed(value, PAYLOAD_RANGE)?;
                let range = MIN_PAYLOAD_BYTES..=MAX_PAYLOAD_BYTES;
                self.payload_bytes = range.contains(&bytes).then_some(bytes).ok_or(PAYLOAD_RANGE)?;
            }
            "count" => self.count = Some(parsed(value, "a number of events")?),
            "seed" => self.seed = parsed(value, "a whole number")?,
            "sharing" => self.sharing = chosen(&SHARINGS, value).ok_or("private or shared")?,
            "group" => self.group = Some(name(value)?),
            "quorum" => self.quorum = above_zero(value, "a number of subscribers, at least 1")?,
            "index" => self.index = Some(parsed(value, "a whole number")?),
            "session" => self.session = Some(name(value)?),
            "after" => self.after = Some(parsed(value, "a sequence number")?),
            "slow" => self.slow = chosen(&SLOW_READERS, value).ok_or("wait, drop-oldest or disconnect")?,
            "queue" => {
                const RANGE: &str = "a number of events, 1 to 65536";
                self.queue = Some(above_zero(value, RANGE)?).filter(|&n| n <= 65_536).ok_or(RANGE)?;
            }
            "heartbeat" => self.heartbeat = heartbeat(value)?,
            "held" => self.held = on_or_off(value)?,
            "ids" => self.ids = on_or_off(value)?,
            "faults" => {
                self.faults = parsed(value, "drop:SEQ, duplicate:SEQ, swap:SEQ or stall:SEQ:DURATION, with commas")?
            }
            "marker" => {
                self.marker =
                    chosen(&Marker::ALL.map(|marker| (marker.name(), marker)), value).ok_or("off or tcpkali")?
            }
            _ => {}
        }
        Ok(())
    }
}

const PAYLOAD_RANGE: &str = "bytes, 48 (the stamp) to 1048576";
const SHARINGS: [(&str, Sharing); 2] = [("private", Sharing::Private), ("shared", Sharing::Shared)];
const SLOW_READERS: [(&str, SlowReader); 3] =
    [("wait", SlowReader::Wait), ("drop-oldest", SlowReader::DropOldest), ("disconnect", SlowReader::Disconnect)];

impl FromStr for SlowReader {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        chosen(&SLOW_READERS, word).ok_or("expected wait, drop-oldest or disconnect")
    }
}

fn optional(value: Option<impl ToString>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

fn switch(is_on: bool) -> String {
    if is_on { "on" } else { "off" }.to_owned()
}

fn on_or_off(value: &str) -> Result<bool, &'static str> {
    chosen(&[("on", true), ("off", false)], value).ok_or("on or off")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn defaults_are_an_empty_query() {
        assert_eq!(Subscription::default().to_query(), "");
        assert_eq!(Subscription::from_query(""), Ok(Subscription::default()));
    }

    #[test]
    fn errors_name_the_parameter_and_the_remedy() {
        for (query, text) in [
            ("payload=47", "payload=47: bytes, 48 (the stamp) to 1048576"),
            ("payload=1048577", "payload=1048577: bytes, 48 (the stamp) to 1048576"),
            ("rate=0", "rate=0: events a second, a number above zero"),
            ("group=a/b", "group=a/b: 1 to 64 letters, digits, '-', '_' or '.'"),
            ("quorum=2", "sharing=shared, quorum above 1 and held=on need group=NAME"),
            ("queue=0", "queue=0: a number of events, 1 to 65536"),
            ("heartbeat=1ms", "heartbeat=1ms: off, or a duration of 10ms or more, such as 15s"),
        ] {
            assert_eq!(Subscription::from_query(query).unwrap_err().to_string(), text);
        }
        let unknown = Subscription::from_query("paylod=64").unwrap_err().to_string();
        assert!(unknown.starts_with("unknown parameter 'paylod' (known: schedule, rate, payload"), "{unknown}");
    }

    prop_compose! {
        fn subscriptions()(
            schedule in prop_oneof![
                Just(Schedule::Constant), Just(Schedule::Poisson), Just(Schedule::Idle),
                (1..100u32).prop_map(|size| Schedule::Burst { size }),
            ],
            rate in 0.001..1e6f64, payload_bytes in MIN_PAYLOAD_BYTES..=MAX_PAYLOAD_BYTES,
            count in proptest::option::of(0..u64::MAX), seed: u64, shared: bool, quorum in 1..5000u32,
            after in proptest::option::of(0..u64::MAX), queue in 1..=65_536u32, ids: bool,
            heartbeat in proptest::option::of(10..100_000u64), slow in 0..3usize, held: bool,
            drop in proptest::collection::vec(0..1000u64, 0..4), index in proptest::option::of(0..5000u32),
        ) -> Subscription {
            Subscription {
                schedule, rate: Rate::per_second(rate).unwrap(), payload_bytes, count, seed,
                sharing: if shared { Sharing::Shared } else { Sharing::Private },
                group: Some("g-1".to_owned()), quorum, held, index, session: Some("s_2.a".to_owned()), after,
                slow: SLOW_READERS[slow].1, queue, ids, heartbeat: heartbeat.map(Duration::from_millis),
                faults: Faults { drop, stall: Some((3, Duration::from_millis(200))), ..Faults::default() },
                marker: if payload_bytes >= 78 { Marker::Tcpkali } else { Marker::Off },
            }
        }
    }

    proptest! {
        #[test]
        fn subscriptions_round_trip(subscription in subscriptions()) {
            prop_assert_eq!(Subscription::from_query(&subscription.to_query()), Ok(subscription));
        }

        #[test]
        fn no_query_panics(query in "\\PC{0,200}") {
            let _ = Subscription::from_query(&query);
        }
    }
}
