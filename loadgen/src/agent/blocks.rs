//! Blocks of loops: every arm once at every round trip, in an order drawn from the seed, each on a connection of its own.
//! Refuses to look at what a loop came to.

use super::distance::Distance;
use super::script::Script;
use super::turns;
use crate::interrupt::Interrupt;
use crate::journal::{Journal, JournalError};
use crate::runner::Progress;
use crate::target::{OwnServer, TargetError};
use crate::workload::{Session, SessionError};
use client::endpoint::Endpoint;
use client::tls::Trust;
use client::{DialError, Dialer};
use llm::exchange::Way;
use llm::format::Format;
use servers::pacer::Pacer;
use std::io;
use std::time::Duration;
use trial::{AgentArm, AgentLoop, AgentOutcome, AgentPlan, Line};
use wire::Facts;

/// Longest silence of an answer: a loop that is scaled down has none of seconds.
const SILENCE: Duration = Duration::from_secs(30);
const DIAL_LIMIT: Duration = Duration::from_secs(5);
/// Why there is no arm C.
const NO_HTTP2: &str = "waits for the HTTP/2 carrier";

/// Why no more loops can be run.
#[derive(Debug, thiserror::Error)]
pub enum BlocksError {
    /// No server of our own.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The server does not answer, or is not ours.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The server's name or the relay's has no address.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// Nothing more can be recorded.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// No socket or no thread.
    #[error("cannot start a thread or a relay: {0}")]
    Host(#[from] io::Error),
}

/// A run of blocks.
pub struct Blocks {
    /// What is asked of every arm.
    pub plan: AgentPlan,
    /// Seed of scripts and orders.
    pub seed: u64,
    /// A server that goes on living; without one each block starts its own.
    pub target: Option<Endpoint>,
    /// Header lines for every request to that server.
    pub headers: Vec<(String, String)>,
}

/// A server, and ways to it from every distance.
struct Place {
    own: Option<OwnServer>,
    ways: Vec<(u64, Dialer, String, Option<Distance>)>,
    headers: Vec<(String, String)>,
}

impl Blocks {
    /// Loops of the whole run, those of arms that cannot be included.
    pub fn planned(&self) -> u64 {
        u64::from(self.plan.blocks) * self.in_block() as u64
    }

    const fn in_block(&self) -> usize {
        self.plan.rtts_ns.len() * AgentArm::ALL.len()
    }

    /// Runs every block, or those before an interrupt, and records each loop.
    ///
    /// # Errors
    /// [`BlocksError`]; what was recorded before is kept. A loop that fails is a record, not an error.
    pub async fn run(
        &self,
        journal: &mut Journal,
        interrupt: &mut Interrupt,
        mut show: impl FnMut(&Progress),
    ) -> Result<Progress, BlocksError> {
        let pacer = Pacer::spawn()?;
        let mut progress = Progress { planned: self.planned(), ..Progress::default() };
        for block in 0..self.plan.blocks {
            let place = self.place().await?;
            tokio::select! {
                ran = self.block(block, &place, &pacer, journal, &mut progress, &mut show) => ran?,
                () = interrupt.wait() => {}
            }
            if let Some(own) = place.own {
                own.stop().await;
            }
            if interrupt.came() {
                break;
            }
        }
        Ok(progress)
    }

    async fn block(
        &self,
        block: u32,
        place: &Place,
        pacer: &Pacer,
        journal: &mut Journal,
        progress: &mut Progress,
        show: &mut impl FnMut(&Progress),
    ) -> Result<(), BlocksError> {
        let Some(script) = Script::draw(&self.plan, self.seed, block) else { return Ok(()) };
        place.warm_up(&self.plan, pacer).await;
        for (position, (rtt_ns, arm)) in (0..).zip(order(&self.plan, self.seed, block)) {
            let rtt = Duration::from_nanos(rtt_ns);
            progress.current = format!("block {block} {} at {}", arm.letter(), humantime::format_duration(rtt));
            self.expect(progress, &script);
            show(progress);
            let outcome = place.outcome(rtt_ns, arm, &script, pacer).await;
            if let AgentOutcome::Failed(why) = &outcome {
                progress.failures.push(format!("{}: {why}", arm.letter()));
            }
            journal.append(&Line::AgentLoop(Box::new(AgentLoop { arm, block, position, rtt_ns, outcome })))?;
            progress.finished += 1;
        }
        Ok(())
    }

    /// What is finished and left, as far as schedules and round trips say.
    fn expect(&self, progress: &mut Progress, script: &Script) {
        let scheduled: Duration = script.steps().iter().map(|s| s.tool + Duration::from_nanos(s.model_ns)).sum();
        let trips_ns = self.plan.rtts_ns.iter().sum::<u64>() / self.plan.rtts_ns.len().max(1) as u64;
        let each = scheduled + Duration::from_nanos(trips_ns) * self.plan.turns;
        progress.expected_done = each * u32::try_from(progress.finished).unwrap_or(u32::MAX);
        progress.expected_left = each * u32::try_from(progress.planned - progress.finished).unwrap_or(u32::MAX);
    }

    /// A server for one block, and the relays to it.
    async fn place(&self) -> Result<Place, BlocksError> {
        let (own, endpoint) = match &self.target {
            Some(endpoint) => (None, endpoint.clone()),
            None => {
                let own = OwnServer::start_llm(self.plan.cost_per_byte_ns).await?;
                let url = own.url().parse().map_err(|error| io::Error::other(format!("{error}")))?;
                (Some(own), url)
            }
        };
        let direct = Dialer::resolve(&endpoint, None, DIAL_LIMIT).await?;
        let mut ways = Vec::new();
        for &rtt_ns in &self.plan.rtts_ns {
            let address = direct.addresses().first().copied().filter(|_| rtt_ns > 0);
            let distance = address.map(|address| Distance::open(address, rtt_ns)).transpose()?;
            let dialer = match &distance {
                None => direct.clone(),
                Some(distance) => {
                    let at = distance.address();
                    let near = Endpoint { host: at.ip().to_string(), port: at.port(), ..endpoint.clone() };
                    Dialer::resolve(&near, None, DIAL_LIMIT).await?
                }
            };
            ways.push((rtt_ns, dialer, endpoint.authority.clone(), distance));
        }
        Ok(Place { own, ways, headers: self.headers.clone() })
    }
}

impl Place {
    /// A way without connections.
    fn way(&self, rtt_ns: u64) -> Option<Way> {
        let (_, dialer, authority, _) = self.ways.iter().find(|(rtt, ..)| *rtt == rtt_ns)?;
        let (dialer, headers) = (dialer.clone(), self.headers.clone());
        let way = Way::new(dialer, authority, "/", Format::OpenaiResponses, headers, SILENCE);
        Some(Way { cancels: true, ..way })
    }

    /// A short loop on either transport, thrown away: the first request of a process is slower than any other.
    async fn warm_up(&self, plan: &AgentPlan, pacer: &Pacer) {
        let plan = AgentPlan { turns: 2, ..plan.clone() };
        for &(rtt_ns, ..) in &self.ways {
            for arm in [AgentArm::B, AgentArm::F] {
                if let (Some(way), Some(script)) = (self.way(rtt_ns), Script::draw(&plan, 0, 0)) {
                    // What fails here fails in the loops, where it is recorded.
                    let _ = turns::run(&way, &pacer.handle(), arm, &script).await;
                }
            }
        }
    }

    async fn outcome(&self, rtt_ns: u64, arm: AgentArm, script: &Script, pacer: &Pacer) -> AgentOutcome {
        let way = self.way(rtt_ns).filter(|_| arm != AgentArm::C);
        let Some(way) = way else { return AgentOutcome::Unsupported(NO_HTTP2.to_owned()) };
        match turns::run(&way, &pacer.handle(), arm, script).await {
            Ok(turns) => AgentOutcome::Measured(turns),
            Err(failure) => AgentOutcome::Failed(way.secrets.hide(&failure.to_string())),
        }
    }
}

/// The loops of a block: round trips in random order, within each of them the arms back to back in random order.
fn order(plan: &AgentPlan, seed: u64, block: u32) -> Vec<(u64, AgentArm)> {
    let mut random = fastrand::Rng::with_seed(seed ^ (u64::from(block) << 32));
    let mut rtts = plan.rtts_ns.clone();
    random.shuffle(&mut rtts);
    let mut arms_at = |rtt_ns| {
        let mut arms = AgentArm::ALL;
        random.shuffle(&mut arms);
        arms.map(|arm| (rtt_ns, arm))
    };
    rtts.into_iter().flat_map(&mut arms_at).collect()
}

/// What a server states about itself.
///
/// # Errors
/// [`SessionError`] when it does not answer, or is not ours.
pub async fn facts(endpoint: &Endpoint, headers: &[(String, String)]) -> Result<Facts, SessionError> {
    Ok(Session::open(endpoint, &Trust::from_flags(None, false), headers).await?.facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_holds_every_arm_once_at_every_round_trip_and_none_is_always_first() {
        let rtts_ns = vec![0, 20_000_000];
        let plan = AgentPlan {
            turns: 1,
            blocks: 9,
            rtts_ns,
            history_bytes: 1,
            growth_bytes: 1,
            speed: 1.0,
            cost_per_byte_ns: 0,
        };
        let orders: Vec<_> = (0..9).map(|block| order(&plan, 1, block)).collect();
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            let all = plan.rtts_ns.iter().flat_map(|&rtt| AgentArm::ALL.map(|arm| (rtt, arm)));
            assert!(sorted.into_iter().eq(all));
            assert!(order[..7].iter().all(|(rtt, _)| *rtt == order[0].0), "arms of one round trip are neighbours");
        }
        assert!(orders.iter().any(|order| order[0] != orders[0][0]));
    }
}
