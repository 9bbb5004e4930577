//! The functions that every expression has, and what they take.

mod check;
mod collection;
mod convert;
mod number;
mod order;
#[cfg(test)]
mod tests;
mod text;
mod time;

use super::{
    machine::Machine,
    types::{Known, Type},
};
use crate::govalue::{Failure, Value};

/// How a built-in function is called.
#[derive(Clone, Copy)]
pub(super) enum Work {
    /// A loop over a collection, which the compiler lays out.
    Predicate,
    /// Exactly one argument, whatever the call has.
    One(fn(&mut Machine<'_>, &Value) -> Result<Value, Failure>),
    /// Any number of arguments.
    Many(fn(&mut Machine<'_>, &[Value]) -> Result<Value, Failure>),
}

/// What a function takes in one of its forms, and gives.
pub(super) type Form = (&'static [Known], Known);

/// How the arguments of a call are judged.
#[derive(Clone, Copy)]
pub(super) enum Judge {
    /// One of these forms.
    Forms(&'static [Form]),
    /// A test of the types, which gives the result's type or says what is wrong.
    Test(fn(&[Option<Type>]) -> Result<Type, String>),
    /// Anything goes.
    Open,
}

/// A function that every expression has.
pub(super) struct Builtin {
    pub(super) name: &'static str,
    pub(super) work: Work,
    pub(super) judge: Judge,
}

impl Builtin {
    pub(super) fn is_predicate(&self) -> bool {
        matches!(self.work, Work::Predicate)
    }
}

/// Returns the built-in function with a name.
pub(super) fn find(name: &str) -> Option<&'static Builtin> {
    ALL.iter().find(|builtin| builtin.name == name)
}

/// Returns a built-in function's place, by which programs know it.
pub(super) fn place(name: &str) -> Option<usize> {
    ALL.iter().position(|builtin| builtin.name == name)
}

pub(super) fn at(place: usize) -> &'static Builtin {
    &ALL[place]
}

const fn predicate(name: &'static str) -> Builtin {
    Builtin {
        name,
        work: Work::Predicate,
        judge: Judge::Open,
    }
}

const fn one(
    name: &'static str,
    work: fn(&mut Machine<'_>, &Value) -> Result<Value, Failure>,
    judge: Judge,
) -> Builtin {
    Builtin {
        name,
        work: Work::One(work),
        judge,
    }
}

const fn many(
    name: &'static str,
    work: fn(&mut Machine<'_>, &[Value]) -> Result<Value, Failure>,
    judge: Judge,
) -> Builtin {
    Builtin {
        name,
        work: Work::Many(work),
        judge,
    }
}

use Judge::{Forms, Open, Test};
use Known::{Any, Anys, Bool, Duration, Int, Text, Texts, Time};

static ALL: [Builtin; 58] = [
    predicate("all"),
    predicate("none"),
    predicate("any"),
    predicate("one"),
    predicate("filter"),
    predicate("map"),
    predicate("find"),
    predicate("findIndex"),
    predicate("findLast"),
    predicate("findLastIndex"),
    predicate("count"),
    predicate("groupBy"),
    predicate("reduce"),
    one("len", collection::len, Test(check::len)),
    one("type", convert::type_of, Forms(&[(&[Any], Text)])),
    one("abs", number::abs, Test(check::abs)),
    one("ceil", number::ceil, Test(check::ceil)),
    one("floor", number::floor, Test(check::floor)),
    one("round", number::round, Test(check::floor)),
    one("int", convert::int, Test(check::int)),
    one("float", convert::float, Test(check::float)),
    one("string", convert::string, Forms(&[(&[Any], Text)])),
    many(
        "trim",
        text::trim,
        Forms(&[(&[Text], Text), (&[Text, Text], Text)]),
    ),
    many(
        "trimPrefix",
        text::trim_prefix,
        Forms(&[(&[Text, Text], Text), (&[Text], Text)]),
    ),
    many(
        "trimSuffix",
        text::trim_suffix,
        Forms(&[(&[Text, Text], Text), (&[Text], Text)]),
    ),
    one("upper", text::upper, Forms(&[(&[Text], Text)])),
    one("lower", text::lower, Forms(&[(&[Text], Text)])),
    many(
        "split",
        text::split,
        Forms(&[(&[Text, Text], Texts), (&[Text, Text, Int], Texts)]),
    ),
    many(
        "splitAfter",
        text::split_after,
        Forms(&[(&[Text, Text], Texts), (&[Text, Text, Int], Texts)]),
    ),
    many(
        "replace",
        text::replace,
        Forms(&[
            (&[Text, Text, Text, Int], Text),
            (&[Text, Text, Text], Text),
        ]),
    ),
    many("repeat", text::repeat, Forms(&[(&[Text, Int], Text)])),
    many(
        "join",
        text::join,
        Forms(&[
            (&[Texts, Text], Text),
            (&[Anys, Text], Text),
            (&[Anys], Text),
            (&[Texts, Text], Text),
            (&[Texts], Text),
        ]),
    ),
    many("indexOf", text::index_of, Forms(&[(&[Text, Text], Int)])),
    many(
        "lastIndexOf",
        text::last_index_of,
        Forms(&[(&[Text, Text], Int)]),
    ),
    many(
        "hasPrefix",
        text::has_prefix,
        Forms(&[(&[Text, Text], Bool)]),
    ),
    many(
        "hasSuffix",
        text::has_suffix,
        Forms(&[(&[Text, Text], Bool)]),
    ),
    many("max", order::max, Test(check::max)),
    many("min", order::min, Test(check::min)),
    many("sum", number::sum, Test(check::sum)),
    many("mean", number::mean, Test(check::mean)),
    many("median", number::median, Test(check::median)),
    many("toJSON", convert::to_json, Forms(&[(&[Any], Text)])),
    many("fromJSON", convert::from_json, Forms(&[(&[Text], Any)])),
    many("toBase64", convert::to_base64, Forms(&[(&[Text], Text)])),
    many(
        "fromBase64",
        convert::from_base64,
        Forms(&[(&[Text], Text)]),
    ),
    many("now", time::now, Forms(&[(&[], Time)])),
    many("duration", time::duration, Forms(&[(&[Text], Duration)])),
    many(
        "date",
        time::date,
        Forms(&[
            (&[Text], Time),
            (&[Text, Text], Time),
            (&[Text, Text, Text], Time),
        ]),
    ),
    many("first", collection::first, Test(check::first)),
    many("last", collection::last, Test(check::last)),
    many("get", collection::get, Open),
    many("take", collection::take, Test(check::take)),
    many("keys", collection::keys, Test(check::keys)),
    many("values", collection::values, Test(check::values)),
    many("toPairs", collection::to_pairs, Test(check::to_pairs)),
    many("fromPairs", collection::from_pairs, Test(check::from_pairs)),
    many("sort", order::sort, Test(check::sort)),
    many("sortBy", order::sort_by, Test(check::sort_by)),
];
