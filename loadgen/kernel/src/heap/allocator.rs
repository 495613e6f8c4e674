//! The allocator of the system, and beside it a call for each block while somebody keeps an account. Refuses to keep it.
#![allow(unsafe_code, reason = "an allocator is unsafe by its nature; every call is passed on as it came")]

use super::account;
use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator, which tells the account of each block while one is kept: one relaxed load a call otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub struct Heap;

// SAFETY: every block comes from `System` and goes back to it, with the caller's own layout and pointer; the account is
// told addresses and sizes only, and never looks behind an address.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        let pass_on = || unsafe { System.alloc(layout) };
        // A call on each way: the one without an account is then the system's own, and nothing comes after it.
        if account::is_kept() { noted(pass_on(), layout.size()) } else { pass_on() }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: likewise. Passed on as it is: the system gives fresh pages without touching them.
        let pass_on = || unsafe { System.alloc_zeroed(layout) };
        if account::is_kept() { noted(pass_on(), layout.size()) } else { pass_on() }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if account::is_kept() {
            // Before another thread can be given the same address.
            account::given_back(block.addr());
        }
        // SAFETY: likewise.
        unsafe { System.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: likewise.
        let pass_on = || unsafe { System.realloc(block, layout, size) };
        if !account::is_kept() {
            return pass_on();
        }
        account::given_back(block.addr());
        let grown = pass_on();
        if grown.is_null() {
            // It lives on where it was.
            noted(block, layout.size());
        }
        noted(grown, size)
    }
}

#[cold]
fn noted(block: *mut u8, bytes: usize) -> *mut u8 {
    account::taken(block.addr(), bytes);
    block
}
