//! Feeds the same bytes twice, whole and in pieces: what comes out must be the same.

use client::{DecodeError, Framing, Signal};

/// What came out: signals as text, and the kind of the error (its text may quote more or less of what had come).
type Outcome = (Vec<String>, Option<std::mem::Discriminant<DecodeError>>);

/// Pushes `pieces` until an error.
pub fn outcome<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    mut push: impl FnMut(&[u8], &mut dyn FnMut(Signal<'_>)) -> Result<(), DecodeError>,
) -> Outcome {
    let mut seen = Vec::new();
    let mut sink = |signal: Signal<'_>| seen.push(format!("{signal:?}"));
    let error = pieces.map(|piece| push(piece, &mut sink)).find_map(Result::err);
    (seen, error.as_ref().map(std::mem::discriminant))
}

/// Compares the two ways for a bare decoder; the first byte says how long the pieces are.
#[allow(dead_code, reason = "conversation compares more than a bare decoder's signals")]
pub fn compare<D: Framing>(input: &[u8], new: impl Fn() -> D) {
    let Some((length, bytes)) = input.split_first() else { return };
    let (mut one, mut two) = (new(), new());
    let whole = outcome([bytes].into_iter(), |bytes, mut sink| one.push(bytes, &mut sink));
    let cut = outcome(bytes.chunks(1 + usize::from(*length)), |bytes, mut sink| two.push(bytes, &mut sink));
    assert_eq!(whole, cut);
}
