//! Semantic versions and the constraints that they may satisfy.

mod constraint;
mod grammar;
mod version;

use super::{
    Outcome,
    arguments::{text, texts},
};
use crate::govalue::{Function, Kind, Object, Run, Type, Value};
use constraint::Constraints;
use std::rc::Rc;
use version::Version;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("semver", &[Type::String], semver),
    Function::new(
        "semverCompare",
        &[Type::String, Type::String],
        semver_compare,
    ),
];

/// Tells whether a value is a pointer to a version.
pub(super) fn is_version(object: &Rc<dyn Object>) -> bool {
    object.as_any().is::<Version>() && object.kind() == Kind::Pointer
}

/// Gives the version `0.0.0`.
pub(super) fn version_without_numbers() -> Value {
    Value::Object(Rc::new(Version::default()))
}

fn semver(run: &mut Run, arguments: &[Value]) -> Outcome {
    let version = Version::parse(text(run, arguments, 0)?)?;
    Ok(Value::Object(Rc::new(version)))
}

fn semver_compare(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [constraint, version] = texts(run, arguments)?;
    run.step(8)?;
    let constraints = Constraints::parse(constraint)?;
    let version = Version::parse(version)?;
    Ok(constraints.allow(&version).into())
}
