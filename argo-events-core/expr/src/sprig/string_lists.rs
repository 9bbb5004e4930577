//! Lists of texts.

use super::{
    Outcome,
    arguments::{any, int, text, texts},
    text::{join as join_texts, split as split_text, text_of},
};
use crate::govalue::{Failure, Function, List, Map, Run, Text, Type, Value};
use std::collections::BTreeMap;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("join", &[Type::String, Type::Any], join),
    Function::new("splitList", &[Type::String, Type::String], split_list),
    Function::new("split", &[Type::String, Type::String], split),
    Function::new("splitn", &[Type::String, Type::Int, Type::String], splitn),
    Function::new("sortAlpha", &[Type::Any], sort_alpha),
];

/// Gives the texts of a list's elements but for `nil`, or of a value that is no list.
pub(super) fn texts_of(run: &mut Run, value: &Value) -> Result<Vec<Text>, Failure> {
    let values = match value {
        Value::List(list) => list.values(),
        Value::Nil => &[],
        other => std::slice::from_ref(other),
    };
    run.charge_elements(values.len())?;
    let mut texts = Vec::with_capacity(values.len());
    for value in values {
        if !matches!(value, Value::Nil) {
            texts.push(text_of(run, value)?);
        }
    }
    Ok(texts)
}

fn join(run: &mut Run, arguments: &[Value]) -> Outcome {
    let separator = text(run, arguments, 0)?;
    let texts = texts_of(run, any(arguments, 1))?;
    Ok(join_texts(run, &texts, separator)?.into())
}

fn split_list(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [separator, whole] = texts(run, arguments)?;
    Ok(List::strings(split_text(run, whole, separator, usize::MAX)?).into())
}

fn split(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [separator, whole] = texts(run, arguments)?;
    let pieces = split_text(run, whole, separator, usize::MAX)?;
    numbered(run, pieces)
}

fn splitn(run: &mut Run, arguments: &[Value]) -> Outcome {
    let separator = text(run, arguments, 0)?;
    let limit = usize::try_from(int(arguments, 1)?).unwrap_or(usize::MAX);
    let whole = text(run, arguments, 2)?;
    let pieces = split_text(run, whole, separator, limit)?;
    numbered(run, pieces)
}

/// Makes a map with the names `_0`, `_1` and so on.
fn numbered(run: &mut Run, pieces: Vec<Text>) -> Outcome {
    run.charge_elements(pieces.len().saturating_mul(2))?;
    let name = |place: usize| Text::from(format!("_{place}"));
    let members: BTreeMap<_, _> = (pieces.into_iter().enumerate())
        .map(|(place, piece)| (name(place), piece.into()))
        .collect();
    Ok(Map::typed(Type::String, members).into())
}

fn sort_alpha(run: &mut Run, arguments: &[Value]) -> Outcome {
    let value = any(arguments, 0);
    let Value::List(list) = value else {
        return Ok(List::strings([text_of(run, value)?]).into());
    };
    if list.is_nil() && list.element() == Type::String {
        return Ok(list.clone().into());
    }
    let mut texts = texts_of(run, value)?;
    pay_for_sorting(run, &texts)?;
    texts.sort();
    Ok(List::strings(texts).into())
}

/// Pays for comparisons of whole texts, since long ones may be alike to the end.
fn pay_for_sorting(run: &mut Run, texts: &[Text]) -> Result<(), Failure> {
    const BYTES_PER_STEP: usize = 1 << 10;
    let bytes = texts
        .iter()
        .fold(0_usize, |sum, text| sum.saturating_add(text.len()));
    let rounds = texts.len().checked_ilog2().unwrap_or(0) as usize;
    run.step(texts.len())?;
    run.step(bytes.saturating_mul(rounds) / BYTES_PER_STEP)
}
