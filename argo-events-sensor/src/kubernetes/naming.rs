//! Names that follow from a firing, so that a repeat makes no second object.

use super::Object;
use argo_events_core::FiringId;
use sha2::{Digest as _, Sha256};

/// How long a name is that follows from a firing; the server's own are no longer.
const LONGEST: usize = 63;
const SUFFIX: usize = 10;
/// What suffixes are made of: no vowels and nothing that looks like another letter.
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Gives an object with `generateName` a name that follows from the firing. Returns whether it did.
///
/// `salt` tells apart what one firing makes.
pub(crate) fn complete(object: &mut Object, firing: &FiringId, salt: &str) -> bool {
    if !object.name().is_empty() || object.generate_name().is_empty() {
        return false;
    }
    let mut name = object.generate_name().to_owned();
    name.truncate(name.floor_char_boundary(LONGEST - SUFFIX));
    name.push_str(&suffix(firing, salt));
    object.set_name(&name);
    true
}

/// Returns letters that follow from a firing.
fn suffix(firing: &FiringId, salt: &str) -> String {
    let digest = Sha256::new()
        .chain_update(firing.as_str())
        .chain_update(salt)
        .finalize();
    let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
    digest.iter().take(SUFFIX).map(letter).collect()
}
