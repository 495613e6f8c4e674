//! One look at a text before anything else is done with it. Refuses to say where it is not plain.

/// Longer texts are left to `memchr` and `simdutf8`, which find out what the processor can do: for short ones that takes longer
/// than the look.
const MOST_BYTES: usize = 256;

/// Whether a short text is ASCII without control characters: it is UTF-8 then, and no line ends in it.
#[inline]
pub(super) fn is_plain(text: &[u8]) -> bool {
    match text.len() {
        MOST_BYTES.. => false,
        32.. => in_steps::<32>(text),
        8.. => in_steps::<8>(text),
        _ => text.iter().copied().all(is_plain_byte),
    }
}

/// Looks at `N` bytes at once, for which the compiler takes vector instructions; the last step overlaps the one before it.
#[inline]
fn in_steps<const N: usize>(text: &[u8]) -> bool {
    let plain = |step: &[u8; N]| step.iter().fold(true, |plain, &byte| plain & is_plain_byte(byte));
    let last = text.len() - N;
    (0..text.len()).step_by(N).all(|at| text[at.min(last)..].first_chunk().is_some_and(plain))
}

/// As a signed number a byte outside ASCII is below zero: one comparison refuses it along with the control characters.
const fn is_plain_byte(byte: u8) -> bool {
    byte as i8 >= b' ' as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_is_seen_at_every_place_of_every_length() {
        for length in 0..100 {
            let mut text = vec![b'~'; length];
            assert!(is_plain(&text), "{length} bytes");
            for at in 0..length {
                for byte in [b'\n', b'\r', 0x00, 0x1F, 0x80, 0xFF] {
                    text[at] = byte;
                    assert!(!is_plain(&text), "{byte:#x} at {at} of {length}");
                }
                text[at] = b' ';
            }
        }
    }

    proptest! {
        #[test]
        fn plain_text_is_one_line_of_ascii(text in "[ -~]{0,70}.{0,1}[\t -\u{83}]{0,3}") {
            prop_assert_eq!(is_plain(text.as_bytes()), text.chars().all(|c| c.is_ascii() && c >= ' '));
        }
    }
}
