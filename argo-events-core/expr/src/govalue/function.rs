//! Functions that templates and expressions call.

use super::{Kind, Run, Type, Value};
use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

/// Why a function gave no value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The function says so, or panicked in Go.
    Error(String),
    /// A limit of the run was reached.
    Limit(&'static str),
    /// It has so many results in Go that templates cannot call it.
    Results(usize),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(text) => formatter.write_str(text),
            Self::Limit(which) => write!(formatter, "limit reached: {which}"),
            Self::Results(count) => write!(formatter, "function has {count} results"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Error(text)
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        Self::Error(text.to_owned())
    }
}

impl From<crate::gofmt::TooLarge> for Failure {
    fn from(_: crate::gofmt::TooLarge) -> Self {
        Self::Limit("length of a text")
    }
}

/// A function of Go as its callers see it.
///
/// The language that calls it checks the number and the types of the arguments first, so that
/// `call` may rely on both: an argument for [`Type::String`] is a [`Value::String`]. One for
/// [`Type::Any`] may be anything, [`Value::Nil`] included; one for a map, a named type or an error
/// may be [`Value::Nil`] as well, and one for a list the [`List::nil`](super::List::nil) of it.
///
/// ```
/// use argo_events_expr::govalue::{Function, Type, Value};
/// const UPPER: Function = Function::new("upper", &[Type::String], |_, arguments| match arguments {
///     [Value::String(text)] => Ok(Value::from(text.to_ascii_uppercase())),
///     _ => Err("upper takes one text".into()),
/// });
/// assert_eq!(UPPER.name, "upper");
/// ```
#[derive(Clone, Copy)]
pub struct Function {
    /// Its name in templates.
    pub name: &'static str,
    /// The types it takes; of a variadic function the last stands for any number of arguments.
    pub parameters: &'static [Type],
    /// Tells whether the last parameter may be given any number of times.
    pub is_variadic: bool,
    /// The work itself.
    pub call: fn(&mut Run, &[Value]) -> Result<Value, Failure>,
}

impl Function {
    /// Makes a function with a fixed number of arguments.
    #[must_use]
    pub const fn new(
        name: &'static str,
        parameters: &'static [Type],
        call: fn(&mut Run, &[Value]) -> Result<Value, Failure>,
    ) -> Self {
        let is_variadic = false;
        Self {
            name,
            parameters,
            is_variadic,
            call,
        }
    }

    /// Makes a function whose last parameter may be given any number of times, also never.
    #[must_use]
    pub const fn variadic(
        name: &'static str,
        parameters: &'static [Type],
        call: fn(&mut Run, &[Value]) -> Result<Value, Failure>,
    ) -> Self {
        let is_variadic = true;
        Self {
            name,
            parameters,
            is_variadic,
            call,
        }
    }

    /// Gives the type of the argument at a place.
    #[must_use]
    pub fn parameter(&self, place: usize) -> Option<Type> {
        let last = if self.is_variadic {
            self.parameters.last()
        } else {
            None
        };
        self.parameters.get(place).or(last).copied()
    }

    /// Tells how many arguments there must be at least.
    #[must_use]
    pub fn least_arguments(&self) -> usize {
        self.parameters.len() - usize::from(self.is_variadic)
    }

    /// Gives the sort of a function's type.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::Func
    }

    /// Gives a name for the function's type.
    #[must_use]
    pub fn type_name(&self) -> Cow<'static, str> {
        let names: Vec<_> = self
            .parameters
            .iter()
            .map(|parameter| parameter.name())
            .collect();
        format!("func({})", names.join(", ")).into()
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name, self.type_name())
    }
}

/// Functions by name; a set may be shared by all that is compiled.
#[derive(Clone, Debug, Default)]
pub struct Functions(Arc<BTreeMap<&'static str, Function>>);

impl Functions {
    /// Adds functions; one of the same name is replaced.
    #[must_use]
    pub fn with(self, functions: &[Function]) -> Self {
        let mut all = Arc::unwrap_or_clone(self.0);
        all.extend(functions.iter().map(|function| (function.name, *function)));
        Self(Arc::new(all))
    }

    /// Gives the function with a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Function> {
        self.0.get(name)
    }

    /// Gives the names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}
