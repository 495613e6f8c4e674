//! What else went on while a trial ran, read by the runner just before and just after it: the runner is idle meanwhile.
//!
//! Idle time comes from `/proc/stat`, where it is exact to a tick; the busy columns there are sampled and are never read.
//! What the trial itself used comes from the kernel's account of ended children, exact to a microsecond. Refuses to
//! judge: thresholds are in `trial::check`, consequences in `gate`.

mod counters;
mod speed;
mod waits;

pub use waits::Waits;

use counters::Counters;
use speed::Hiccups;
use std::time::{Duration, Instant};
use trial::Noise;

/// CPUs with which a spinning thread can be spared.
const CPUS_FOR_HICCUPS: usize = 4;

/// A watch over one trial.
pub struct Watch {
    begun: Instant,
    before: Counters,
    loop_ns: u64,
    waits: Waits,
    hiccups: Option<Hiccups>,
    server: Option<u32>,
}

impl Watch {
    /// Begins. `server` is a process that is no child of this one and belongs to the trial all the same.
    pub fn begin(server: Option<u32>) -> Self {
        let loop_ns = speed::loop_ns();
        let hiccups = (crate::host::cpus().len() >= CPUS_FOR_HICCUPS).then(Hiccups::watch).flatten();
        let waits = Waits::default();
        server.into_iter().for_each(|pid| waits.server(pid));
        Self { begun: Instant::now(), before: Counters::read(server), loop_ns, waits, hiccups, server }
    }

    /// Where the trial's processes are made known.
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// Ends, when the processes of the trial have ended.
    pub fn end(self) -> Noise {
        let hiccup_ns = self.hiccups.map(Hiccups::longest_ns);
        let after = Counters::read(self.server);
        let elapsed = self.begun.elapsed();
        let mut noise = after.since(&self.before, elapsed);
        (noise.server_wait, noise.generator_wait) = self.waits.shares(elapsed);
        noise.hiccup_ns = hiccup_ns;
        noise.loop_ns = Some((self.loop_ns, speed::loop_ns()));
        noise
    }
}

/// Foreign CPUs over so long, while this process sleeps; `None` where `/proc/stat` cannot be read.
pub async fn foreign_cpus(length: Duration) -> Option<f64> {
    let (begun, before) = (Instant::now(), Counters::read(None));
    tokio::time::sleep(length).await;
    Counters::read(None).since(&before, begun.elapsed()).foreign_cpus
}
