//! All of them, by name.

use super::{
    Host, Native, Outcome, Tracked, arithmetic, basic, collections, format, index, math, pattern,
    special,
    text::{self, Search},
    time, update,
};
use crate::{
    jq::value::{Value, compare, to_float},
    power::power,
};
use std::{mem::take, ops::RangeInclusive};

type Run = fn(&Host<'_>, Value, &mut [Value]) -> Outcome;

const fn native(name: &'static str, arity: RangeInclusive<usize>, run: Run) -> Native {
    Native {
        name,
        arity,
        run,
        whole: None,
        tracked: Tracked::No,
    }
}

impl Native {
    /// Adds what to do with two whole numbers.
    const fn whole(mut self, whole: fn(i64, i64) -> Option<Value>) -> Self {
        self.whole = Some(whole);
        self
    }
}

const fn tracked(name: &'static str, arity: usize, tracked: Tracked, run: Run) -> Native {
    Native {
        name,
        arity: arity..=arity,
        run,
        whole: None,
        tracked,
    }
}

/// Finds the builtin of a name that takes so many arguments.
pub(in crate::jq) fn find(name: &str, count: usize) -> Option<&'static Native> {
    let tables = [
        OPERATORS, VALUES, TEXTS, FORMATS, LISTS, PATHS, DATES, NUMBERS,
    ];
    let mut all = tables.into_iter().flatten();
    all.find(|native| native.name == name && native.arity.contains(&count))
}

/// Gives every name, once for each number of arguments.
pub(in crate::jq) fn names() -> impl Iterator<Item = (&'static str, usize)> {
    let tables = [
        OPERATORS, VALUES, TEXTS, FORMATS, LISTS, PATHS, DATES, NUMBERS,
    ];
    let all = tables.into_iter().flatten();
    all.flat_map(|native| native.arity.clone().map(|count| (native.name, count)))
}

macro_rules! comparison {
    ($name:literal, $holds:ident) => {
        native($name, 2..=2, |host, _, arguments| {
            let order = compare(&arguments[0], &arguments[1], &host.meter);
            Ok(Value::Bool(order.$holds()))
        })
        .whole(|left, right| Some(Value::Bool(left.cmp(&right).$holds())))
    };
}

const OPERATORS: &[Native] = &[
    native("_plus", 0..=0, |_, value, _| arithmetic::plus(value)),
    native("_negate", 0..=0, |_, value, _| arithmetic::negated(value)),
    native("_add", 2..=2, |host, _, two| {
        arithmetic::add(host, take(&mut two[0]), take(&mut two[1]))
    })
    .whole(|left, right| left.checked_add(right).map(Value::Int)),
    native("_subtract", 2..=2, |host, _, two| {
        arithmetic::subtract(host, take(&mut two[0]), take(&mut two[1]))
    })
    .whole(|left, right| left.checked_sub(right).map(Value::Int)),
    native("_multiply", 2..=2, |host, _, two| {
        arithmetic::multiply(host, take(&mut two[0]), take(&mut two[1]))
    })
    .whole(|left, right| left.checked_mul(right).map(Value::Int)),
    native("_divide", 2..=2, |host, _, two| {
        arithmetic::divide(host, take(&mut two[0]), take(&mut two[1]))
    }),
    native("_modulo", 2..=2, |host, _, two| {
        arithmetic::modulo(host, take(&mut two[0]), take(&mut two[1]))
    }),
    native("_alternative", 2..=2, |_, _, two| {
        Ok(take(if two[0].is_truthy() {
            &mut two[0]
        } else {
            &mut two[1]
        }))
    }),
    comparison!("_equal", is_eq),
    comparison!("_notequal", is_ne),
    comparison!("_greater", is_gt),
    comparison!("_less", is_lt),
    comparison!("_greatereq", is_ge),
    comparison!("_lesseq", is_le),
];

const VALUES: &[Native] = &[
    native("abs", 0..=0, |_, value, _| {
        arithmetic::absolute("abs", value)
    }),
    native("length", 0..=0, |host, value, _| basic::length(host, value)),
    native("utf8bytelength", 0..=0, |_, value, _| {
        basic::byte_length(&value)
    }),
    native("keys", 0..=0, |host, value, _| basic::keys(host, &value)),
    native("has", 1..=1, |_, value, one| basic::has(&value, &one[0])),
    native("add", 0..=0, |host, value, _| basic::sum(host, &value)),
    native("toboolean", 0..=0, |_, value, _| basic::to_boolean(value)),
    native("tonumber", 0..=0, |host, value, _| {
        basic::to_number(host, value)
    }),
    native("tostring", 0..=0, |host, value, _| {
        basic::to_text(host, value).map(Value::Text)
    }),
    native("type", 0..=0, |_, value, _| {
        Ok(Value::from(value.type_name()))
    }),
    native("tojson", 0..=0, |host, value, _| {
        basic::to_json(host, &value)
    }),
    native("fromjson", 0..=0, |host, value, _| {
        basic::from_json(host, &value)
    }),
    native("contains", 1..=1, |host, value, one| {
        basic::contains_value(host, &value, &one[0])
    }),
    native("inside", 1..=1, |host, value, one| {
        basic::contains_value(host, &one[0], &value)
    }),
    native("builtins", 0..=0, |host, _, _| basic::builtins(host)),
    native("modulemeta", 0..=0, |_, value, _| {
        basic::module_meta(&value)
    }),
    native("error", 0..=1, |_, value, arguments| {
        basic::raise(value, arguments)
    }),
    native("halt", 0..=0, |_, _, _| {
        basic::halt(Value::Null, Some(&Value::Int(0)))
    }),
    native("halt_error", 0..=1, |_, value, arguments| {
        basic::halt(value, arguments.first())
    }),
];

const TEXTS: &[Native] = &[
    native("startswith", 1..=1, |_, value, one| {
        text::starts_with(&value, &one[0])
    }),
    native("endswith", 1..=1, |_, value, one| {
        text::ends_with(&value, &one[0])
    }),
    native("ltrimstr", 1..=1, |_, value, one| {
        text::trim_text("ltrimstr", &value, &one[0], (true, false))
    }),
    native("rtrimstr", 1..=1, |_, value, one| {
        text::trim_text("rtrimstr", &value, &one[0], (false, true))
    }),
    native("trimstr", 1..=1, |_, value, one| {
        text::trim_text("trimstr", &value, &one[0], (true, true))
    }),
    native("ltrim", 0..=0, |_, value, _| {
        text::trim_blanks("ltrim", &value, (true, false))
    }),
    native("rtrim", 0..=0, |_, value, _| {
        text::trim_blanks("rtrim", &value, (false, true))
    }),
    native("trim", 0..=0, |_, value, _| {
        text::trim_blanks("trim", &value, (true, true))
    }),
    native("explode", 0..=0, |host, value, _| {
        text::explode(host, &value)
    }),
    native("implode", 0..=0, |host, value, _| {
        text::implode(host, &value)
    }),
    native("split", 1..=1, |host, value, one| {
        text::split(host, &value, &one[0])
    }),
    native("join", 1..=1, |host, value, one| {
        text::join(host, &value, &one[0])
    }),
    native("ascii_downcase", 0..=0, |host, value, _| {
        text::change_case(host, "ascii_downcase", &value, false)
    }),
    native("ascii_upcase", 0..=0, |host, value, _| {
        text::change_case(host, "ascii_upcase", &value, true)
    }),
    native("indices", 1..=1, |host, value, one| {
        text::search(host, "indices", &value, &one[0], Search::All)
    }),
    native("index", 1..=1, |host, value, one| {
        text::search(host, "index", &value, &one[0], Search::First)
    }),
    native("rindex", 1..=1, |host, value, one| {
        text::search(host, "rindex", &value, &one[0], Search::Last)
    }),
    native("_match", 3..=3, |host, value, arguments| {
        pattern::matches(host, &value, arguments)
    }),
    native("_captures", 0..=0, |_, value, _| pattern::captures(&value)),
];

const FORMATS: &[Native] = &[
    native("format", 1..=1, |host, value, one| {
        format::format(host, value, &one[0])
    }),
    native("_tohtml", 0..=0, |host, value, _| format::html(host, value)),
    native("_touri", 0..=0, |host, value, _| format::uri(host, value)),
    native("_tourid", 0..=0, |host, value, _| {
        format::uri_decoded(host, value)
    }),
    native("_tocsv", 0..=0, |host, value, _| format::csv(host, &value)),
    native("_totsv", 0..=0, |host, value, _| format::tsv(host, &value)),
    native("_tosh", 0..=0, |host, value, _| format::shell(host, value)),
    native("_tobase64", 0..=0, |host, value, _| {
        format::base64(host, value)
    }),
    native("_tobase64d", 0..=0, |host, value, _| {
        format::base64_decoded(host, value)
    }),
];

const LISTS: &[Native] = &[
    native("reverse", 0..=0, |host, value, _| {
        collections::reverse(host, &value)
    }),
    native("flatten", 0..=1, |host, value, arguments| {
        collections::flatten(host, &value, arguments.first())
    }),
    native("min", 0..=0, |host, value, _| {
        collections::extreme(host, "min", &value, true)
    }),
    native("max", 0..=0, |host, value, _| {
        collections::extreme(host, "max", &value, false)
    }),
    native("_min_by", 1..=1, |host, value, one| {
        collections::extreme_by(host, "min_by", &value, &one[0], true)
    }),
    native("_max_by", 1..=1, |host, value, one| {
        collections::extreme_by(host, "max_by", &value, &one[0], false)
    }),
    native("sort", 0..=0, |host, value, _| {
        collections::sort(host, "sort", &value, None)
    }),
    native("_sort_by", 1..=1, |host, value, one| {
        collections::sort(host, "sort_by", &value, Some(&one[0]))
    }),
    native("_group_by", 1..=1, |host, value, one| {
        collections::group(host, &value, &one[0])
    }),
    native("unique", 0..=0, |host, value, _| {
        collections::unique(host, "unique", &value, None)
    }),
    native("_unique_by", 1..=1, |host, value, one| {
        collections::unique(host, "unique_by", &value, Some(&one[0]))
    }),
    native("transpose", 0..=0, |host, value, _| {
        collections::transpose(host, &value)
    }),
    native("bsearch", 1..=1, |host, value, one| {
        collections::binary_search(host, &value, &one[0])
    }),
];

const PATHS: &[Native] = &[
    tracked("_index", 2, Tracked::Index, |host, _, two| {
        index::index(host, &two[0], &two[1])
    }),
    tracked("_slice", 3, Tracked::Slice, |host, _, three| {
        index::slice(host, &three[0], &three[1], &three[2])
    }),
    tracked("getpath", 1, Tracked::Path, |host, value, one| {
        index::get_path(host, &value, &one[0])
    }),
    native("setpath", 2..=2, |host, value, two| {
        let new = take(&mut two[1]);
        update::set_path(host, value, &two[0], new)
    }),
    native("delpaths", 1..=1, |host, value, one| {
        update::delete_paths(host, value, &one[0])
    }),
];

const DATES: &[Native] = &[
    native("gmtime", 0..=0, |host, value, _| {
        time::broken_down(host, "gmtime", &value)
    }),
    native("localtime", 0..=0, |host, value, _| {
        time::broken_down(host, "localtime", &value)
    }),
    native("mktime", 0..=0, |_, value, _| time::make_time(&value)),
    native("strftime", 1..=1, |host, value, one| {
        time::print(host, "strftime", &value, &one[0])
    }),
    native("strflocaltime", 1..=1, |host, value, one| {
        time::print(host, "strflocaltime", &value, &one[0])
    }),
    native("strptime", 1..=1, |host, value, one| {
        time::parse(host, &value, &one[0])
    }),
    native("now", 0..=0, |host, _, _| time::now(host)),
];

macro_rules! of_one_number {
    ($name:literal, $function:expr) => {
        native($name, 0..=0, |_, value, _| {
            math::apply_1($name, &value, $function)
        })
    };
}

macro_rules! of_two_numbers {
    ($name:literal, $function:expr) => {
        native($name, 2..=2, |_, _, two| {
            math::apply_2($name, &two[0], &two[1], $function)
        })
    };
}

const NUMBERS: &[Native] = &[
    of_one_number!("sin", f64::sin),
    of_one_number!("cos", f64::cos),
    of_one_number!("tan", f64::tan),
    of_one_number!("asin", f64::asin),
    of_one_number!("acos", f64::acos),
    of_one_number!("atan", f64::atan),
    of_one_number!("sinh", f64::sinh),
    of_one_number!("cosh", f64::cosh),
    of_one_number!("tanh", f64::tanh),
    of_one_number!("asinh", libm::asinh),
    of_one_number!("acosh", libm::acosh),
    of_one_number!("atanh", libm::atanh),
    of_one_number!("floor", f64::floor),
    of_one_number!("round", f64::round),
    of_one_number!("nearbyint", f64::round_ties_even),
    of_one_number!("rint", f64::round_ties_even),
    of_one_number!("ceil", f64::ceil),
    of_one_number!("trunc", f64::trunc),
    of_one_number!("significand", math::significand),
    of_one_number!("fabs", f64::abs),
    of_one_number!("sqrt", f64::sqrt),
    of_one_number!("cbrt", libm::cbrt),
    of_one_number!("exp", f64::exp),
    of_one_number!("exp10", math::exp10),
    of_one_number!("exp2", f64::exp2),
    of_one_number!("expm1", f64::exp_m1),
    of_one_number!("log", f64::ln),
    of_one_number!("log10", math::log10),
    of_one_number!("log1p", f64::ln_1p),
    of_one_number!("log2", math::log2),
    of_one_number!("logb", math::logb),
    of_one_number!("gamma", special::gamma),
    of_one_number!("tgamma", special::gamma),
    of_one_number!("lgamma", special::log_gamma),
    of_one_number!("erf", libm::erf),
    of_one_number!("erfc", libm::erfc),
    of_one_number!("j0", libm::j0),
    of_one_number!("j1", libm::j1),
    of_one_number!("y0", special::y0),
    of_one_number!("y1", special::y1),
    of_two_numbers!("atan2", f64::atan2),
    of_two_numbers!("copysign", f64::copysign),
    of_two_numbers!("drem", math::drem),
    of_two_numbers!("fdim", math::dimension),
    of_two_numbers!("fmax", math::maximum),
    of_two_numbers!("fmin", math::minimum),
    of_two_numbers!("fmod", |left, right| left % right),
    of_two_numbers!("hypot", math::hypotenuse),
    of_two_numbers!("jn", math::jn),
    of_two_numbers!("nextafter", math::next_after),
    of_two_numbers!("nexttoward", math::next_after),
    of_two_numbers!("remainder", math::remainder),
    of_two_numbers!("ldexp", math::load_exponent),
    of_two_numbers!("scalb", math::load_exponent),
    of_two_numbers!("scalbln", math::load_exponent),
    of_two_numbers!("yn", math::yn),
    of_two_numbers!("pow", power),
    native("fma", 3..=3, |_, _, three| math::multiply_add(three)),
    native("frexp", 0..=0, |host, value, _| math::frexp(host, &value)),
    native("modf", 0..=0, |host, value, _| math::modf(host, &value)),
    native("infinite", 0..=0, |_, _, _| Ok(Value::Float(f64::INFINITY))),
    native("nan", 0..=0, |_, _, _| Ok(Value::Float(f64::NAN))),
    native("isfinite", 0..=0, |_, value, _| {
        Ok(Value::Bool(
            to_float(&value).is_some_and(|number| !number.is_infinite()),
        ))
    }),
    native("isinfinite", 0..=0, |_, value, _| {
        Ok(Value::Bool(to_float(&value).is_some_and(f64::is_infinite)))
    }),
    native("isnan", 0..=0, |_, value, _| {
        match (to_float(&value), &value) {
            (Some(number), _) => Ok(Value::Bool(number.is_nan())),
            (None, Value::Null) => Ok(Value::Bool(false)),
            _ => Err(super::not_for("isnan", &value)),
        }
    }),
    native("isnormal", 0..=0, |_, value, _| {
        Ok(Value::Bool(to_float(&value).is_some_and(f64::is_normal)))
    }),
];
