//! Which rule a warning belongs to and what follows from it (METHODOLOGY, detectors). Pure data.

use crate::Warning;
use Action::{Inform, Redo, Refuse, Void, Warn};
use serde::Serialize;
use std::fmt;

/// What follows when a detector fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Said, nothing more.
    Inform,
    /// Said beside every number that it bears on.
    Warn,
    /// The whole block is run again, while time allows.
    Redo,
    /// The trial stays on disk and out of every ratio.
    Void,
    /// Nothing is measured, or no verdict is given.
    Refuse,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Inform => "inform",
            Warn => "warn",
            Redo => "redo",
            Void => "void",
            Refuse => "refuse",
        })
    }
}

impl Warning {
    /// Number of the rule that gives it; `None` for what is no mistake of the ruler's.
    pub const fn rule(&self) -> Option<u8> {
        Some(match self {
            Self::GeneratorLate { .. } | Self::GeneratorBusy { .. } => 1,
            Self::PacerLate { .. } => 3,
            Self::ClockUncertain { .. } => 8,
            Self::AcksDiffer { .. } => 13,
            Self::CongestionDiffers { .. } => 15,
            Self::EventsLost { .. } => 19,
            Self::Loopback => 21,
            Self::UnequalArms { .. } => 22,
            Self::DebugBuild { .. } => 23,
            Self::Drifting { .. } => 24,
            Self::NotEstimable { .. } => 25,
            Self::DependentEvents { .. } => 26,
            Self::RulerUnfit { .. } => 27,
            Self::PositionEffect { .. } => 31,
            Self::StoppedEarly { .. } => 32,
            Self::StreamsFailed { .. } | Self::LongLivedServer => return None,
        })
    }

    /// What follows from it.
    pub const fn action(&self) -> Action {
        match self {
            Self::DebugBuild { .. }
            | Self::CongestionDiffers { .. }
            | Self::UnequalArms { .. }
            | Self::RulerUnfit { .. } => Refuse,
            Self::EventsLost { .. } => Void,
            Self::NotEstimable { .. } | Self::DependentEvents { .. } => Inform,
            Self::PacerLate { .. }
            | Self::GeneratorLate { .. }
            | Self::GeneratorBusy { .. }
            | Self::ClockUncertain { .. }
            | Self::StreamsFailed { .. }
            | Self::StoppedEarly { .. }
            | Self::Loopback
            | Self::LongLivedServer
            | Self::AcksDiffer { .. }
            | Self::Drifting { .. }
            | Self::PositionEffect { .. } => Warn,
        }
    }
}
