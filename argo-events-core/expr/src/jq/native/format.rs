//! Formats: `@html`, `@uri`, `@csv`, `@tsv`, `@sh`, `@base64` and their ways back.

use super::{
    Host, Outcome,
    basic::to_text,
    fail::{because, not_for},
    table,
};
use crate::jq::{
    Failure,
    compile::format_function,
    value::{Text, Value, encode, typed_preview},
};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Applies a format by its name.
pub(super) fn format(host: &Host<'_>, value: Value, name: &Value) -> Outcome {
    let Value::Text(text) = name else {
        return Err(not_for("format", name));
    };
    let name = format!("@{}", text.to_str());
    match format_function(&name).and_then(|function| table::find(function, 0)) {
        Some(function) => (function.run)(host, value, &mut []),
        None => Err(format!("format not defined: {name}").into()),
    }
}

/// Replaces single bytes.
fn escape(host: &Host<'_>, text: &[u8], replace: fn(u8) -> Option<&'static [u8]>) -> Outcome {
    Ok(Value::Text(Text::from(escaped(host, text, replace)?)))
}

fn escaped(
    host: &Host<'_>,
    text: &[u8],
    replace: fn(u8) -> Option<&'static [u8]>,
) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match replace(*byte) {
            Some(replacement) => out.extend_from_slice(replacement),
            None => out.push(*byte),
        }
    }
    host.meter.work(out.len() / 8)?;
    host.meter.allocate(out.len())?;
    Ok(out)
}

pub(super) fn html(host: &Host<'_>, value: Value) -> Outcome {
    escape(host, &to_text(host, value)?, |byte| {
        Some(match byte {
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'&' => b"&amp;",
            b'\'' => b"&apos;",
            b'"' => b"&quot;",
            _ => return None,
        })
    })
}

pub(super) fn uri(host: &Host<'_>, value: Value) -> Outcome {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let text = to_text(host, value)?;
    let mut out = Vec::with_capacity(text.len());
    for byte in text.iter() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(byte) {
            out.push(*byte);
        } else {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
            out.extend_from_slice(&[b'%', HEX[high], HEX[low]]);
        }
    }
    host.meter.work(out.len() / 8)?;
    host.meter.allocate(out.len())?;
    Ok(Value::Text(Text::from(out)))
}

pub(super) fn uri_decoded(host: &Host<'_>, value: Value) -> Outcome {
    let text = to_text(host, value.clone())?;
    host.meter.work(text.len() / 8)?;
    host.meter.allocate(text.len())?;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = &text[..];
    while let Some((byte, after)) = rest.split_first() {
        if *byte != b'%' {
            out.push(*byte);
            rest = after;
            continue;
        }
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let Some(code) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            let wrong = crate::gostrconv::quote(&rest[..rest.len().min(3)]);
            let reason = format!("invalid URL escape {wrong}");
            return Err(because("@urid", &value, reason));
        };
        out.push(code);
        rest = &after[2..];
    }
    Ok(Value::Text(Text::from(out)))
}

pub(super) fn csv(host: &Host<'_>, value: &Value) -> Outcome {
    row(host, "csv", value, b",", |host, text| {
        let inner = escaped(host, text, |byte| {
            Some(match byte {
                b'"' => b"\"\"",
                0 => b"\\0",
                _ => return None,
            })
        })?;
        Ok([b"\"", &inner[..], b"\""].concat())
    })
}

pub(super) fn tsv(host: &Host<'_>, value: &Value) -> Outcome {
    row(host, "tsv", value, b"\t", |host, text| {
        escaped(host, text, |byte| {
            Some(match byte {
                b'\t' => b"\\t",
                b'\r' => b"\\r",
                b'\n' => b"\\n",
                b'\\' => b"\\\\",
                0 => b"\\0",
                _ => return None,
            })
        })
    })
}

pub(super) fn shell(host: &Host<'_>, value: Value) -> Outcome {
    let row_of = match value {
        Value::Array(_) => value,
        value => Value::Array(crate::jq::value::List::new(vec![value])),
    };
    row(host, "sh", &row_of, b" ", |host, text| {
        let inner = escaped(host, text, |byte| {
            Some(match byte {
                b'\'' => b"'\\''",
                0 => b"\\0",
                _ => return None,
            })
        })?;
        Ok([b"'", &inner[..], b"'"].concat())
    })
}

/// Joins the elements of a list, texts escaped; nulls are empty, but for the shell.
fn row(
    host: &Host<'_>,
    name: &str,
    value: &Value,
    separator: &[u8],
    escape: fn(&Host<'_>, &[u8]) -> Result<Vec<u8>, Failure>,
) -> Outcome {
    let Value::Array(list) = value else {
        return Err(not_for(&format!("@{name}"), value));
    };
    let mut out = Vec::new();
    for (place, element) in list.as_slice().iter().enumerate() {
        if place > 0 {
            out.extend_from_slice(separator);
        }
        match element {
            Value::Array(_) | Value::Object(_) => {
                let shown = typed_preview(element);
                return Err(format!("@{name} cannot format an array including: {shown}").into());
            }
            Value::Text(text) => out.extend(escape(host, text)?),
            _ => {
                let json = encode(element, &host.meter)?;
                if json != b"null" || name == "sh" {
                    out.extend(json);
                }
            }
        }
        host.meter.work(1)?;
        if out.len() > host.meter.room() {
            return Err(host.meter.out_of_memory().into());
        }
    }
    host.meter.allocate(out.len())?;
    Ok(Value::Text(Text::from(out)))
}

pub(super) fn base64(host: &Host<'_>, value: Value) -> Outcome {
    let text = to_text(host, value)?;
    host.meter.work(text.len() / 16)?;
    host.meter.allocate(text.len() * 2)?;
    let encoded = base64::engine::general_purpose::STANDARD.encode(&text[..]);
    Ok(Value::from(encoded.as_str()))
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes up to the first padding; line breaks are skipped.
pub(super) fn base64_decoded(host: &Host<'_>, value: Value) -> Outcome {
    let text = to_text(host, value.clone())?;
    host.meter.work(text.len() / 8)?;
    host.meter.allocate(text.len())?;
    let until = text.iter().position(|byte| *byte == b'=');
    let digits = &text[..until.unwrap_or(text.len())];
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let wrong = digits
        .iter()
        .position(|byte| !is_digit(byte) && !is_break(byte));
    let corrupt = |place: usize| {
        let reason = format!("illegal base64 data at input byte {place}");
        because("@base64d", &value, reason)
    };
    if let Some(place) = wrong {
        return Err(corrupt(place));
    }
    let clean: Vec<u8> = digits.iter().copied().filter(is_digit).collect();
    if clean.len() % 4 == 1 {
        // Go points at the start of the group that is incomplete.
        return Err(corrupt(digits.len() - 1));
    }
    match LENIENT.decode(&clean) {
        Ok(bytes) => Ok(Value::Text(Text::from(bytes))),
        Err(_) => Err(corrupt(digits.len())),
    }
}
