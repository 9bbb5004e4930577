//! Judges of arguments by their types, with the library's words.

use super::super::{
    ast::Kind,
    types::{Type, shown},
};

type Arguments<'a> = &'a [Option<Type>];
type Judged = Result<Type, String>;

fn expect_one(arguments: Arguments<'_>) -> Result<&Option<Type>, String> {
    match arguments {
        [argument] => Ok(argument),
        _ => Err(wrong_number("1", arguments.len())),
    }
}

pub(in super::super) fn wrong_number(expected: &str, count: usize) -> String {
    format!("invalid number of arguments (expected {expected}, got {count})")
}

fn kind(found: &Option<Type>) -> Option<Kind> {
    found.as_ref().map(Type::kind)
}

fn is_any(found: &Option<Type>) -> bool {
    kind(found) == Some(Kind::Interface)
}

fn is_number(found: &Option<Type>) -> bool {
    found.as_ref().is_some_and(Type::is_number)
}

fn is_list(found: &Option<Type>) -> bool {
    matches!(kind(found), Some(Kind::Interface | Kind::List))
}

fn is_map(found: &Option<Type>) -> bool {
    matches!(kind(found), Some(Kind::Interface | Kind::Map))
}

fn is_text(found: &Option<Type>) -> bool {
    matches!(kind(found), Some(Kind::Interface | Kind::Text))
}

pub(super) fn len(arguments: Arguments<'_>) -> Judged {
    let one = expect_one(arguments)?;
    match is_list(one) || is_map(one) || is_text(one) {
        true => Ok(Type::Int),
        false => Err(format!("invalid argument for len (type {})", shown_in(one))),
    }
}

pub(super) fn abs(arguments: Arguments<'_>) -> Judged {
    number(arguments, "abs")
}

pub(super) fn ceil(arguments: Arguments<'_>) -> Judged {
    number(arguments, "ceil").map(|_| Type::Float)
}

pub(super) fn floor(arguments: Arguments<'_>) -> Judged {
    number(arguments, "floor").map(|_| Type::Float)
}

fn number(arguments: Arguments<'_>, name: &str) -> Judged {
    match expect_one(arguments)? {
        Some(found) if found.is_number() || found.is_any() => Ok(found.clone()),
        other => Err(format!(
            "invalid argument for {name} (type {})",
            shown_in(other)
        )),
    }
}

pub(super) fn int(arguments: Arguments<'_>) -> Judged {
    convertible(arguments, "int").map(|()| Type::Int)
}

pub(super) fn float(arguments: Arguments<'_>) -> Judged {
    convertible(arguments, "float").map(|()| Type::Float)
}

fn convertible(arguments: Arguments<'_>, name: &str) -> Result<(), String> {
    let one = expect_one(arguments)?;
    match is_number(one) || is_text(one) {
        true => Ok(()),
        false => Err(format!(
            "invalid argument for {name} (type {})",
            shown_in(one)
        )),
    }
}

pub(super) fn max(arguments: Arguments<'_>) -> Judged {
    extreme(arguments, "max")
}

pub(super) fn min(arguments: Arguments<'_>) -> Judged {
    extreme(arguments, "min")
}

fn extreme(arguments: Arguments<'_>, name: &str) -> Judged {
    for argument in arguments {
        if is_any(argument) {
            return Ok(Type::Any);
        }
        if !is_number(argument) {
            let found = shown_in(argument);
            return Err(format!("invalid argument for {name} (type {found})"));
        }
    }
    let first = arguments.first().cloned().flatten();
    first.ok_or_else(|| format!("not enough arguments to call {name}"))
}

fn numbers(arguments: Arguments<'_>, verb: &str, result: Type) -> Judged {
    let one = expect_one(arguments)?;
    match is_list(one) {
        true => Ok(result),
        false => Err(format!("cannot {verb} {}", shown_in(one))),
    }
}

pub(super) fn sum(arguments: Arguments<'_>) -> Judged {
    numbers(arguments, "sum", Type::Any)
}

pub(super) fn mean(arguments: Arguments<'_>) -> Judged {
    numbers(arguments, "avg", Type::Float)
}

pub(super) fn median(arguments: Arguments<'_>) -> Judged {
    numbers(arguments, "median", Type::Float)
}

pub(super) fn first(arguments: Arguments<'_>) -> Judged {
    end(arguments, "first")
}

pub(super) fn last(arguments: Arguments<'_>) -> Judged {
    end(arguments, "last")
}

fn end(arguments: Arguments<'_>, which: &str) -> Judged {
    match expect_one(arguments)? {
        Some(found) if found.is_any() => Ok(Type::Any),
        Some(Type::List(element)) => Ok((**element).clone()),
        other => Err(format!(
            "cannot get {which} element from {}",
            shown_in(other)
        )),
    }
}

pub(super) fn take(arguments: Arguments<'_>) -> Judged {
    let [from, count] = arguments else {
        return Err(wrong_number("2", arguments.len()));
    };
    if !is_list(from) {
        return Err(format!("cannot take from {}", shown_in(from)));
    }
    if !is_any(count) && !count.as_ref().is_some_and(Type::is_integer) {
        return Err(format!("cannot take {} elements", shown_in(count)));
    }
    Ok(from.clone().unwrap_or(Type::Any))
}

fn of_map(arguments: Arguments<'_>, complaint: (&str, &str)) -> Judged {
    let one = expect_one(arguments)?;
    match is_map(one) {
        true => Ok(Type::anys()),
        false => Err(format!("{} {}{}", complaint.0, shown_in(one), complaint.1)),
    }
}

pub(super) fn keys(arguments: Arguments<'_>) -> Judged {
    of_map(arguments, ("cannot get keys from", ""))
}

pub(super) fn values(arguments: Arguments<'_>) -> Judged {
    of_map(arguments, ("cannot get values from", ""))
}

pub(super) fn to_pairs(arguments: Arguments<'_>) -> Judged {
    of_map(arguments, ("cannot transform", " to pairs"))
}

pub(super) fn from_pairs(arguments: Arguments<'_>) -> Judged {
    let one = expect_one(arguments)?;
    match is_list(one) {
        true => Ok(Type::map(Type::Any, Type::Any)),
        false => Err(format!("cannot transform {} from pairs", shown_in(one))),
    }
}

pub(super) fn sort(arguments: Arguments<'_>) -> Judged {
    let (list, direction) = match arguments {
        [list] => (list, None),
        [list, direction] => (list, Some(direction)),
        _ => return Err(wrong_number("1 or 2", arguments.len())),
    };
    sortable(list, direction, direction)
}

pub(super) fn sort_by(arguments: Arguments<'_>) -> Judged {
    let (list, field, direction) = match arguments {
        [list, field] => (list, field, None),
        [list, field, direction] => (list, field, Some(direction)),
        _ => return Err(wrong_number("2 or 3", arguments.len())),
    };
    sortable(list, Some(field), Some(field))?;
    // The complaint about the direction names the field's type.
    sortable(list, direction, Some(field))
}

fn sortable(
    list: &Option<Type>,
    text: Option<&Option<Type>>,
    named: Option<&Option<Type>>,
) -> Judged {
    if !is_list(list) {
        return Err(format!("cannot sort {}", shown_in(list)));
    }
    if text.is_some_and(|text| !is_text(text)) {
        let found = named.map(shown_in).unwrap_or_default();
        return Err(format!(
            "invalid argument for sort (expected string, got {found})"
        ));
    }
    Ok(Type::anys())
}

/// Shows a type where the library prints it as a text, which a missing type is not.
fn shown_in(found: &Option<Type>) -> String {
    match found {
        Some(_) => shown(found),
        None => "%!s(<nil>)".to_owned(),
    }
}
