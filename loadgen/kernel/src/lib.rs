//! What only the kernel can tell: counters of a TCP socket, bytes on the wire, frames on an interface; and what a process
//! requests of its allocator.
//!
//! The one crate with `unsafe`, and in it two files: `option.rs`, system calls that no crate wraps, and `heap/allocator.rs`, an
//! allocator that passes every call on. Refuses to measure time, and to know what the bytes mean.

pub mod capture;
pub mod heap;
mod option;
pub mod tcp_info;
pub mod wire_bytes;

pub use capture::{Capture, Flow, Seen};
pub use tcp_info::TcpInfo;
pub use wire_bytes::{Family, Leg};

/// Has the calling thread scheduled before every ordinary one (`SCHED_FIFO`, lowest priority).
///
/// # Errors
/// What the kernel says where the process has no such right.
pub fn run_in_real_time() -> std::io::Result<()> {
    option::first_in_first_out()
}
