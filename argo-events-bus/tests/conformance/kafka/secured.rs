//! TLS and users.

use libtest_mimic::Trial;

/// Makes the trials.
pub(super) fn trials() -> Vec<Trial> {
    Vec::new()
}
