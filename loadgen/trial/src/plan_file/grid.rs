//! Lists of values in a plan, which expand into a grid of cells.

use super::CellSpec;
use serde::Deserialize;

/// A key's value, or a list of values that each make a cell of their own.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn values(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// The only value, or the first of a list.
pub(super) fn first<T: Clone>(list: Option<OneOrMany<T>>) -> Option<T> {
    list.and_then(|list| list.values().first().cloned())
}

/// A copy of each cell for each value of a list; each value leaves its mark in the name.
pub(super) fn spread<T: Clone>(
    specs: Vec<CellSpec>,
    key: impl Fn(&mut CellSpec) -> &mut Option<OneOrMany<T>>,
    mark: impl Fn(&T) -> String,
) -> Vec<CellSpec> {
    let copies = |mut spec: CellSpec| match key(&mut spec).clone() {
        Some(OneOrMany::Many(values)) => {
            let copy = |value: T| {
                let mut copy = CellSpec { name: format!("{}/{}", spec.name, mark(&value)), ..spec.clone() };
                *key(&mut copy) = Some(OneOrMany::One(value));
                copy
            };
            values.into_iter().map(copy).collect()
        }
        Some(OneOrMany::One(_)) | None => vec![spec],
    };
    specs.into_iter().flat_map(copies).collect()
}
