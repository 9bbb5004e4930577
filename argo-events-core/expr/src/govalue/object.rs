//! Values of named types: with methods, fields and a text of their own.

use super::{Function, Kind, Type, Value};
use std::{any::Any, borrow::Cow, fmt};

/// A value of a type that only its own code knows, such as a version or a month.
pub trait Object: fmt::Debug + Any {
    /// Gives the type's name, as `%T` does: `*semver.Version`.
    fn type_name(&self) -> Cow<'static, str>;

    /// Gives the sort of the type: a pointer, a struct, or that of the number beneath.
    fn kind(&self) -> Kind;

    /// Gives the number or text that a named type such as `time.Month` is made of.
    fn underlying(&self) -> Option<Value> {
        None
    }

    /// Gives the text that the method `String` or `Error` gives.
    fn text(&self) -> Option<String> {
        None
    }

    /// Gives a method; it is called with the value before the arguments that its parameters name.
    fn method(&self, _name: &str) -> Option<&'static Function> {
        None
    }

    /// Gives an exported field.
    fn field(&self, _name: &str) -> Option<Value> {
        None
    }

    /// Gives the exported fields in their order.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// Gives what the method `MarshalJSON` or `MarshalText` makes of the value, as a value.
    fn to_json(&self) -> Option<Value> {
        None
    }

    /// Tells whether it is a pointer to nothing.
    fn is_nil(&self) -> bool {
        false
    }

    /// Gives the value for a check of its Rust type.
    fn as_any(&self) -> &dyn Any;

    /// Gives the type as parameters name it.
    fn go_type(&self) -> Option<Type> {
        None
    }
}
