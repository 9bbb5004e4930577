//! Values as a Go program holds them behind `interface{}`: what templates, sprig and expressions work on.
//!
//! [`Value`] knows its type in Go, is cheap to clone and reads JSON only as far as somebody looks.
//! A [`Function`] says which types it takes, so that each language reports mismatches in its own
//! words. One [`Run`] counts steps and memory. Printing is `gofmt`'s business.
//!
//! Values live within one run and are not `Send`; what is compiled keeps constants as [`Text`].
//!
//! ```
//! use argo_events_expr::govalue::Value;
//! let input = Value::from_json(r#"{"name": "a", "sizes": [1, 2.5]}"#);
//! let Value::Map(members) = &input else { panic!("an object") };
//! assert_eq!(members.get(b"name"), Some(Value::from("a")));
//! assert_eq!(input.type_name(), "map[string]interface {}");
//! ```

mod document;
mod equal;
mod format;
mod function;
mod kind;
mod list;
mod map;
mod named;
mod object;
mod run;
#[cfg(test)]
mod tests;
mod text;
mod truth;
mod value;

pub use equal::deep_equal;
pub use function::{Failure, Function, Functions};
pub use kind::{Kind, Type};
pub use list::List;
pub use map::Map;
pub use object::Object;
pub use run::{Host, Limits, Moment, NoHost, Run};
pub use text::Text;
pub use truth::is_true;
pub use value::Value;

/// How deep values inside each other are looked at; what lies deeper is not compared or copied.
pub const MAX_DEPTH: usize = 1_000;
