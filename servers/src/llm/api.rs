//! The APIs that official clients speak, and the format of each.

use super::format::Format;
use super::{chat::Chat, messages::Messages, responses::Responses};

/// An API that official clients speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// OpenAI Chat Completions.
    Chat,
    /// OpenAI Responses.
    Responses,
    /// Anthropic Messages.
    Messages,
}

impl Api {
    pub(super) fn format(self) -> &'static dyn Format {
        match self {
            Self::Chat => &Chat,
            Self::Responses => &Responses,
            Self::Messages => &Messages,
        }
    }
}
