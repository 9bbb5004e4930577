//! Paths into JSON, as evilmonkeyinc/jsonpath 0.8.1 reads and follows them.
//!
//! A path such as `$.items[?(@.price < 10)].name` is cut into tokens, each of which leads from a
//! value to others. Filters and scripts have a small language of operators of their own. The
//! library's settings are not there, since the reference uses none.

mod apply;
mod error;
mod evaluate;
mod expression;
mod many;
mod subscript;
mod token;

use crate::govalue::{Failure, Run, Value};
use error::Trouble;

/// How many tokens a path may have, and how deep its expressions may nest together.
const MOST_LEVELS: usize = 500;

/// Follows a path from a value.
pub(super) fn query(run: &mut Run, path: &str, root: &Value) -> Result<Value, Failure> {
    run.step(path.len())?;
    let tokens =
        token::parse(path, 0).map_err(|trouble| trouble.in_selector(path).into_failure())?;
    let mut walk = Walk {
        run,
        root,
        depth: 0,
    };
    walk.follow(&tokens, root).map_err(Trouble::into_failure)
}

/// A walk along a path.
struct Walk<'w> {
    run: &'w mut Run,
    root: &'w Value,
    depth: usize,
}
