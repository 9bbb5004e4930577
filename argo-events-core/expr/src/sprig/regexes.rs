//! Regular expressions in RE2's syntax.
//!
//! A bad pattern fails, except in `regexMatch`, where nothing matches it. The patterns used last
//! are kept compiled, by thread.

use super::{
    Outcome,
    arguments::{int, text, texts},
};
use crate::{
    gostrconv,
    govalue::{Failure, Function, List, Run, Text, Type, Value},
    re2::{Error, MAX_PROGRAM_BYTES, Regex, quote_meta},
};
use std::cell::RefCell;

const TEXTS: &[Type] = &[Type::String, Type::String];
const THREE_TEXTS: &[Type] = &[Type::String, Type::String, Type::String];
const TEXTS_INT: &[Type] = &[Type::String, Type::String, Type::Int];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regexMatch", TEXTS, regex_match),
    Function::new("mustRegexMatch", TEXTS, must_regex_match),
    Function::new("regexFind", TEXTS, regex_find),
    Function::new("mustRegexFind", TEXTS, must_regex_find),
    Function::new("regexFindAll", TEXTS_INT, regex_find_all),
    Function::new("mustRegexFindAll", TEXTS_INT, must_regex_find_all),
    Function::new("regexReplaceAll", THREE_TEXTS, regex_replace_all),
    Function::new("mustRegexReplaceAll", THREE_TEXTS, must_regex_replace_all),
    Function::new(
        "regexReplaceAllLiteral",
        THREE_TEXTS,
        regex_replace_all_literal,
    ),
    Function::new(
        "mustRegexReplaceAllLiteral",
        THREE_TEXTS,
        must_regex_replace_all_literal,
    ),
    Function::new("regexSplit", TEXTS_INT, regex_split),
    Function::new("mustRegexSplit", TEXTS_INT, must_regex_split),
    Function::new("regexQuoteMeta", &[Type::String], regex_quote_meta),
];

/// How many patterns a thread keeps compiled.
const KEPT: usize = 16;
/// The longest pattern that is kept.
const MAX_KEPT_BYTES: usize = 1 << 10;
/// How many bytes of a pattern cost a step to compile.
const PATTERN_BYTES_PER_STEP: usize = 4;
/// How many bytes of a text cost a step to search.
const TEXT_BYTES_PER_STEP: usize = 256;

thread_local! {
    static COMPILED: RefCell<Vec<(Text, Regex)>> = const { RefCell::new(Vec::new()) };
}

/// Compiles a pattern, or finds it among those compiled last.
fn compile(run: &mut Run, pattern: &Text) -> Result<Result<Regex, Error>, Failure> {
    let known = COMPILED.with_borrow_mut(|kept| {
        let place = kept.iter().position(|(known, _)| known == pattern)?;
        kept[..=place].rotate_right(1);
        Some(kept[0].1.clone())
    });
    if let Some(regex) = known {
        return Ok(Ok(regex));
    }
    run.step(pattern.len() / PATTERN_BYTES_PER_STEP + 1)?;
    let compiled = Regex::with_limit(pattern, MAX_PROGRAM_BYTES);
    if let Ok(regex) = &compiled
        && pattern.len() <= MAX_KEPT_BYTES
    {
        COMPILED.with_borrow_mut(|kept| {
            kept.truncate(KEPT - 1);
            // A piece of a large text would keep all of it.
            kept.insert(0, (pattern.as_bytes().into(), regex.clone()));
        });
    }
    Ok(compiled)
}

/// What a function does with a bad pattern.
type Refuse = fn(&Text, &Error) -> Failure;

/// Fails as a function that returns its error.
fn report(_: &Text, error: &Error) -> Failure {
    error.to_string().into()
}

/// Fails as a function that panics.
fn panic(pattern: &Text, error: &Error) -> Failure {
    let quoted = if gostrconv::can_backquote(pattern) {
        format!("`{pattern}`")
    } else {
        gostrconv::quote(pattern)
    };
    format!("regexp: Compile({quoted}): {error}").into()
}

/// Compiles the first argument and gives it with the second one, the text to search.
fn prepare<'a>(
    run: &mut Run,
    arguments: &'a [Value],
    refuse: Refuse,
) -> Result<(Regex, &'a Text), Failure> {
    let [pattern, searched] = texts(run, arguments)?;
    run.step(searched.len() / TEXT_BYTES_PER_STEP)?;
    let regex = compile(run, pattern)?.map_err(|error| refuse(pattern, &error))?;
    Ok((regex, searched))
}

fn regex_match(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [pattern, searched] = texts(run, arguments)?;
    run.step(searched.len() / TEXT_BYTES_PER_STEP)?;
    // The original drops the error, too.
    Ok(compile(run, pattern)?
        .is_ok_and(|regex| regex.is_match(searched))
        .into())
}

fn must_regex_match(run: &mut Run, arguments: &[Value]) -> Outcome {
    let (regex, searched) = prepare(run, arguments, report)?;
    Ok(regex.is_match(searched).into())
}

fn regex_find(run: &mut Run, arguments: &[Value]) -> Outcome {
    find(run, arguments, panic)
}

fn must_regex_find(run: &mut Run, arguments: &[Value]) -> Outcome {
    find(run, arguments, report)
}

fn find(run: &mut Run, arguments: &[Value], refuse: Refuse) -> Outcome {
    let (regex, searched) = prepare(run, arguments, refuse)?;
    let found = regex.find(searched).unwrap_or_default();
    Ok(searched.piece(&searched[found]).into())
}

fn regex_find_all(run: &mut Run, arguments: &[Value]) -> Outcome {
    find_all(run, arguments, panic)
}

fn must_regex_find_all(run: &mut Run, arguments: &[Value]) -> Outcome {
    find_all(run, arguments, report)
}

fn find_all(run: &mut Run, arguments: &[Value], refuse: Refuse) -> Outcome {
    let (regex, searched) = prepare(run, arguments, refuse)?;
    let limit = limit(arguments)?.unwrap_or(usize::MAX);
    let mut all = Vec::new();
    for found in regex.find_all(searched).take(limit) {
        run.charge_elements(1)?;
        all.push(searched.piece(&searched[found]));
    }
    Ok(texts_or_nil(all))
}

fn regex_split(run: &mut Run, arguments: &[Value]) -> Outcome {
    split(run, arguments, panic)
}

fn must_regex_split(run: &mut Run, arguments: &[Value]) -> Outcome {
    split(run, arguments, report)
}

fn split(run: &mut Run, arguments: &[Value], refuse: Refuse) -> Outcome {
    let (regex, searched) = prepare(run, arguments, refuse)?;
    // There are at most as many pieces as bytes, and one more.
    run.charge_elements(searched.len() / 8 + 1)?;
    let pieces = regex.split(searched, limit(arguments)?);
    run.charge_elements(pieces.len())?;
    Ok(texts_or_nil(
        pieces
            .into_iter()
            .map(|piece| searched.piece(piece))
            .collect(),
    ))
}

/// Gives the third argument as a limit; a negative one is none.
fn limit(arguments: &[Value]) -> Result<Option<usize>, Failure> {
    Ok(usize::try_from(int(arguments, 2)?).ok())
}

fn texts_or_nil(texts: Vec<Text>) -> Value {
    if texts.is_empty() {
        return List::nil(Type::String).into();
    }
    List::strings(texts).into()
}

fn regex_replace_all(run: &mut Run, arguments: &[Value]) -> Outcome {
    replace_all(run, arguments, panic)
}

fn must_regex_replace_all(run: &mut Run, arguments: &[Value]) -> Outcome {
    replace_all(run, arguments, report)
}

fn replace_all(run: &mut Run, arguments: &[Value], refuse: Refuse) -> Outcome {
    let (regex, searched) = prepare(run, arguments, refuse)?;
    let template = text(run, arguments, 2)?;
    // Groups may appear in the template once per two bytes, each with all that was matched.
    let groups = template.iter().filter(|byte| **byte == b'$').count();
    run.charge(searched.len().saturating_mul(groups + 1))?;
    charge_replacements(run, &regex, searched, template)?;
    Ok(regex.replace_all(searched, template).into())
}

fn regex_replace_all_literal(run: &mut Run, arguments: &[Value]) -> Outcome {
    replace_all_literal(run, arguments, panic)
}

fn must_regex_replace_all_literal(run: &mut Run, arguments: &[Value]) -> Outcome {
    replace_all_literal(run, arguments, report)
}

fn replace_all_literal(run: &mut Run, arguments: &[Value], refuse: Refuse) -> Outcome {
    let (regex, searched) = prepare(run, arguments, refuse)?;
    let replacement = text(run, arguments, 2)?;
    run.charge(searched.len())?;
    charge_replacements(run, &regex, searched, replacement)?;
    Ok(regex.replace_all_literal(searched, replacement).into())
}

/// Pays for as many replacements as there are matches.
fn charge_replacements(
    run: &mut Run,
    regex: &Regex,
    searched: &Text,
    replacement: &Text,
) -> Result<(), Failure> {
    // Short ones are paid for as if every byte matched, which is cheaper than counting.
    let most = (searched.len() + 1).saturating_mul(replacement.len());
    let count = if most <= 1 << 16 {
        return run.charge(most);
    } else {
        regex.find_all(searched).count()
    };
    run.charge(count.saturating_mul(replacement.len()))
}

fn regex_quote_meta(run: &mut Run, arguments: &[Value]) -> Outcome {
    let plain = text(run, arguments, 0)?;
    run.charge(plain.len().saturating_mul(2))?;
    Ok(quote_meta(plain).into())
}
