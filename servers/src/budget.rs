//! Memory that clients make a server keep, all of them together. Refuses to allocate: who does takes a charge first.

use crate::refusal::Refusal;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// One for each server.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    most: usize,
    used: AtomicUsize,
}

/// Bytes that were taken, given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    pool: Arc<Pool>,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Pool { most, used: AtomicUsize::new(0) }))
    }

    /// A charge of nothing, to grow.
    pub(crate) fn open(&self) -> Charge {
        Charge { pool: Arc::clone(&self.0), bytes: 0 }
    }

    /// Takes so many bytes, if they are left.
    pub(crate) fn take(&self, bytes: usize) -> Result<Charge, Refusal> {
        let mut charge = self.open();
        charge.grow(bytes)?;
        Ok(charge)
    }
}

impl Charge {
    /// Takes so many bytes more, if they are left.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let Pool { most, used } = &*self.pool;
        let taken = used.fetch_update(Relaxed, Relaxed, |used| used.checked_add(bytes).filter(|sum| sum <= most));
        taken.map_err(|_| Refusal::no_memory(*most))?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.pool.used.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_given_back() {
        let budget = Budget::new(100);
        let mut first = budget.take(60).unwrap();
        assert_eq!(budget.take(41).unwrap_err().status.as_u16(), 503);
        first.grow(40).unwrap();
        assert!(first.grow(1).is_err() && first.grow(usize::MAX).is_err());
        drop(first);
        assert!(budget.take(100).is_ok() && budget.take(100).is_ok());
    }
}
