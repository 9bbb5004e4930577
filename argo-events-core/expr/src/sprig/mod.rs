//! The functions that sprig adds to templates and expressions, one file per group of its manual.
//!
//! Arguments arrive with the types that a [`Function`] declares; what panics in Go is an error
//! here, and work is counted by the run. What asks for the world (`now`, `env`, `getHostByName`,
//! everything random) asks the run's host, and fails where the host has nothing to give.
//! Not available, and failing when called: `bcrypt` and `htpasswd`, and all that makes keys and
//! certificates (`genPrivateKey`, `genCA…`, `gen…SignedCert…`, `buildCustomCert`).
//! `keys` and `values` are in the order of the names, not in any.
//!
//! ```
//! use argo_events_expr::{govalue::{Run, Value}, sprig};
//! let upper = sprig::find("upper").expect("it exists");
//! let shout = (upper.call)(&mut Run::default(), &[Value::from("hey")])?;
//! assert_eq!(shout, Value::from("HEY"));
//! # Ok::<(), argo_events_expr::govalue::Failure>(())
//! ```
//!
//! To add a function, write it in the file of its group and name it in the `FUNCTIONS` there.

mod arguments;
mod cast;
mod conversion;
mod crypto;
mod dates;
mod decimal;
mod defaults;
mod dicts;
mod encoding;
mod equality;
mod flow;
mod host;
mod integers;
mod json;
mod lists;
mod numbers;
mod paths;
mod random;
mod reflection;
mod regexes;
mod semver;
mod string_lists;
mod strings;
#[cfg(test)]
mod tests;
mod text;
mod unicode;
mod url;

use crate::govalue::{Failure, Function, Functions, Value};
use std::sync::LazyLock;

pub use cast::{to_float, to_integer};
#[cfg(feature = "expr")]
pub(crate) use encoding::{from_base64, to_base64};
pub use json::{Style, encode as encode_json};
#[cfg(feature = "expr")]
pub(crate) use strings::trimmed;

/// What calling a function gives.
type Outcome = Result<Value, Failure>;

/// The functions, as the manual groups them.
const GROUPS: &[&[Function]] = &[
    strings::FUNCTIONS,
    regexes::FUNCTIONS,
    string_lists::FUNCTIONS,
    integers::FUNCTIONS,
    numbers::FUNCTIONS,
    dates::FUNCTIONS,
    defaults::FUNCTIONS,
    json::FUNCTIONS,
    encoding::FUNCTIONS,
    lists::FUNCTIONS,
    dicts::FUNCTIONS,
    conversion::FUNCTIONS,
    paths::FUNCTIONS,
    flow::FUNCTIONS,
    reflection::FUNCTIONS,
    crypto::FUNCTIONS,
    random::FUNCTIONS,
    host::FUNCTIONS,
    semver::FUNCTIONS,
    url::FUNCTIONS,
];

/// Gives all functions by name; the set is made once and cheap to clone.
///
/// ```
/// use argo_events_expr::sprig;
/// assert!(sprig::functions().get("semverCompare").is_some());
/// ```
#[must_use]
pub fn functions() -> Functions {
    static ALL: LazyLock<Functions> = LazyLock::new(|| {
        let add = |all: Functions, group: &&[Function]| all.with(group);
        GROUPS.iter().fold(Functions::default(), add)
    });
    ALL.clone()
}

/// Gives the function with a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Function> {
    let mut all = GROUPS.iter().flat_map(|group| group.iter());
    all.find(|function| function.name == name)
}
