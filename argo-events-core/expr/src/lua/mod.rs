//! Lua 5.1 with `goto`, as gopher-lua runs it, for scripts that filter or change events.
//!
//! A [`Script`] is compiled once and runs any number of times, each time with global variables of
//! its own, of which `event` is the payload as a table. A filter passes an event if the script's
//! last result is exactly `true`; a transform takes its last result, a table, as the new payload.
//! What manifests call scripts is the business of `language`, which knows all languages.
//!
//! ```
//! use argo_events_expr::lua::Script;
//! let script = Script::compile("event.name = event.name:upper() return event")?;
//! let made = script.transform(br#"{"name": "ann", "n": 1}"#)?;
//! assert_eq!(made, br#"{"n":1,"name":"ANN"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Events and results
//! * Numbers are doubles. A member that is null is absent. An element of an array keeps its place:
//!   null becomes nil, and an array in an array a table in a table.
//! * A table whose list part is not empty becomes an array, and its other keys are lost; any other
//!   table becomes an object with sorted keys. An empty table is `{}`, unless its metatable has
//!   `__is_array = true`, which makes `[]`.
//! * Functions, coroutines, NaN and infinities have no JSON form: they are errors.
//!
//! # Beside stock Lua 5.1
//! * `goto` and labels are there, `continue` is not; integer division and bit operators are not.
//! * Numbers print as in Go: `1e15` is `1000000000000000`, one third `0.3333333333333333`, NaN `NaN`.
//!   `math.huge` is the largest finite number; `5 % 0` is NaN.
//! * `"010" + 0` is 8 and `"0b11" + 0` is 3; `tonumber("1e5")` is nil, for without a point only
//!   integers are read.
//! * `string.format` is Go's `Sprintf`: `%q` quotes as Go does, `%i` is `%d`, `%u` is unknown, and a
//!   missing value shows up in the text. `string.upper` and `string.lower` know all letters, while
//!   `#`, `string.sub` and patterns count bytes. `%f` in patterns is no frontier.
//! * `#t` is the number of the last element that is not nil, whatever is missing before it, and a
//!   table's `__len` is asked. `pairs` gives the list part in order, then all other keys in the order
//!   in which they were first set; members of the event come sorted.
//! * Assigning several locals at once stores one after the other, so `a, b = b, a` does **not** swap
//!   locals (fields and global variables it does). Use a third local.
//! * In a table constructor with a list, a last field with a name and a call, as in `{a, b, c = f()}`,
//!   also becomes an element. Put brackets around the call, or the field first.
//! * `string.match` without a match gives no value at all, not nil; `string.find(s, "")` gives `1 0`
//!   wherever the search starts; `table.sort` leaves equal elements where Go's sort leaves them.
//! * `error(message, 2)` names the same place as `error(message)`; 3 names the caller's.
//!
//! # What scripts cannot do
//! Of `os` there are `time`, `date`, `clock` and `difftime`, in UTC; all else of `os`, and `io`,
//! `debug`, `channel`, `dofile`, `loadfile`, `module` and `package.loadlib` are there by name and are
//! errors when called. `require` finds what `package.loaded` and `package.preload` hold, never files.
//! `print` prints nowhere. What time it is and where random numbers start can be given by
//! [`Settings`].
//!
//! # What differs from gopher-lua on purpose
//! * Nulls and arrays in arrays of an event are kept, where gopher-lua's host drops them.
//! * [`Limits`] end a run, and no `pcall` catches that. Calls 256 deep are the script's own error, as
//!   in the reference.
//! * A coroutine may yield inside `pcall`; inside a function that `table.sort` or `string.gsub` calls
//!   it is an error. In the reference both break the coroutine.
//! * After a caught error, closures and the function that made them still share their locals.
//! * Operands of `and` and `or` are all read before a local is assigned.
//! * Lists of more than 2560 elements can be joined and unpacked.

mod ast;
mod code;
mod compile;
mod convert;
mod error;
mod heap;
mod lex;
mod library;
mod limits;
mod machine;
mod number;
mod parse;
mod script;
mod settings;
#[cfg(test)]
mod tests;
mod value;

pub use error::{CompileError, Exceeded, RunError};
pub use limits::Limits;
pub use script::Script;
pub use settings::Settings;
