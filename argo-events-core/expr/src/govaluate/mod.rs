//! Expressions of filters such as `amount > 100 && currency =~ "^E"`, as `Knetic/govaluate` does.
//!
//! An [`Expression`] is compiled once; what it computes depends on its variables alone, which are
//! bound by place to [`Value`]s. There are no functions and no loops. As in the library, a text in
//! quotes that looks like a date is a number of seconds, either quote ends a text, operators of one
//! level group to the left, and `==` never converts.
//!
//! On purpose different: `in` compares lists and maps by what they hold, where the library ends its
//! process, and [`Limits`] bound what an expression may cost. Where values come from is the
//! filter's business.
//!
//! ```
//! use argo_events_expr::govaluate::{Expression, Value};
//! let expression = Expression::parse("amount > 100 && currency in ('EUR', 'CHF')")?;
//! assert_eq!(expression.variables(), ["amount", "currency"]);
//! let values = [Some(Value::from(102.5)), Some(Value::from("EUR"))];
//! assert!(expression.evaluate(&values)?.is_true());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod character;
mod convert;
mod date;
mod error;
mod evaluate;
mod expression;
mod hint;
mod lexer;
mod limits;
mod operator;
mod plan;
mod stage;
mod symbol;
mod syntax;
#[cfg(test)]
mod tests;
mod token;
mod value;

pub use error::{EvaluateError, ParseError};
pub use expression::Expression;
pub use limits::Limits;
pub use value::Value;
