//! Texts: cutting, padding, letter case and the like.

mod cut;
mod letters;
mod words;
mod wrap;

use super::{
    Outcome,
    arguments::{int, text, texts},
    text::{
        characters, find, join, printed, repeat as repeat_text, replace as replace_text, text_of,
    },
};
use crate::{
    gostrconv,
    govalue::{Failure, Function, Run, Text, Type, Value},
};

const TEXT: &[Type] = &[Type::String];
const TEXTS: &[Type] = &[Type::String, Type::String];
const INT_TEXT: &[Type] = &[Type::Int, Type::String];
const ANYS: &[Type] = &[Type::Any];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("trim", TEXT, trim),
    Function::new("trimAll", TEXTS, trim_all),
    Function::new("trimall", TEXTS, trim_all),
    Function::new("trimSuffix", TEXTS, trim_suffix),
    Function::new("trimPrefix", TEXTS, trim_prefix),
    Function::new("contains", TEXTS, contains),
    Function::new("hasPrefix", TEXTS, has_prefix),
    Function::new("hasSuffix", TEXTS, has_suffix),
    Function::new("repeat", INT_TEXT, repeat),
    Function::new(
        "replace",
        &[Type::String, Type::String, Type::String],
        replace,
    ),
    Function::new("indent", INT_TEXT, indent),
    Function::new("nindent", INT_TEXT, nindent),
    Function::new("plural", &[Type::String, Type::String, Type::Int], plural),
    Function::variadic("quote", ANYS, quote),
    Function::variadic("squote", ANYS, squote),
    Function::variadic("cat", ANYS, cat),
    Function::new("upper", TEXT, letters::upper),
    Function::new("lower", TEXT, letters::lower),
    Function::new("title", TEXT, letters::title),
    Function::new("untitle", TEXT, letters::untitle),
    Function::new("swapcase", TEXT, letters::swapcase),
    Function::new("initials", TEXT, letters::initials),
    Function::new("nospace", TEXT, letters::nospace),
    Function::new("snakecase", TEXT, words::snakecase),
    Function::new("kebabcase", TEXT, words::kebabcase),
    Function::new("camelcase", TEXT, words::camelcase),
    Function::new("trunc", INT_TEXT, cut::trunc),
    Function::new("substr", &[Type::Int, Type::Int, Type::String], cut::substr),
    Function::new("abbrev", INT_TEXT, cut::abbrev),
    Function::new(
        "abbrevboth",
        &[Type::Int, Type::Int, Type::String],
        cut::abbrevboth,
    ),
    Function::new("wrap", INT_TEXT, wrap::wrap),
    Function::new(
        "wrapWith",
        &[Type::Int, Type::String, Type::String],
        wrap::wrap_with,
    ),
];

fn trim(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    Ok(trimmed(whole, char::is_whitespace).into())
}

fn trim_all(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [unwanted, whole] = texts(run, arguments)?;
    let mut unwanted: Vec<char> = characters(unwanted).collect();
    unwanted.sort_unstable();
    Ok(trimmed(whole, |found| unwanted.binary_search(&found).is_ok()).into())
}

/// Cuts unwanted characters off both ends.
pub(crate) fn trimmed(whole: &Text, is_unwanted: impl Fn(char) -> bool) -> Text {
    let mut kept = whole.as_bytes();
    while let Some(rune) = gostrconv::decode_rune(kept).filter(|rune| is_unwanted(rune.character)) {
        kept = &kept[rune.width..];
    }
    while let Some((character, width)) = last_character(kept).filter(|(last, _)| is_unwanted(*last))
    {
        debug_assert!(character.len_utf8() >= width, "a stray byte is one wide");
        kept = &kept[..kept.len() - width];
    }
    whole.piece(kept)
}

/// Decodes the last character; a stray byte is U+FFFD and one wide.
fn last_character(text: &[u8]) -> Option<(char, usize)> {
    for width in 1..=text.len().min(4) {
        let rune = gostrconv::decode_rune(&text[text.len() - width..])?;
        if rune.valid && rune.width == width {
            return Some((rune.character, width));
        }
    }
    (!text.is_empty()).then_some((char::REPLACEMENT_CHARACTER, 1))
}

fn trim_suffix(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [suffix, whole] = texts(run, arguments)?;
    let kept = whole.strip_suffix(suffix.as_bytes()).unwrap_or(whole);
    Ok(whole.piece(kept).into())
}

fn trim_prefix(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [prefix, whole] = texts(run, arguments)?;
    let kept = whole.strip_prefix(prefix.as_bytes()).unwrap_or(whole);
    Ok(whole.piece(kept).into())
}

fn contains(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [part, whole] = texts(run, arguments)?;
    Ok(find(whole, part).is_some().into())
}

fn has_prefix(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [prefix, whole] = texts(run, arguments)?;
    Ok(whole.starts_with(prefix).into())
}

fn has_suffix(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [suffix, whole] = texts(run, arguments)?;
    Ok(whole.ends_with(suffix).into())
}

fn repeat(run: &mut Run, arguments: &[Value]) -> Outcome {
    let part = text(run, arguments, 1)?;
    Ok(repeat_text(run, part, int(arguments, 0)?)?.into())
}

fn replace(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [old, new, whole] = texts(run, arguments)?;
    Ok(replace_text(run, whole, old, new)?.into())
}

fn indent(run: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(indented(run, arguments, b"")?.into())
}

fn nindent(run: &mut Run, arguments: &[Value]) -> Outcome {
    Ok(indented(run, arguments, b"\n")?.into())
}

/// Puts spaces before every line, and something before them all.
fn indented(run: &mut Run, arguments: &[Value], before: &[u8]) -> Result<Text, Failure> {
    let whole = text(run, arguments, 1)?;
    let padding = repeat_text(run, b" ", int(arguments, 0)?)?;
    let line = [b"\n".as_slice(), &padding].concat();
    let lines = replace_text(run, whole, b"\n", &line)?;
    run.charge(before.len() + padding.len() + lines.len())?;
    Ok([before, &padding, &lines].concat().into())
}

fn plural(run: &mut Run, arguments: &[Value]) -> Outcome {
    let form = usize::from(int(arguments, 2)? != 1);
    Ok(text(run, arguments, form)?.clone().into())
}

fn quote(run: &mut Run, arguments: &[Value]) -> Outcome {
    let quoted = |run: &mut Run, value: &Value| {
        let text = text_of(run, value)?;
        // A byte becomes at most `\x00`.
        run.charge(text.len().saturating_mul(4))?;
        Ok(gostrconv::quote(text).into())
    };
    join_but_nil(run, arguments, quoted)
}

fn squote(run: &mut Run, arguments: &[Value]) -> Outcome {
    let quoted = |run: &mut Run, value: &Value| {
        let text = printed(run, value)?;
        run.charge(text.len() + 2)?;
        Ok([b"'", text.as_bytes(), b"'"].concat().into())
    };
    join_but_nil(run, arguments, quoted)
}

fn cat(run: &mut Run, arguments: &[Value]) -> Outcome {
    join_but_nil(run, arguments, printed)
}

fn join_but_nil(
    run: &mut Run,
    arguments: &[Value],
    write: impl Fn(&mut Run, &Value) -> Result<Text, Failure>,
) -> Outcome {
    let mut texts = Vec::new();
    for value in arguments {
        if !matches!(value, Value::Nil) {
            texts.push(write(run, value)?);
        }
    }
    Ok(join(run, &texts, b" ")?.into())
}
