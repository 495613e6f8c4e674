//! Publisher and subscribers in one generator: `due` and `received` come from one clock, however far away the server is.
//!
//! ```text
//!   pacer ─ due ─► POST /publish/group/… ─► server ─► every stream of the group ─► recorder
//!                  (the same for all arms)            (the arm)
//! ```
//!
//! The ingress is pipelined: it is part of the harness, and must not make a message wait for the answer to the one before it.
//! Its bytes and requests stay out of the counts, which are the arm's alone.

use super::echo::{Asked, Messages};
use super::push;
use super::session::Session;
use super::subscription::quiet;
use super::uplink::Uplink;
use super::{Observer, Order, TrialError};
use crate::fleet::{Fleet, FleetPlan};
use crate::host;
use client::recorder::{self, Reading, Recorder, Standing};
use client::stream::{StreamError, StreamSpec};
use client::window::{Basis, Window};
use client::worker::Worker;
use servers::clock;
use servers::pacer::Pacer;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::sleep;
use trial::{Content, Measurement};
use wire::{Payload, Schedule, Sharing, Subscription};

/// From the decision to start to the first message.
const LEAD: Duration = Duration::from_millis(20);

/// Runs one trial of scenario `relay`.
///
/// # Errors
/// [`TrialError`] when a stream or the ingress breaks.
pub(super) async fn run(
    order: &Order,
    session: &mut Session,
    observer: Observer,
    asked: Asked,
) -> Result<Measurement, TrialError> {
    host::admit(u64::from(asked.connections) + 1, 1, session.dialer.route())
        .map_err(|error| TrialError::Broken(error.to_string()))?;
    let window = Arc::new(Window::of(Basis::Due, asked.timing));
    let payload = Arc::new(Payload::new(asked.content.payload_bytes));
    let stamps = push::stamps(order);
    let standing = Arc::new(Standing::default());
    let recorder = || {
        let recorder = Recorder::new(Reading::Push(Arc::clone(&payload)), Arc::clone(&window), 0, observer.log.clone());
        // Whatever host relays them, messages are stamped and read on this one.
        let recorder = match stamps {
            Some((pair, one_in)) => recorder.with_stamps(pair, true, one_in),
            None => recorder,
        };
        recorder.counting(Arc::clone(&standing))
    };
    let ingress = Worker::new(recorder());
    let post = session.request(order, format!("/publish/group/{}", session.name));
    let uplink = Uplink::open(session.asked_by(), &post, payload.bytes(), &ingress).await;
    let uplink = uplink.map_err(|error| TrialError::Broken(error.to_string()))?;
    let mut fleet = Fleet::launch(plan(order, &asked, session, stamps.map(|(_, one_in)| one_in)), recorder)?;
    let publisher = Publisher { uplink, standing: Arc::clone(&standing), asked, seed: order.seed };
    let mut publishing = tokio::spawn(publisher.run(Arc::clone(&payload)));
    let interrupt = observer.interrupt.clone();
    let usage = tokio::select! {
        usage = push::observe(&mut fleet, &window, session, observer) => usage,
        ended = &mut publishing => Err(TrialError::Broken(why(ended))),
    };
    publishing.abort();
    // One that ended by itself has been awaited.
    if !publishing.is_finished() {
        let _ = publishing.await;
    }
    let mut recorders = fleet.join()?;
    let seen = session.neighbour(window.stretch()).await;
    recorders.iter_mut().for_each(|recorder| recorder.witnessed(seen.as_ref(), session.clock.offset_ns));
    let (mut measurement, failure) = recorder::merged(recorders);
    if let Some(failure) = failure {
        return Err(TrialError::Broken(failure));
    }
    let (server, client) = usage?;
    if interrupt.came() {
        push::cut_short(&mut measurement, &window);
    }
    (measurement.server, measurement.client) = (server, Some(client));
    // What went up; the answers to it, and the requests, are not the arm's.
    let ingress = ingress.finish()?;
    measurement.counters.messages_sent = ingress.counters.messages_sent;
    measurement.bytes.payload_out = ingress.bytes.payload_out;
    Ok(measurement)
}

/// How the ingress failed; while all is well it has no end.
fn why(ended: Result<Result<(), StreamError>, tokio::task::JoinError>) -> String {
    match ended {
        Ok(Err(error)) => format!("publishing: {error}"),
        Ok(Ok(())) | Err(_) => "the publisher ended before its time".to_owned(),
    }
}

/// A stream for each subscriber. Each leaves by itself once it has all messages: the server does not know how many come.
fn plan(order: &Order, asked: &Asked, session: &Session, stamps: Option<u32>) -> FleetPlan {
    let expected = asked.pace.due_within(order.seed, asked.timing.whole());
    let spec = |index| {
        let name = format!("{}-{index}", session.name);
        let spec = session.spec(order, &subscription(asked.content, &session.name, name), index);
        Arc::new(StreamSpec { expected, leaves: true, ..spec })
    };
    FleetPlan {
        dialer: session.dialer.clone().with_stamps(stamps),
        client: order.arm.client,
        specs: (0..asked.connections).map(spec).collect(),
        threads: order.threads,
        connect_rate: order.connect_rate(),
        strict: true,
    }
}

/// A quiet stream of the group, with a name under which its messages wait for it.
fn subscription(content: Content, group: &str, name: String) -> Subscription {
    Subscription {
        schedule: Schedule::Idle,
        sharing: Sharing::Shared,
        group: Some(group.to_owned()),
        session: Some(name),
        ..quiet(content)
    }
}

/// The way in, and when to use it.
struct Publisher {
    uplink: Uplink,
    standing: Arc<Standing>,
    asked: Asked,
    seed: u64,
}

impl Publisher {
    /// Publishes on schedule once every stream stands; goes on reading answers until it is dropped.
    async fn run(self, payload: Arc<Payload>) -> Result<(), StreamError> {
        while self.standing.answered() < u64::from(self.asked.connections) {
            sleep(Duration::from_millis(1)).await;
        }
        let (sender, due) = unbounded_channel();
        let begin = clock::now() + LEAD;
        let pacer = Pacer::spawn()?;
        pacer.handle().schedule(
            begin,
            Arc::new(Messages::new(self.asked.pace, self.asked.timing, self.seed, begin, vec![sender])),
        );
        self.uplink.pipeline(payload, due).await
    }
}
