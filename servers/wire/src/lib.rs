//! What crosses the network between `servers` and a client.
//!
//! Plain data: transports, carriers, stamps, schedules, subscriptions, tuning and facts, each with its
//! text form. This crate opens no socket, reads no clock and allocates only where it must.
//!
//! A client and a server agree on one [`WIRE_VERSION`]; a run refuses to start when they differ.

mod carrier;
mod event_stamp;
mod facts;
mod faults;
mod heap;
mod marker;
pub mod query;
mod schedule;
mod stamp;
mod subscription;
mod time;
mod transport;
mod tuning;
mod witness;

pub use carrier::{Carrier, ParseCarrierError};
pub use event_stamp::{StampKey, close_event, event_stamp};
pub use facts::{Charged, ClockReading, Facts, KernelMemory, Limits, LlmFacts, ScheduleCost, Vitals};
pub use faults::{Faults, ParseFaultsError};
pub use heap::{HeapSite, HeapUse};
pub use marker::Marker;
pub use schedule::{Dues, ParseScheduleError, Rate, Schedule};
pub use stamp::{Payload, STAMP_BYTES, Stamp, StampError};
pub use subscription::{Sharing, SlowReader, Subscription};
pub use time::MonoTime;
pub use transport::{ParseTransportError, Role, Transport};
pub use tuning::{Encoder, Flush, ParseFlushError, ParsePresetError, Preset, Tuning};
pub use witness::Witnessed;

/// Has serde read and write a type as the text that it parses and prints (`try_from = "String", into = "String"`).
#[macro_export]
macro_rules! as_text {
    ($type:ty) => {
        impl TryFrom<String> for $type {
            type Error = <$type as std::str::FromStr>::Err;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    };
}

/// Version of everything that both ends must agree on: this crate, and what they draw from a seed (`script`).
pub const WIRE_VERSION: u32 = 3;

/// Smallest payload: the stamp alone.
pub const MIN_PAYLOAD_BYTES: usize = STAMP_BYTES;

/// Largest payload that a subscription may ask for (1 MiB).
pub const MAX_PAYLOAD_BYTES: usize = 1 << 20;
