//! Arms that differ in more than the transport. Refuses their ratio: a difference of knobs is no
//! difference of protocols. Cell and load need no look, a trial of another cell is no trial of this one.

use std::fmt::Debug;
use trial::{Cadence, Outcome, Trial};

/// One thing in which two arms differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inequality {
    /// The knob, as records name it.
    pub what: &'static str,
    /// Value in the base arm.
    pub base: String,
    /// Value in the other arm.
    pub other: String,
}

/// Everything in which any measured trial of `others` differs from the first measured trial of `base`, and `base` from
/// itself; each knob once.
pub fn unequal(base: &[&Trial], others: &[&Trial]) -> Vec<Inequality> {
    let measured = |trial: &&&Trial| matches!(trial.outcome, Outcome::Measured(_));
    let Some(first) = base.iter().find(measured) else {
        return Vec::new();
    };
    let mut found: Vec<Inequality> = Vec::new();
    for trial in base.iter().chain(others).filter(measured) {
        for (left, right) in manifest(first).into_iter().zip(manifest(trial)) {
            if left.1 != right.1 && !found.iter().any(|known| known.what == left.0) {
                found.push(Inequality { what: left.0, base: left.1, other: right.1 });
            }
        }
    }
    found.extend(schedules(base, others));
    found
}

/// The knob that is refused under a name of its own.
pub const CONGESTION: &str = "congestion_control";

/// Every knob of a trial by name. Process ids and times differ by nature and are left out.
fn manifest(trial: &Trial) -> Vec<(&'static str, String)> {
    let (server, client, tool) = (trial.server.as_ref(), &trial.client, &trial.tool);
    let mut all = vec![
        ("generator", format!("{} {} {}", tool.version, tool.commit, tool.profile)),
        ("client_threads", client.threads.to_string()),
        ("client_cpus", text(&client.cpus)),
        ("processes", text(&client.processes)),
        ("client_sources", text(&client.sources)),
        ("server", server.map_or("none", |_| "ours").to_owned()),
    ];
    if let Some(facts) = server {
        let tuning = &facts.tuning;
        all.extend([
            ("server_build", format!("{} {} {}", facts.version, facts.commit, facts.profile)),
            ("wire_version", facts.wire_version.to_string()),
            ("host", format!("{} {} {}", facts.boot_id, facts.kernel, facts.cpu)),
            ("server_threads", facts.threads.to_string()),
            ("server_cpus", text(&facts.cpus)),
            ("limits", text(&facts.limits)),
            ("transports", text(&facts.transports)),
            ("preset", tuning.preset.to_string()),
            ("nodelay", tuning.nodelay.to_string()),
            ("flush", tuning.flush.to_string()),
            ("cadence", Cadence::of(tuning).to_string()),
            ("sse_encoder", text(&tuning.sse_encoder)),
            ("websocket_read_buffer_bytes", tuning.websocket_read_buffer_bytes.to_string()),
            ("websocket_write_buffer_bytes", tuning.websocket_write_buffer_bytes.to_string()),
            ("send_buffer_bytes", tuning.send_buffer_bytes.map_or("auto".to_owned(), |bytes| bytes.to_string())),
            (CONGESTION, tuning.congestion_control.clone().unwrap_or_else(|| "default".to_owned())),
            ("backlog", tuning.backlog.to_string()),
        ]);
    }
    all
}

fn text(value: &impl Debug) -> String {
    format!("{value:?}")
}

/// The arms of one block replay one schedule: their seeds are equal.
fn schedules(base: &[&Trial], others: &[&Trial]) -> Option<Inequality> {
    let same_block = |base: &Trial| others.iter().find(|other| other.block == base.block && other.seed != base.seed);
    let (base, other) = base.iter().find_map(|base| Some((base, same_block(base)?)))?;
    Some(Inequality { what: "seed", base: base.seed.to_string(), other: other.seed.to_string() })
}
