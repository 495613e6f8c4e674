//! What this program is, for records.

use crate::{host, timestamp};
use trial::{Plan, Run, SCHEMA, Tool};

/// Version, commit and build profile.
pub fn facts() -> Tool {
    Tool {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: servers::COMMIT.to_owned(),
        profile: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
    }
}

/// A run of this program on this host from now on.
pub fn run(command: String, seed: u64, plan: Plan) -> Run {
    Run {
        schema: SCHEMA,
        tool: facts(),
        command,
        started: timestamp::now(),
        seed,
        plan,
        host: host::facts(),
        target: None,
        warnings: Vec::new(),
        older_search: None,
    }
}
