//! System calls that no crate wraps: `getsockopt` and `setsockopt` for options that neither `nix` nor `socket2` knows, and
//! `sched_setscheduler`. Refuses to interpret a byte.
#![allow(unsafe_code, reason = "one of two places: three calls that take a pointer")]

use nix::libc::{SCHED_FIFO, c_int, getsockopt, sched_param, sched_setscheduler, setsockopt, socklen_t};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Reads an option into `buffer`; the part that the kernel filled, which is shorter on an older kernel.
pub(crate) fn read<'b>(
    socket: BorrowedFd<'_>,
    level: c_int,
    name: c_int,
    buffer: &'b mut [u8],
) -> io::Result<&'b [u8]> {
    let mut length = socklen_t::try_from(buffer.len()).map_err(io::Error::other)?;
    // SAFETY: the descriptor is borrowed, hence open; the pointer is valid for writes of `length` bytes, which the
    // kernel does not exceed, and every byte pattern is a valid `[u8]`.
    let answer = unsafe { getsockopt(socket.as_raw_fd(), level, name, buffer.as_mut_ptr().cast(), &raw mut length) };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(&buffer[..buffer.len().min(length as usize)])
}

/// Sets an option whose value is one C `int`.
pub(crate) fn write_int(socket: BorrowedFd<'_>, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
    // SAFETY: the descriptor is borrowed, hence open; the pointer is to a live `int`, and the length is its own.
    let answer = unsafe {
        setsockopt(socket.as_raw_fd(), level, name, (&raw const value).cast(), size_of::<c_int>() as socklen_t)
    };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Has the calling thread scheduled first in, first out, at the lowest real-time priority.
pub(crate) fn first_in_first_out() -> io::Result<()> {
    let parameters = sched_param { sched_priority: 1 };
    // SAFETY: thread 0 is the caller; the pointer is to a live structure that the kernel only reads.
    let answer = unsafe { sched_setscheduler(0, SCHED_FIFO, &raw const parameters) };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
