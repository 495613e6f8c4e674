//! What a connection has a server request of its allocator: a server of its own that accounts for its heap, asked with few
//! and with twice as many quiet connections. Refuses to read a time or a page from it: the account slows it.

use super::quiet::{Events, Quiet};
use super::session::Session;
use super::{Order, TrialError};
use crate::target::OwnServer;
use crate::tool;
use trial::{HeapAccount, Tool};
use wire::{Facts, HeapSite};

/// Connections at the two readings: powers of two, so that what grows by doubling has doubled.
const CONNECTIONS: (u32, u32) = (64, 128);
/// Blocks that hold an account. It is exact: the second shows that it is, a third would say nothing.
pub(super) const BLOCKS: u32 = 2;

/// The account of an order's server, whose facts say which build it is; or why there is none.
pub(super) async fn account(order: &Order, events: Events<'_>, facts: &Facts) -> HeapAccount {
    let theirs = Tool { version: facts.version.clone(), commit: facts.commit.clone(), profile: facts.profile.clone() };
    let read = if theirs == tool::facts() {
        between(order, events).await.map_err(|error| error.to_string())
    } else {
        Err("the server is of another build than this program, which accounts for its own alone".to_owned())
    };
    read.unwrap_or_else(|why| HeapAccount { not_measured: Some(why), ..HeapAccount::default() })
}

async fn between(order: &Order, events: Events<'_>) -> Result<HeapAccount, TrialError> {
    let server = OwnServer::start_accounted(&order.cell).await;
    let server = server.map_err(|error| TrialError::Broken(error.to_string()))?;
    let read = readings(order, events, &server).await;
    server.stop().await;
    let (before, after) = read?;
    Ok(HeapAccount::between((u64::from(CONNECTIONS.0), &before), (u64::from(CONNECTIONS.1), &after)))
}

async fn readings(
    order: &Order,
    events: Events<'_>,
    server: &OwnServer,
) -> Result<(Vec<HeapSite>, Vec<HeapSite>), TrialError> {
    let mut session = Session::open(&server.url().parse()?, &order.trust(), &[]).await?;
    session.carry(order.arm.carrier, &order.trust()).await?;
    // One by one: how many come at once decides how far some tables grow.
    let mut quiet = Quiet::none(events, 1);
    let read = async {
        quiet.open(order, &mut session, CONNECTIONS.0).await?;
        let before = sites(&mut session).await?;
        quiet.open(order, &mut session, CONNECTIONS.1).await?;
        Ok((before, sites(&mut session).await?))
    };
    let read = read.await;
    quiet.close().await?;
    read
}

async fn sites(session: &mut Session) -> Result<Vec<HeapSite>, TrialError> {
    Ok(session.control.get("/heap").await.map_err(super::session::SessionError::from)?)
}
