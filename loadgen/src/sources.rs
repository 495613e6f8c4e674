//! The addresses that connections come from: those that the user names, or as many of loopback's as find ports at once. Refuses
//! to choose any other: those have owners.

use client::DialError;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::str::FromStr;
use trial::check::host::FOUND_AT_ONCE;

/// Most addresses: ports for more connections than any host holds.
const MOST: u32 = 1_024;

/// Addresses as the user names them: a list with commas, of single ones and of IPv4 ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sources(Vec<IpAddr>);

impl Sources {
    /// These addresses, all of which this host has.
    ///
    /// # Errors
    /// [`DialError::NoAddress`] for the first that it does not have.
    pub(crate) fn of_this_host(&self) -> Result<Vec<IpAddr>, DialError> {
        let own = |&address: &IpAddr| UdpSocket::bind((address, 0)).map_err(|_| DialError::NoAddress(address));
        self.0.iter().try_for_each(|address| own(address).map(drop)).map(|()| self.0.clone())
    }
}

impl FromStr for Sources {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Vec::new();
        for part in text.split(',').map(str::trim) {
            let some = range(part).ok_or_else(|| {
                format!("'{part}' is neither an address nor a range of IPv4 addresses such as 127.0.0.2-127.0.0.9")
            })?;
            for address in some {
                if !all.contains(&address) {
                    all.push(address);
                }
            }
            if all.len() > MOST as usize {
                return Err(format!("more than {MOST} addresses"));
            }
        }
        Ok(Self(all))
    }
}

/// One address, or those from the first to the last.
fn range(text: &str) -> Option<Vec<IpAddr>> {
    let Some((first, last)) = text.split_once('-') else { return Some(vec![text.parse().ok()?]) };
    let number = |text: &str| text.trim().parse::<Ipv4Addr>().ok().map(u32::from);
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then(|| from(first).take((last - first) as usize + 1).take(MOST as usize + 1).collect())
}

/// IPv4 addresses from one on, by their number.
fn from(first: u32) -> impl Iterator<Item = IpAddr> {
    (first..=u32::MAX).map(|number| Ipv4Addr::from(number).into())
}

/// Where so many connections to one of these addresses come from: the `named` addresses; without them as many of 127.0.0.0/8
/// as find ports at once, where one does not and the way is loopback; else where the kernel chooses (none).
pub(crate) fn of(named: &[IpAddr], connections: u64, to: &[SocketAddr]) -> Vec<IpAddr> {
    let loopback = |to: &SocketAddr| to.is_ipv4() && to.ip().is_loopback();
    if !named.is_empty() || connections <= FOUND_AT_ONCE || !to.iter().any(loopback) {
        return named.to_vec();
    }
    // Half of what finds a port at once: the last few of them take long.
    let wanted = connections.div_ceil(FOUND_AT_ONCE / 2).min(u64::from(MOST));
    from(Ipv4Addr::LOCALHOST.into()).take(wanted as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Result<Vec<String>, String> {
        text.parse().map(|Sources(all)| all.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn lists_and_ranges_are_read_and_none_is_named_twice() {
        assert_eq!(named("127.0.0.2").unwrap(), ["127.0.0.2"]);
        assert_eq!(named("127.0.0.254-127.0.1.1, ::1,127.0.0.255").unwrap().join(" "), {
            "127.0.0.254 127.0.0.255 127.0.1.0 127.0.1.1 ::1"
        });
        assert_eq!(named("127.0.0.1-127.0.4.0").unwrap().len(), 1_024);
        assert_eq!(named("255.255.255.254-255.255.255.255").unwrap().len(), 2);
        for (text, why) in [
            ("", "'' is neither"),
            ("localhost", "'localhost' is neither"),
            ("127.0.0.9-127.0.0.2", "is neither"),
            ("::1-::2", "is neither"),
            ("127.0.0.1-127.0.4.1", "more than 1024 addresses"),
            ("0.0.0.0-255.255.255.255", "more than 1024 addresses"),
        ] {
            assert!(named(text).is_err_and(|error| error.contains(why)), "{text}");
        }
    }

    #[test]
    fn an_address_of_another_host_is_named() {
        let sources = |text: &str| text.parse::<Sources>().unwrap().of_this_host();
        assert_eq!(sources("127.0.0.2-127.0.0.9").unwrap().len(), 8);
        assert_eq!(sources("127.0.0.2,192.0.2.1"), Err(DialError::NoAddress([192, 0, 2, 1].into())));
    }

    #[test]
    fn only_crowds_on_loopback_are_spread_unasked() {
        let (near, far) = (SocketAddr::from(([127, 0, 0, 1], 80)), SocketAddr::from(([192, 0, 2, 1], 80)));
        let six = SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, 80));
        let none: Vec<IpAddr> = Vec::new();
        assert_eq!(
            [of(&[], 14_000, &[near]), of(&[], 99_999, &[far]), of(&[], 99_999, &[six])],
            [&none, &none, &none].map(Clone::clone)
        );
        assert_eq!(of(&[], 14_001, &[six, near]).last(), Some(&[127, 0, 0, 3].into()));
        assert_eq!(of(&[], 100_000, &[near]).len(), 15);
        let one = [IpAddr::from([192, 0, 2, 7])];
        assert_eq!(of(&one, 99_999, &[near]), one);
    }
}
