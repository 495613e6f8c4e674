//! What only the kernel can tell: counters of a TCP socket, bytes on the wire, frames on an interface; and what a process
//! requests of its allocator.
//!
//! The one crate with `unsafe`, and in it two files: `option.rs`, two socket options that no crate wraps, and
//! `heap/allocator.rs`, an allocator that passes every call on. Refuses to measure time, and to know what the bytes mean.

pub mod capture;
pub mod heap;
mod option;
pub mod tcp_info;
pub mod wire_bytes;

pub use capture::{Capture, Flow, Seen};
pub use tcp_info::TcpInfo;
pub use wire_bytes::{Family, Leg};
