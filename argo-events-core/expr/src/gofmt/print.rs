//! The three ways to print several values.

use super::{
    Format, Shape,
    directive::Directives,
    flags::Flags,
    output::{Output, TooLarge},
    printer::Printer,
};

/// Formats values as a format says.
///
/// # Errors
/// When the result is longer than [`MAX_OUTPUT_BYTES`](super::MAX_OUTPUT_BYTES).
pub fn sprintf<V: Format>(format: impl AsRef<[u8]>, values: &[V]) -> Result<Vec<u8>, TooLarge> {
    Directives::new(format.as_ref(), values).run()
}

/// Prints values as `%v` does, with blanks between those of which neither is a text.
///
/// ```
/// use argo_events_expr::gofmt::{Value, sprint};
/// let values = [Value::Int(1), Value::Int(2), "a".into(), Value::Int(3)];
/// assert_eq!(sprint(&values)?, b"1 2a3");
/// # Ok::<(), argo_events_expr::gofmt::TooLarge>(())
/// ```
///
/// # Errors
/// When the result is longer than [`MAX_OUTPUT_BYTES`](super::MAX_OUTPUT_BYTES).
pub fn sprint<V: Format>(values: &[V]) -> Result<Vec<u8>, TooLarge> {
    let is_text = |value: &V| matches!(value.shape(), Shape::Text(_));
    join(values, |before, after| !is_text(before) && !is_text(after)).finish()
}

/// Prints values as `%v` does, with blanks between all of them and a newline at the end.
///
/// # Errors
/// When the result is longer than [`MAX_OUTPUT_BYTES`](super::MAX_OUTPUT_BYTES).
pub fn sprintln<V: Format>(values: &[V]) -> Result<Vec<u8>, TooLarge> {
    let mut out = join(values, |_, _| true);
    out.push("\n");
    out.finish()
}

fn join<V: Format>(values: &[V], is_apart: impl Fn(&V, &V) -> bool) -> Output {
    let mut printer = Printer::default();
    let mut before = None;
    for value in values {
        if before.is_some_and(|before| is_apart(before, value)) {
            printer.out.push(" ");
        }
        printer.argument(value, 'v', &Flags::default());
        before = Some(value);
    }
    printer.out
}
