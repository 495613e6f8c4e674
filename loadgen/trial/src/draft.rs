//! A workload in one flat form, whatever its kind: what a plan's file says of it, and what the records of schemas 1 to 6 hold.

use crate::{Content, Job, LlmLoad, Pace, Push, Scenario, Search, Timing, ToolLoop, Workload};
use script::JobKind;
use serde::{Deserialize, Deserializer};
use std::time::Duration;
use wire::{Faults, Rate, Schedule, Sharing};

/// All that can be said of a workload.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Draft {
    pub scenario: Scenario,
    pub load: Load,
    #[serde(default)]
    pub steps: Vec<u32>,
    #[serde(default)]
    pub stamps: bool,
    #[serde(default)]
    pub llm: Option<LlmLoad>,
    #[serde(default)]
    pub job: Option<Watched>,
    #[serde(default)]
    pub tool_loop: Option<ToolLoop>,
    #[serde(default)]
    pub search: Option<Search>,
}

/// How much of what, for how long.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Load {
    pub connections: u32,
    pub schedule: Schedule,
    pub rate: Rate,
    pub payload_bytes: usize,
    pub sharing: Sharing,
    pub ids: bool,
    #[serde(with = "crate::span::plain")]
    pub warmup: Duration,
    #[serde(with = "crate::span::plain")]
    pub window: Duration,
    #[serde(default)]
    pub faults: Faults,
}

/// Which jobs come in place of plain events.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Watched {
    pub kind: JobKind,
    pub speed: f64,
}

impl Draft {
    /// The workload, with the fields that its kind reads.
    pub(crate) fn workload(self) -> Workload {
        let Self { scenario, load, steps, stamps, llm, job, tool_loop, search } = self;
        let Load { connections, schedule, rate, payload_bytes, sharing, ids, warmup, window, faults } = load;
        let (pace, content, timing) =
            (Pace { schedule, rate }, Content { payload_bytes, ids }, Timing { warmup, window });
        let push = Push { connections, pace, sharing, content, timing, faults, stamps };
        match scenario {
            Scenario::Push => match job {
                Some(Watched { kind, speed }) => Workload::Job(Job { connections, kind, rate, speed, timing, stamps }),
                None => Workload::Push(push),
            },
            Scenario::Saturate => push.saturated(),
            Scenario::Relay => push.relayed(),
            Scenario::Echo => Workload::Echo { connections, pace, content, timing },
            Scenario::Connect => Workload::Connect { content, timing },
            Scenario::Memory => Workload::Memory { steps, content, faults: push.faults },
            Scenario::Handshake => Workload::Handshake { content },
            Scenario::Codec => Workload::Codec,
            Scenario::Browser => Workload::Browser,
            Scenario::Exact => Workload::Exact { content, faults: push.faults },
            Scenario::Llm => match llm {
                Some(asked) => Workload::Llm { connections, rate, asked, timing },
                None => Workload::Endpoint { connections, pace, timing },
            },
            Scenario::ToolLoop => Workload::ToolLoop(tool_loop.unwrap_or_default()),
            Scenario::Read => Workload::Read { connections, timing },
            Scenario::Capacity => Workload::Capacity { push, search: search.unwrap_or_default() },
        }
    }
}

/// The workload of a cell in a record, of this schema or an earlier one.
pub(crate) fn of_record<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Workload, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a cell without a workload: its scenario, and the fields of that scenario")]
    enum Form {
        Older(Box<Draft>),
        Today(Box<Workload>),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::Older(draft) => draft.workload(),
        Form::Today(workload) => *workload,
    })
}
