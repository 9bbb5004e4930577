//! Types, kinds and equality.

use super::{
    Outcome,
    arguments::{any, text},
    equality::is_equal,
};
use crate::govalue::{Function, Run, Type, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("typeOf", &[Type::Any], type_of),
    Function::new("typeIs", &[Type::String, Type::Any], type_is),
    Function::new("typeIsLike", &[Type::String, Type::Any], type_is_like),
    Function::new("kindOf", &[Type::Any], kind_of),
    Function::new("kindIs", &[Type::String, Type::Any], kind_is),
    Function::new("deepEqual", &[Type::Any, Type::Any], deep_equal),
];

fn type_of(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(any(arguments, 0).type_name().into_owned().into())
}

fn type_is(run: &mut Run, arguments: &[Value]) -> Outcome {
    let name = text(run, arguments, 0)?;
    Ok((*name == any(arguments, 1).type_name().as_ref()).into())
}

/// A pointer to the type will do, too.
fn type_is_like(run: &mut Run, arguments: &[Value]) -> Outcome {
    let name = text(run, arguments, 0)?;
    let found = any(arguments, 1).type_name();
    let pointed_to = found.strip_prefix('*');
    Ok((*name == found.as_ref() || pointed_to.is_some_and(|found| *name == found)).into())
}

fn kind_of(_: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(any(arguments, 0).kind().name().into())
}

fn kind_is(run: &mut Run, arguments: &[Value]) -> Outcome {
    let name = text(run, arguments, 0)?;
    Ok((*name == any(arguments, 1).kind().name()).into())
}

fn deep_equal(run: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(is_equal(run, any(arguments, 0), any(arguments, 1))?.into())
}
