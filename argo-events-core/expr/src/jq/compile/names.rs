//! The names of all builtins, to list them and to guess what was meant.

use super::prelude;
use crate::jq::native;

/// How many differences a guess may have.
const FAR: usize = 2;

/// Gives every builtin with the number of its arguments, sorted; the inner ones are left out.
pub(in crate::jq) fn builtin_names() -> Vec<(&'static str, usize)> {
    let native = native::names().chain([
        ("empty", 0),
        ("path", 1),
        ("env", 0),
        ("input", 0),
        ("debug", 1),
    ]);
    let mut names: Vec<_> = native
        .chain(prelude::names())
        .filter(|(name, _)| !name.starts_with('_'))
        .collect();
    names.sort_unstable();
    names
}

/// Says what may have been meant by a name that does not exist.
pub(super) fn hint<'n>(
    name: &str,
    count: usize,
    own: impl Iterator<Item = &'n str>,
) -> Option<String> {
    let builtins = builtin_names();
    let arities: Vec<_> = builtins
        .iter()
        .filter(|(known, _)| *known == name)
        .map(|(_, arity)| arity.to_string())
        .collect();
    if !arities.is_empty() {
        return Some(format!(
            "{name} takes {} arguments, not {count}",
            arities.join(" or ")
        ));
    }
    let own = own.filter(|known| !known.is_empty() && !known.starts_with("$%"));
    let is_variable = name.starts_with('$');
    let known = own.chain(builtins.iter().map(|(known, _)| *known));
    known
        .filter(|known| known.starts_with('$') == is_variable)
        .map(|known| (distance(name, known), known))
        .filter(|(distance, known)| *distance <= FAR && *distance < known.len())
        .min()
        .map(|(_, known)| format!("did you mean {known}?"))
}

/// Counts the letters to add, drop or change to get from one name to the other.
fn distance(from: &str, to: &str) -> usize {
    if from.len().abs_diff(to.len()) > FAR {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (place, letter) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], place + 1);
        for (column, other) in to.bytes().enumerate() {
            let change = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
