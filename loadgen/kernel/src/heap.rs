//! What a process has requested of its allocator and not given back, by call stack: an exact account of its own heap.
//! Refuses to know what the functions are for.

mod account;
mod allocator;

pub use allocator::Heap;

use std::collections::HashMap;
use std::hint::black_box;

/// Bytes that one place in the program has requested and not given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Functions from the allocation outwards, by the names of their symbols: what was inlined has none.
    pub frames: Vec<String>,
    /// Bytes requested.
    pub bytes: u64,
    /// Blocks of those bytes.
    pub blocks: u64,
}

/// Starts the account of this process; whether it is kept: only a program whose global allocator is [`Heap`] keeps one.
pub fn start() -> bool {
    account::keep(true);
    let probe = black_box(Box::new(0_u8));
    let kept = !account::is_empty();
    account::keep(kept);
    drop(probe);
    kept
}

/// Every place that holds something now, nothing of what asking takes; `None` where no account is kept.
pub fn sites() -> Option<Vec<Site>> {
    let read = || {
        let mut names = HashMap::new();
        let mut name = |address: usize| names.entry(address).or_insert_with(|| symbol(address)).clone();
        let site = |stack: account::Stack| Site {
            frames: stack.addresses.iter().map(|&address| name(address)).collect(),
            bytes: stack.bytes,
            blocks: stack.blocks,
        };
        account::stacks().into_iter().map(site).collect()
    };
    account::is_kept().then(|| account::inside(read)).flatten()
}

/// The function that an address lies in; empty where the program has no symbol for it.
fn symbol(address: usize) -> String {
    let mut name = String::new();
    // Where there is debug information, inlined functions come first: the last one is the symbol's.
    backtrace::resolve(std::ptr::without_provenance_mut(address), |symbol| {
        name = symbol.name().map_or_else(String::new, |name| format!("{name:#}"));
    });
    name
}
