//! Many streams over a few workers: opened at a bounded pace, ended together, their recorders handed over.
//!
//! Streams are spawned, never polled from a runtime's root future, which would double their cost.

use crate::library;
use client::Dialer;
use client::recorder::Recorder;
use client::stream::{Stream, StreamError, StreamSpec};
use client::worker::{LagProbe, Worker};
use servers::clock;
use servers::pacer::Pacer;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use trial::ClientKind;
use wire::MonoTime;

/// Connections opened a second by default, so that a listen backlog is never the thing measured.
pub const CONNECT_RATE: f64 = 2_000.0;

/// What a fleet opens and how.
#[derive(Clone)]
pub struct FleetPlan {
    /// Where to dial.
    pub dialer: Dialer,
    /// Which client reads.
    pub client: ClientKind,
    /// One entry for each stream; those that ask for the same share it.
    pub specs: Vec<Arc<StreamSpec>>,
    /// Worker threads.
    pub threads: usize,
    /// Connections opened a second over all workers.
    pub connect_rate: f64,
    /// Whether one broken stream ends the fleet: true where streams wait for each other.
    pub strict: bool,
}

/// How long it takes to open so many streams at so many a second; no longer than a day.
pub fn connecting(streams: usize, connect_rate: f64) -> Duration {
    const LONGEST: f64 = 86_400.0;
    Duration::from_secs_f64((streams as f64 / connect_rate).min(LONGEST))
}

/// A running fleet.
pub struct Fleet {
    workers: Vec<JoinHandle<Option<Recorder>>>,
    stop: Arc<watch::Sender<bool>>,
    running: mpsc::Receiver<()>,
    connecting: Duration,
    /// Asks the workers for signs of life.
    _pacer: Pacer,
}

impl Fleet {
    /// How long it takes to open all streams at the rate that was asked for.
    pub const fn connecting(&self) -> Duration {
        self.connecting
    }

    /// Starts the workers; `recorder` makes an empty recorder for each. What a stream asks for is held until it is open.
    ///
    /// # Errors
    /// When a thread or its runtime cannot be made.
    pub fn launch(plan: FleetPlan, recorder: impl Fn() -> Recorder) -> io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let (alive, running) = mpsc::channel(1);
        let pacer = Pacer::spawn()?;
        let probes = pacer.handle();
        let mut fleet = Self {
            workers: Vec::new(),
            stop: Arc::new(stop),
            running,
            connecting: connecting(plan.specs.len(), plan.connect_rate),
            _pacer: pacer,
        };
        let (threads, dialer) = (plan.threads.clamp(1, plan.specs.len().max(1)), Arc::new(plan.dialer));
        for index in 0..threads {
            let shift = Shift {
                dialer: Arc::clone(&dialer),
                client: plan.client,
                specs: plan.specs.iter().skip(index).step_by(threads).cloned().collect(),
                pace: connecting(threads, plan.connect_rate),
                strict: plan.strict,
                stop: Arc::clone(&fleet.stop),
                stopped: stopped.clone(),
            };
            let begin = clock::now();
            let (probe, asked) = LagProbe::new(begin);
            probes.schedule(begin, Arc::new(probe));
            let (recorder, alive) = (recorder(), alive.clone());
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let thread = std::thread::Builder::new().name(format!("worker-{index}")).spawn(move || {
                let (worker, mut stopped) = (Worker::new(recorder), shift.stopped.clone());
                runtime.block_on(shift.work(&worker, asked));
                drop(alive);
                // A thread takes its scheduler statistics with it: it stays until they have been read.
                let _ = runtime.block_on(stopped.wait_for(|stop| *stop));
                // Dropping the runtime drops streams, and dropped streams fold their counts into the recorder.
                drop(runtime);
                worker.finish().ok()
            });
            fleet.workers.push(thread?);
        }
        Ok(fleet)
    }

    /// Waits until every stream has ended.
    pub async fn ended(&mut self) {
        while self.running.recv().await.is_some() {}
    }

    /// Cuts every stream off.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops what still runs; the recorder of each worker.
    ///
    /// # Errors
    /// When a worker thread died, with what it had recorded.
    pub fn join(self) -> io::Result<Vec<Recorder>> {
        self.stop();
        let died = || io::Error::other("a worker thread died");
        self.workers.into_iter().map(|worker| worker.join().ok().flatten().ok_or_else(died)).collect()
    }
}

/// The part of a fleet that one worker opens.
struct Shift {
    dialer: Arc<Dialer>,
    client: ClientKind,
    specs: Vec<Arc<StreamSpec>>,
    pace: Duration,
    strict: bool,
    stop: Arc<watch::Sender<bool>>,
    stopped: watch::Receiver<bool>,
}

impl Shift {
    async fn work(mut self, worker: &Worker, asked: UnboundedReceiver<MonoTime>) {
        let probe = tokio::spawn(worker.clone().answer(asked));
        let mut streams = JoinSet::new();
        let begin = Instant::now();
        for (index, spec) in std::mem::take(&mut self.specs).into_iter().enumerate() {
            tokio::select! {
                biased;
                _ = self.stopped.wait_for(|stop| *stop) => break,
                () = sleep_until(begin + self.pace * index as u32) => {}
            }
            streams.spawn(self.stream(spec, worker.clone()));
        }
        loop {
            tokio::select! {
                _ = self.stopped.wait_for(|stop| *stop) => break,
                ended = streams.join_next() => if ended.is_none() { break },
            }
        }
        probe.abort();
    }

    /// One stream, its failure noted.
    fn stream(&self, spec: Arc<StreamSpec>, worker: Worker) -> impl Future<Output = ()> + Send + 'static {
        let (dialer, client, strict, stop) =
            (Arc::clone(&self.dialer), self.client, self.strict, Arc::clone(&self.stop));
        async move {
            let outcome = read(client, dialer, spec, worker.clone()).await;
            // A stream that breaks behind the end of the trial has not failed.
            let _ = worker.record(|recorder| match &outcome {
                Ok(()) => recorder.over(),
                Err(error @ StreamError::Dial(_)) => recorder.unopened(error.to_string()),
                Err(
                    error @ (StreamError::Request(_)
                    | StreamError::Decode(_)
                    | StreamError::Io(_)
                    | StreamError::OtherClock(_)
                    | StreamError::Gone(_)
                    | StreamError::Library(_)),
                ) => recorder.cut(error.to_string()),
            });
            if strict && outcome.is_err() {
                stop.send_replace(true);
            }
        }
    }
}

/// Opens one stream and reads it to its end, for that worker to record.
///
/// What opens it lives in a box, and no longer than that takes: the task of an open stream has no room for it.
///
/// # Errors
/// [`StreamError`] when it does not end cleanly.
pub async fn read(
    client: ClientKind,
    dialer: Arc<Dialer>,
    spec: Arc<StreamSpec>,
    worker: Worker,
) -> Result<(), StreamError> {
    match client {
        ClientKind::Lean | ClientKind::Reconnecting | ClientKind::Incremental => {
            let open = async move { Stream::open(&dialer, &spec, &worker).await };
            let mut stream = Box::pin(open).await?;
            stream.run().await
        }
        ClientKind::Library => Box::pin(async move { library::run(&dialer, &spec, &worker).await }).await,
    }
}
