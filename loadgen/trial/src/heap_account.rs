//! What a connection has a server request of its allocator: the live bytes of each place in the program at two numbers of
//! connections. Exact, and repeatable to a few bytes. Refuses to know what pages were touched: that is another figure.

use serde::{Deserialize, Serialize};
use wire::{HeapSite, HeapUse};

/// The account of one trial.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeapAccount {
    /// Connections open at the first reading and at the second.
    pub connections: (u64, u64),
    /// What each site held more at the second, those without a difference left out.
    pub sites: Vec<HeapGrowth>,
    /// Why there is no account; `None` where there is one.
    pub not_measured: Option<String>,
}

/// By how much one site grew between the two readings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapGrowth {
    /// What it is for.
    #[serde(rename = "use")]
    pub purpose: HeapUse,
    /// The function that requested it.
    pub function: String,
    /// Bytes more.
    pub bytes: i64,
    /// Blocks more.
    pub blocks: i64,
}

impl HeapAccount {
    /// What `after` holds more than `before`; each is a number of connections and the sites then.
    pub fn between(before: (u64, &[HeapSite]), after: (u64, &[HeapSite])) -> Self {
        let held = |sites: &[HeapSite], like: &HeapSite| {
            let same = sites.iter().find(|site| site.purpose == like.purpose && site.function == like.function);
            same.map_or((0, 0), |site| (site.bytes as i64, site.blocks as i64))
        };
        let gone = before.1.iter().filter(|site| held(after.1, site) == (0, 0));
        let growth = |site: &HeapSite| {
            let (was, is) = (held(before.1, site), held(after.1, site));
            let (bytes, blocks) = (is.0 - was.0, is.1 - was.1);
            HeapGrowth { purpose: site.purpose, function: site.function.clone(), bytes, blocks }
        };
        let mut sites: Vec<_> = after.1.iter().chain(gone).map(growth).collect();
        sites.retain(|site| (site.bytes, site.blocks) != (0, 0));
        sites.sort_by_key(|site| std::cmp::Reverse(site.bytes));
        Self { connections: (before.0, after.0), sites, not_measured: None }
    }

    /// Bytes that a connection requests for uses that are `wanted`; `None` without an account.
    pub fn requested(&self, wanted: impl Fn(HeapUse) -> bool) -> Option<f64> {
        let bytes = self.sites.iter().filter(|site| wanted(site.purpose)).map(|site| site.bytes).sum();
        self.per_connection(bytes)
    }

    /// A difference between the two readings for each connection between them; `None` without an account.
    pub fn per_connection(&self, difference: i64) -> Option<f64> {
        let more = self.connections.1.checked_sub(self.connections.0).filter(|&more| more > 0)?;
        Some(difference as f64 / more as f64)
    }

    /// Share of the requested bytes whose use is known, in `[0, 1]`; `None` where nothing was requested.
    pub fn named_share(&self) -> Option<f64> {
        let of = |wanted: fn(HeapUse) -> bool| {
            let bytes = self.sites.iter().filter(|site| wanted(site.purpose)).map(|site| site.bytes.unsigned_abs());
            bytes.sum::<u64>() as f64
        };
        let (all, other) = (of(|_| true), of(|purpose| purpose == HeapUse::Other));
        (all > 0.0).then(|| 1.0 - other / all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(purpose: HeapUse, function: &str, bytes: u64, blocks: u64) -> HeapSite {
        HeapSite { purpose, function: function.to_owned(), bytes, blocks }
    }

    #[test]
    fn what_both_readings_share_cancels() {
        let before = [site(HeapUse::Own, "own", 500, 5), site(HeapUse::Runtime, "gone", 40, 1)];
        let after = [
            site(HeapUse::HyperRead, "read", 80_000, 10),
            site(HeapUse::Own, "own", 3_500, 15),
            site(HeapUse::Other, "other", 1_000, 1),
        ];
        let account = HeapAccount::between((10, &before), (20, &after));
        assert_eq!(account.requested(|_| true), Some(8_396.0));
        assert_eq!(account.requested(|purpose| !purpose.is_buffer()), Some(396.0));
        let gone = account.sites.last().map(|site| (site.function.as_str(), site.bytes, site.blocks));
        assert_eq!(gone, Some(("gone", -40, -1)));
        let named = account.named_share().unwrap();
        assert!((named - (1.0 - 1_000.0 / 84_040.0)).abs() < 1e-12, "{named}");
    }

    #[test]
    fn without_an_account_there_is_no_figure() {
        let none = HeapAccount { not_measured: Some("another build".to_owned()), ..HeapAccount::default() };
        assert_eq!((none.requested(|_| true), none.named_share()), (None, None));
    }
}
