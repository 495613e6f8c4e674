//! What only the kernel can tell: counters of a TCP socket, bytes on the wire, frames on an interface.
//!
//! The one crate with `unsafe`, and in it one module: `option.rs`, two socket options that no crate wraps. Refuses to
//! measure time, and to know what the bytes mean.

pub mod capture;
pub mod heap;
mod option;
pub mod tcp_info;
pub mod wire_bytes;

pub use capture::{Capture, Flow, Seen};
pub use tcp_info::TcpInfo;
pub use wire_bytes::{Family, Leg};
