//! Flow control, and the greeting.

use super::{Outcome, arguments::text};
use crate::govalue::{Function, Run, Type, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("fail", &[Type::String], fail),
    Function::new("hello", &[], hello),
];

fn fail(run: &mut Run, arguments: &[Value]) -> Outcome {
    let message = text(run, arguments, 0)?;
    Err(message.to_string().into())
}

fn hello(_: &mut Run, _: &[Value]) -> Outcome {
    Ok("Hello!".into())
}
