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
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        let block = unsafe { System.alloc(layout) };
        account::taken(block.addr(), layout.size());
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: likewise. Passed on as it is: the system gives fresh pages without touching them.
        let block = unsafe { System.alloc_zeroed(layout) };
        account::taken(block.addr(), layout.size());
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // Before another thread can be given the same address.
        account::given_back(block.addr());
        // SAFETY: likewise.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        account::given_back(block.addr());
        // SAFETY: likewise.
        let grown = unsafe { System.realloc(block, layout, size) };
        let (kept, bytes) = if grown.is_null() { (block, layout.size()) } else { (grown, size) };
        account::taken(kept.addr(), bytes);
        grown
    }
}
