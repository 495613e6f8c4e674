//! What one of our servers produced for answers that were given up: its own counters around the run. Refuses to guess
//! for other servers.

use super::campaign::Prepared;
use crate::control::ControlError;
use crate::workload::Session;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use trial::InVain;
use wire::Vitals;

/// Longest wait for the server to notice the last hang-up.
const NOTICE_LIMIT: Duration = Duration::from_secs(2);
/// Between two looks at its counters.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The counters before the first request.
pub(super) struct Waste<'a> {
    session: &'a Session,
    before: Vitals,
}

impl<'a> Waste<'a> {
    /// Reads them; `None` when nothing will be given up, or nobody counts it.
    pub(super) async fn before(asked: &'a Prepared) -> Result<Option<Self>, ControlError> {
        let cancels = asked.campaign.turns.iter().any(|turn| turn.cancel_after.is_some());
        let Some(session) = asked.ours.as_ref().filter(|_| cancels) else { return Ok(None) };
        Ok(Some(Self { session, before: vitals(session).await? }))
    }

    /// Reads them again, once the server has noticed that `cancelled` answers were given up, or after two seconds;
    /// `received` are the events of all answers that came.
    pub(super) async fn after(self, cancelled: u64, received: u64) -> Result<InVain, ControlError> {
        let deadline = Instant::now() + NOTICE_LIMIT;
        loop {
            let now = vitals(self.session).await?;
            if now.answers_cancelled >= self.before.answers_cancelled + cancelled || Instant::now() >= deadline {
                return Ok(between(&self.before, &now, received));
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

/// A new connection each time: the server may close one that rests for the length of a run.
async fn vitals(session: &Session) -> Result<Vitals, ControlError> {
    session.another().await?.vitals(false).await
}

fn between(before: &Vitals, after: &Vitals, received: u64) -> InVain {
    let since = |counter: fn(&Vitals) -> u64| counter(after).saturating_sub(counter(before));
    InVain {
        answers: since(|vitals| vitals.answers_cancelled),
        events: since(|vitals| vitals.events_in_vain),
        tokens: since(|vitals| vitals.tokens_in_vain),
        unread_events: since(|vitals| vitals.events_sent).saturating_sub(received),
    }
}
