//! Subscribe and receive: paced (open loop, latency from `due`) or saturated (capacity, never latency).
//!
//! All streams of a trial form one group whose schedules start when every one of them is there, so the connect
//! phase never overlaps the window.

use super::session::Session;
use super::{Observer, Order, Part, TrialError, schedule, subscription};
use crate::clock_offset;
use crate::fleet::{Fleet, FleetPlan};
use crate::host;
use client::kernel_clock::{ClockPair, one_in};
use client::recorder::{self, Reading, Recorder};
use client::stream::StreamSpec;
use client::window::{Basis, Window};
use servers::clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use trial::{Measurement, Timing, Usage};
use wire::{MonoTime, Payload, Schedule, Subscription};

/// Longest wait behind the window for what is still on its way.
const DRAIN: Duration = Duration::from_secs(2);
/// Longest wait for all streams to stand and the first event to come, beside the connect phase itself.
const FIRST_EVENT: Duration = Duration::from_secs(10);
/// Distance of the vitals readings from the window, so that reading them does not disturb it.
const ASIDE: Duration = Duration::from_millis(10);

/// Most events whose one-way times wait for the end of a trial against another clock: about 160 MiB.
const MOST_ONE_WAY: u64 = 1 << 22;

/// What every stream asks for, how its events are to be understood, and which of them belong to the window.
pub(super) struct Asked {
    pub(super) specs: Vec<Arc<StreamSpec>>,
    pub(super) reading: Reading,
    pub(super) basis: Basis,
    pub(super) timing: Timing,
}

/// Runs one trial of scenario `push`, `saturate` or `job`.
///
/// # Errors
/// [`TrialError`] when a stream breaks or never begins.
pub(super) async fn run(
    order: &Order,
    session: &mut Session,
    observer: Observer,
    Asked { specs, reading, basis, timing }: Asked,
) -> Result<Measurement, TrialError> {
    keepable(&specs, session)?;
    host::admit(specs.len() as u64, observer.each(), session.dialer.route())
        .map_err(|error| TrialError::Broken(error.to_string()))?;
    let stamps = stamps(order);
    let plan = FleetPlan {
        dialer: session.dialer.clone().with_stamps(stamps.map(|(_, one_in)| one_in)),
        client: order.arm.client,
        specs,
        threads: order.threads,
        connect_rate: order.connect_rate(),
        strict: true,
    };
    let window = Arc::new(Window::of(basis, timing));
    // Without a schedule nothing is due: events are timed by the offset that is known when they come.
    let defers = !session.clock.same_clock && basis == Basis::Due;
    let (offset_ns, one_clock) = (session.clock.offset_ns, session.clock.same_clock);
    let bound_ns = session.clock.bound_ns;
    let (interrupt, log, standing) = (observer.interrupt.clone(), observer.log.clone(), observer.standing());
    let recorder = || {
        let recorder = Recorder::new(reading.clone(), Arc::clone(&window), offset_ns, log.clone()).doubting(bound_ns);
        let recorder = recorder.counting(Arc::clone(&standing));
        let recorder = match stamps {
            Some((pair, one_in)) => recorder.with_stamps(pair, one_clock, one_in),
            None => recorder,
        };
        if defers { recorder.deferring() } else { recorder }
    };
    let probe = if defers { Some(session.probe().await.map_err(super::SessionError::from)?) } else { None };
    let schedule = schedule::cost(order, session).await;
    let mut fleet = Fleet::launch(plan, recorder)?;
    let usage = observe(&mut fleet, &window, session, observer).await;
    let mut recorders = fleet.join()?;
    if let Some(probe) = probe {
        // Without late readings the clock is known as well as it was before, and says so by its bound.
        let exchanges = probe.finish().await.map_err(|error| session.miss(&error)).unwrap_or_default();
        let clock = window.stretch().and_then(|(start, end)| clock_offset::over(&exchanges, start, end));
        session.clock = clock.unwrap_or(session.clock);
        recorders.iter_mut().for_each(|recorder| recorder.settle(&session.clock));
    }
    if basis == Basis::Due {
        let seen = session.witnessed(window.stretch()).await;
        recorders.iter_mut().for_each(|recorder| recorder.witnessed(seen.as_ref(), session.clock.offset_ns));
    }
    let (mut measurement, failure) = recorder::merged(recorders);
    if let Some(failure) = failure {
        return Err(TrialError::Broken(failure));
    }
    let (server, client) = usage.map_err(|error| unreadable(measurement.counters.corrupt).unwrap_or(error))?;
    if interrupt.came() {
        cut_short(&mut measurement, &window);
    }
    (measurement.server, measurement.client, measurement.schedule) = (server, Some(client), schedule);
    Ok(measurement)
}

/// Why no window began although events came; `None` where none did.
fn unreadable(events: u64) -> Option<TrialError> {
    let why = "none with a stamp that can be read: something on the way changes them";
    (events > 0).then(|| TrialError::Broken(format!("{events} events came, {why}")))
}

/// The clocks between which stamps of the kernel are read, and of how many events one is stamped; `None` without stamps.
pub(super) fn stamps(order: &Order) -> Option<(ClockPair, u32)> {
    let workload = &order.cell.workload;
    workload.stamps().then(|| (ClockPair::read(), one_in(workload.offered())))
}

impl Asked {
    /// Streams that the server fills: on its schedule, or without one as fast as they are read.
    /// Where other processes share the trial, `own` is what all of them would be asked for by this process alone.
    pub(super) fn streams(
        order: &Order,
        session: &Session,
        own: &Subscription,
        timing: Timing,
        part: Option<&Part>,
    ) -> Self {
        let group = &part.map_or_else(|| own.clone(), |part| part.share.of_all(own));
        let (first, step) = part.map_or((0, 1), |part| (part.share.first, part.share.step));
        let places = (first..).step_by(step as usize).take(own.quorum as usize);
        let specs = places.map(|index| {
            let (subscription, expected) = subscription::of_stream(group, index, timing);
            Arc::new(StreamSpec { expected, ..session.spec(order, &subscription, index) })
        });
        Self {
            specs: specs.collect(),
            reading: Reading::Push(Arc::new(Payload::new(group.payload_bytes))),
            basis: if group.schedule == Schedule::Unpaced { Basis::Receipt } else { Basis::Due },
            timing,
        }
    }
}

/// Refuses more events across two clocks than a generator should keep until the clocks are known.
fn keepable(specs: &[Arc<StreamSpec>], session: &Session) -> Result<(), TrialError> {
    let events: u64 = specs.iter().filter_map(|spec| spec.expected).sum();
    if session.clock.same_clock || events <= MOST_ONE_WAY {
        return Ok(());
    }
    Err(TrialError::Unsupported(format!(
        "{events} one-way times across two clocks are too many to keep (at most {MOST_ONE_WAY}): \
         shorten the window, or use a relay"
    )))
}

/// The window ends now, and events that were never due are not lost.
pub(super) fn cut_short(measurement: &mut Measurement, window: &Window) {
    let elapsed_ns = window.start().map_or(0, |start| clock::now().nanos_since(start));
    measurement.window_ns = measurement.window_ns.min(elapsed_ns);
    (measurement.counters.expected, measurement.counters.lost) = (None, 0);
}

/// Waits for the window to open, reads the vitals on both sides of it, and lets the streams drain.
pub(super) async fn observe(
    fleet: &mut Fleet,
    window: &Window,
    session: &mut Session,
    mut observer: Observer,
) -> Result<(Option<Usage>, Usage), TrialError> {
    let limit = Instant::now() + fleet.connecting() + FIRST_EVENT + window.warmup();
    let start = match &mut observer.part {
        None => opened(fleet, window, limit).await?,
        Some(part) => part.open(fleet, window, session, &mut observer.interrupt).await?,
    };
    let end = start + window.length();
    sleep_until(at(start.offset_by(-(ASIDE.as_nanos() as i64)))).await;
    let before = session.snapshot().await;
    let drained = at(end + DRAIN);
    let over = async {
        if window.basis() == Basis::Due {
            // Counted streams end by themselves; one that does not is cut off and its events count as lost.
            let _ = timeout_at(drained, fleet.ended()).await;
        }
        sleep_until(at(end)).await;
    };
    tokio::select! {
        () = over => {}
        () = observer.interrupt.wait() => {}
    }
    let after = session.snapshot().await;
    Ok(after.since(&before))
}

/// Waits for the first event and returns the start of the window.
async fn opened(fleet: &mut Fleet, window: &Window, limit: Instant) -> Result<MonoTime, TrialError> {
    let begin = Instant::now();
    let ended = fleet.ended();
    tokio::pin!(ended);
    let mut running = true;
    loop {
        if let Some(start) = window.start() {
            return Ok(start);
        }
        if !running || Instant::now() > limit {
            return Err(TrialError::Silent(Duration::from_millis(begin.elapsed().as_millis() as u64)));
        }
        tokio::select! {
            () = &mut ended, if running => running = false,
            () = sleep(Duration::from_millis(1)) => {}
        }
    }
}

/// An instant of our clock as one of tokio's.
fn at(instant: MonoTime) -> Instant {
    Instant::now() + Duration::from_nanos(instant.nanos_since(clock::now()))
}
