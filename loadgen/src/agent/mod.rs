//! Tool loops against a language model, in arms that differ in one thing each. Refuses to subtract them: `reports` does.
//!
//! ```text
//!  script: what every arm of a block asks ─► turns: one loop of one arm ─► blocks: every arm at every round trip
//!                                              │ through `distance` where a round trip is added
//! ```

pub mod blocks;
pub mod distance;
pub mod script;
pub mod turns;
