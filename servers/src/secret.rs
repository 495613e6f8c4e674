//! A text that is compared and never printed: the token of a server, the key of its language models. Refuses to be logged.

use std::fmt;
use std::str::FromStr;
use subtle::ConstantTimeEq as _;

/// Bytes of a secret.
const MAX_BYTES: usize = 256;
/// Random bytes of one that is generated.
const RANDOM_BYTES: usize = 24;

/// A secret of 1 to 256 visible ASCII characters.
#[derive(Clone)]
pub struct Secret(String);

/// The key of the language-model service.
pub type ApiKey = Secret;

impl Secret {
    /// One that nobody can guess: 192 bits of the system's randomness, in hex digits.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate() -> std::io::Result<Self> {
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random).map_err(std::io::Error::other)?;
        Ok(Self(random.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Any text, to be checked later: what refuses a flag's value at once also prints it.
    pub(crate) const fn unchecked(text: String) -> Self {
        Self(text)
    }

    /// Whether it may be a secret of at least so many characters.
    pub(crate) fn fits(&self, least: usize) -> bool {
        (least..=MAX_BYTES).contains(&self.0.len()) && self.0.bytes().all(|byte| byte.is_ascii_graphic())
    }

    /// Whether `shown` is this secret; how long that takes says no more than whether the lengths are equal.
    pub(crate) fn is(&self, shown: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(shown).into()
    }

    /// The text itself, for the one place that hands it out.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl FromStr for Secret {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let secret = Self(text.to_owned());
        if secret.fits(1) { Ok(secret) } else { Err("expected 1 to 256 visible ASCII characters") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret: Secret = "secret-key".parse().unwrap();
        assert!(!format!("{secret:?}").contains("secret-key"));
        assert!("".parse::<Secret>().is_err() && "two words".parse::<Secret>().is_err());
        assert!("x".repeat(257).parse::<Secret>().is_err());
    }

    #[test]
    fn only_the_whole_secret_is_the_secret() {
        let secret = Secret::generate().unwrap();
        let text = secret.reveal().to_owned();
        assert!(secret.is(text.as_bytes()) && text.len() == 2 * RANDOM_BYTES);
        for other in ["", &text[1..], &format!("{text}0"), Secret::generate().unwrap().reveal()] {
            assert!(!secret.is(other.as_bytes()), "{other}");
        }
    }
}
