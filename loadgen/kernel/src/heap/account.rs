//! Live bytes by call stack, from the moment at which somebody asks for an account. Refuses to touch memory that is not
//! its own.
//!
//! The account allocates through the allocator that it accounts for: a flag of the thread keeps what it needs out of it.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Frames of a stack that are kept, from the allocation outwards.
const FRAMES: usize = 64;

static KEPT: AtomicBool = AtomicBool::new(false);
static ACCOUNT: Mutex<Account> = Mutex::new(Account::new());

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Without a seed: a constant can make it.
type Map<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

struct Account {
    /// Live blocks by address.
    blocks: Map<usize, Block>,
    /// Places in `stacks`.
    known: Map<Box<[usize]>, usize>,
    stacks: Vec<Stack>,
}

struct Block {
    bytes: usize,
    stack: usize,
}

/// What one call stack holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stack {
    /// Return addresses, from the allocation outwards.
    pub(super) addresses: Box<[usize]>,
    /// Bytes requested and not given back.
    pub(super) bytes: u64,
    /// Blocks of those bytes.
    pub(super) blocks: u64,
}

impl Account {
    const fn new() -> Self {
        let hasher = BuildHasherDefault::new();
        Self {
            blocks: Map::with_hasher(hasher),
            known: Map::with_hasher(BuildHasherDefault::new()),
            stacks: Vec::new(),
        }
    }

    fn take(&mut self, address: usize, bytes: usize, frames: &[usize]) {
        // A block whose end was missed: its thread was inside.
        self.give_back(address);
        let stack = self.known.get(frames).copied().unwrap_or_else(|| {
            self.stacks.push(Stack { addresses: frames.into(), bytes: 0, blocks: 0 });
            self.known.insert(frames.into(), self.stacks.len() - 1);
            self.stacks.len() - 1
        });
        self.stacks[stack].bytes += bytes as u64;
        self.stacks[stack].blocks += 1;
        self.blocks.insert(address, Block { bytes, stack });
    }

    fn give_back(&mut self, address: usize) {
        if let Some(Block { bytes, stack }) = self.blocks.remove(&address) {
            self.stacks[stack].bytes -= bytes as u64;
            self.stacks[stack].blocks -= 1;
        }
    }
}

/// Begins or ends the account: blocks that are live when it begins are not in it.
pub(super) fn keep(kept: bool) {
    KEPT.store(kept, Relaxed);
}

/// Whether somebody asked for an account: one relaxed load.
#[inline]
pub(super) fn is_kept() -> bool {
    KEPT.load(Relaxed)
}

/// Runs `work` and keeps what it allocates out of the account; `None` where this thread is inside already.
pub(super) fn inside<T>(work: impl FnOnce() -> T) -> Option<T> {
    let entered = INSIDE.try_with(|inside| !inside.replace(true)).unwrap_or(false);
    entered.then(|| {
        let done = work();
        let _ = INSIDE.try_with(|inside| inside.set(false));
        done
    })
}

fn account() -> MutexGuard<'static, Account> {
    ACCOUNT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A block was taken, by the function that called; an address of zero is none.
#[cold]
pub(super) fn taken(address: usize, bytes: usize) {
    if address == 0 {
        return;
    }
    inside(|| {
        let (mut frames, mut depth) = ([0; FRAMES], 0);
        backtrace::trace(|frame| {
            frames[depth] = frame.ip().addr();
            depth += 1;
            depth < FRAMES
        });
        account().take(address, bytes, &frames[..depth]);
    });
}

/// A block is about to be given back.
#[cold]
pub(super) fn given_back(address: usize) {
    inside(|| account().give_back(address));
}

/// Whether no block is live that was taken since the start.
pub(super) fn is_empty() -> bool {
    account().blocks.is_empty()
}

/// The stacks that hold something now; to be asked from inside.
pub(super) fn stacks() -> Vec<Stack> {
    account().stacks.iter().filter(|stack| stack.blocks > 0).cloned().collect()
}
