//! What this program is, for records.

use trial::Tool;

/// Version, commit and build profile.
pub fn facts() -> Tool {
    Tool {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: servers::COMMIT.to_owned(),
        profile: if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned(),
    }
}
