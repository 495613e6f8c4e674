//! The generator's standing with one of our servers: where it is, what it states, how its clock stands.

use super::Order;
use crate::clock_offset;
use crate::clock_probe::{self, ClockProbe};
use crate::control::{Control, ControlError};
use crate::host;
use client::endpoint::Endpoint;
use client::stream::StreamSpec;
use client::tls::{Trust, TrustError};
use client::{DialError, Dialer, Request};
use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};
use servers::{clock, scheduler};
use std::sync::Arc;
use std::time::Duration;
use trial::{ClockOffset, Usage};
use wire::{Carrier, Facts, MonoTime, Subscription, Transport, Vitals, Witnessed};

/// Longest wait for a connection.
pub(super) const DIAL_LIMIT: Duration = Duration::from_secs(5);

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No usable TLS configuration.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Nothing answers there.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// What answers is not ours, or has stopped answering.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// It does not have the carrier of an arm there.
    #[error("{0} has no carrier {1}: start it with --carrier {1}")]
    Lacks(String, Carrier),
    /// Cleartext was asked of a URL of TLS.
    #[error("{0} is behind TLS: name arms over it, as in --arms sse/h1+tls,websocket/h1+tls")]
    BehindTls(String),
}

impl SessionError {
    /// Whether something answers there that is not one of our servers.
    pub const fn is_foreign(&self) -> bool {
        matches!(self, Self::Control(ControlError::Foreign(..)))
    }

    /// Whether something answers there that tells nothing without a token: one of our servers, or anything else.
    pub const fn wants_token(&self) -> bool {
        matches!(self, Self::Control(ControlError::Token(..)))
    }
}

/// A server that is known to be ours.
pub struct Session {
    /// Where its streams are; the path is `/`.
    pub endpoint: Endpoint,
    /// Dials that.
    pub dialer: Dialer,
    /// Where it is asked, and what dials that: the same, unless streams go over a carrier with a port of its own.
    asked: (Endpoint, Dialer),
    /// Asks it.
    pub control: Control,
    /// What it states, its certificate left out.
    pub facts: Facts,
    /// The certificate that it states, in PEM.
    pub certificate: Option<String>,
    /// Its clock.
    pub clock: ClockOffset,
    /// Header lines of every question.
    headers: Vec<(String, String)>,
    /// A name that no other trial against this server has: groups and sessions outlive their connections by seconds.
    pub name: String,
    /// Why the server's usage, or a late reading of its clock, is missing from the trial; `None` while it answers.
    pub silent: Option<String>,
}

impl Session {
    /// Reaches the server, checks its wire version, reads its facts and its clock.
    ///
    /// # Errors
    /// [`SessionError`], in words for the user.
    pub async fn open(endpoint: &Endpoint, trust: &Trust, headers: &[(String, String)]) -> Result<Self, SessionError> {
        let tls = if endpoint.tls { Some(trust.config()?) } else { None };
        let dialer = Dialer::resolve(endpoint, tls, DIAL_LIMIT).await?;
        let mut control = Control::connect(&dialer, endpoint, headers).await?;
        let mut facts = control.facts().await?;
        let certificate = facts.certificate.take();
        let same_clock = !facts.boot_id.is_empty() && facts.boot_id == host::boot_id();
        let offset = clock_offset::at_once(&clock_probe::burst(&mut control).await?, same_clock);
        let name = format!("{}-{:x}", std::process::id(), clock::now().as_nanos());
        let (endpoint, headers) = (endpoint.at("/"), headers.to_vec());
        let asked = (endpoint.clone(), dialer.clone());
        Ok(Self { endpoint, dialer, asked, control, facts, certificate, clock: offset, headers, name, silent: None })
    }

    /// Has streams go over a carrier from now on. Questions stay where they are.
    ///
    /// # Errors
    /// [`SessionError::Lacks`] or [`SessionError::BehindTls`] where they cannot, else why nothing can be dialled there.
    pub async fn carry(&mut self, carrier: Carrier, trust: &Trust) -> Result<(), SessionError> {
        let endpoint = self.place(carrier)?;
        if carrier == Carrier::H1 {
            return Ok(());
        }
        let config = if endpoint.tls { Some(self.trusted(trust).config_for(carrier)?) } else { None };
        self.dialer = Dialer::resolve(&endpoint, config, DIAL_LIMIT).await?;
        self.endpoint = endpoint;
        Ok(())
    }

    /// Where streams over a carrier are: at the port that the server states, or behind whatever ends TLS before it.
    ///
    /// # Errors
    /// [`SessionError::Lacks`] or [`SessionError::BehindTls`].
    pub fn place(&self, carrier: Carrier) -> Result<Endpoint, SessionError> {
        let ((asked, _), tls) = (&self.asked, carrier.alpn().is_some());
        let asked_over = if asked.tls { Carrier::H1Tls } else { Carrier::H1 };
        match self.facts.carriers.get(&carrier) {
            _ if carrier == asked_over => Ok(asked.clone()),
            _ if asked.tls && !tls => Err(SessionError::BehindTls(asked.authority.clone())),
            Some(&port) => Ok(asked.on_port(port, tls)),
            None => Err(SessionError::Lacks(asked.authority.clone(), carrier)),
        }
    }

    /// What dials the server where it is asked, whatever carries the streams of an arm: the same for all arms.
    pub const fn asked_by(&self) -> &Dialer {
        &self.asked.1
    }

    /// What the user trusts, or else the certificate that the server states and no other.
    pub fn trusted(&self, trust: &Trust) -> Trust {
        let stated = || self.certificate.clone().filter(|_| !self.asked.0.tls);
        match trust {
            Trust::PublicRoots => stated().map_or(Trust::PublicRoots, Trust::Stated),
            Trust::File(_) | Trust::Stated(_) | Trust::Anybody => trust.clone(),
        }
    }

    /// Another connection for questions.
    ///
    /// # Errors
    /// [`ControlError`] when none is to be had.
    pub async fn another(&self) -> Result<Control, ControlError> {
        let (endpoint, dialer) = &self.asked;
        Control::connect(dialer, endpoint, &self.headers).await
    }

    /// Reads server and generator now. A server that does not answer leaves its half out: what was received is worth
    /// keeping without it.
    pub(super) async fn snapshot(&mut self) -> Snapshot {
        let server = self.control.vitals(false).await.map_err(|error| self.miss(&error)).ok();
        Snapshot {
            server,
            client_cpu_ns: process_cpu_ns(),
            client_switches: process_switches(),
            client_run_queue_ns: scheduler::charged().run_queue_ns,
            at_ns: clock::now().as_nanos(),
        }
    }

    /// Notes that the server did not answer; the first reason stays.
    pub(super) fn miss(&mut self, error: &impl std::fmt::Display) {
        self.silent.get_or_insert_with(|| error.to_string());
    }

    /// Starts to read the server's clock: what a one-way time across hosts needs.
    ///
    /// # Errors
    /// [`ControlError`] when no connection is to be had.
    pub(super) async fn probe(&self) -> Result<ClockProbe, ControlError> {
        Ok(ClockProbe::start(self.another().await?))
    }

    /// What the idle timer beside the server saw in a stretch of this host's clock; `None` where nobody watched.
    pub(super) async fn witnessed(&mut self, stretch: Option<(MonoTime, MonoTime)>) -> Option<Witnessed> {
        let (from, until) = stretch?;
        let theirs = |at: MonoTime| at.offset_by(self.clock.offset_ns.saturating_neg());
        self.control.witness(theirs(from), theirs(until)).await
    }

    /// The same where that timer is on this host: messages that this host paces are not late by another's fault.
    pub(super) async fn neighbour(&mut self, stretch: Option<(MonoTime, MonoTime)>) -> Option<Witnessed> {
        self.witnessed(stretch.filter(|_| self.clock.same_clock)).await
    }

    /// The streams of a trial, as many as the subscription's quorum. Those that ask for the same share what they ask for.
    pub fn specs(&self, order: &Order, subscription: &Subscription) -> Vec<Arc<StreamSpec>> {
        let one = |index| Arc::new(self.spec(order, subscription, index));
        if order.arm.protocol == Transport::LongPoll {
            return (0..subscription.quorum).map(one).collect();
        }
        vec![one(0); subscription.quorum as usize]
    }

    /// Stream number `index` of a trial. Long polling is given a session, since its requests must find their stream.
    pub fn spec(&self, order: &Order, subscription: &Subscription, index: u32) -> StreamSpec {
        let transport = order.arm.protocol;
        let session = match transport {
            Transport::LongPoll => Some(format!("{}-{index}", self.name)),
            Transport::Sse | Transport::WebSocket | Transport::HttpStream | Transport::RawTcp => {
                subscription.session.clone()
            }
        };
        let subscription = Subscription { session, ..subscription.clone() };
        let request = Request {
            payload_bytes: Some(subscription.payload_bytes),
            ..self.request(order, format!("{}?{}", transport.path(), subscription.to_query()))
        };
        StreamSpec { transport, request, expected: subscription.count, first_seq: Some(0), leaves: false }
    }

    /// A request to this server with the order's headers.
    pub fn request(&self, order: &Order, path_and_query: String) -> Request {
        Request { headers: order.headers.clone(), ..Request::get(&self.endpoint.authority, path_and_query) }
    }
}

/// Server and generator read at one moment; two of them make a usage.
pub(super) struct Snapshot {
    /// `None` where the server did not answer.
    server: Option<Vitals>,
    client_cpu_ns: u64,
    client_switches: u64,
    client_run_queue_ns: Option<u64>,
    at_ns: u64,
}

impl Snapshot {
    /// What server and generator used since `earlier`; the generator received as many events as the server sent. `None` for
    /// a server that did not answer both times: the generator's events are then unknown, zero, and nothing is divided by them.
    pub(super) fn since(&self, earlier: &Self) -> (Option<Usage>, Usage) {
        let both = earlier.server.as_ref().zip(self.server.as_ref());
        let server = both.map(|(earlier, now)| Usage::between(earlier, now));
        let client = Usage {
            elapsed_ns: self.at_ns.saturating_sub(earlier.at_ns),
            cpu_ns: self.client_cpu_ns.saturating_sub(earlier.client_cpu_ns),
            switches: self.client_switches.saturating_sub(earlier.client_switches),
            run_queue_ns: self
                .client_run_queue_ns
                .zip(earlier.client_run_queue_ns)
                .map(|(now, then)| now.saturating_sub(then)),
            events: server.as_ref().map_or(0, |server| server.events),
            ..Usage::default()
        };
        (server, client)
    }

    /// Client messages that the server received since `earlier`; `None` where it did not answer both times.
    pub(super) fn messages_since(&self, earlier: &Self) -> Option<u64> {
        let received = |at: &Self| Some(at.server.as_ref()?.messages_received);
        Some(received(self)?.saturating_sub(received(earlier)?))
    }
}

/// Context switches of this process, threads that have ended included.
fn process_switches() -> u64 {
    let switches = |usage: nix::sys::resource::Usage| {
        u64::try_from(usage.voluntary_context_switches() + usage.involuntary_context_switches()).unwrap_or(0)
    };
    getrusage(UsageWho::RUSAGE_SELF).map_or(0, switches)
}

/// CPU time of this process in nanoseconds, exact to the scheduler.
fn process_cpu_ns() -> u64 {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)
        .map_or(0, |time| Duration::from(time).as_nanos().try_into().unwrap_or(u64::MAX))
}
