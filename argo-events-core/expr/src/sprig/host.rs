//! The environment and the network, which the run's host may switch on.

use super::{Outcome, arguments::text, text::lossy};
use crate::govalue::{Failure, Function, Run, Type, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("env", &[Type::String], env),
    Function::new("expandenv", &[Type::String], expandenv),
    Function::new("getHostByName", &[Type::String], get_host_by_name),
];

fn env(run: &mut Run, arguments: &[Value]) -> Outcome {
    let name = text(run, arguments, 0)?;
    Ok(variable(run, name)?.into())
}

/// Asks the host for a variable, which is an empty text where none is set.
fn variable(run: &mut Run, name: &[u8]) -> Result<String, Failure> {
    let value = run.host().variable(&lossy(name));
    let value = value.ok_or("the environment is switched off for templates and expressions")?;
    run.charge(value.len())?;
    Ok(value)
}

/// Replaces `$name` and `${name}` by variables.
fn expandenv(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    run.charge(whole.len())?;
    let mut expanded = Vec::with_capacity(whole.len());
    let mut rest = whole.as_bytes();
    while let Some(dollar) = rest.iter().position(|byte| *byte == b'$') {
        let after = &rest[dollar + 1..];
        if after.is_empty() {
            break;
        }
        expanded.extend_from_slice(&rest[..dollar]);
        let (name, width) = variable_name(after);
        match name {
            // Broken syntax is eaten up; a dollar before anything else stays.
            b"" if width == 0 => expanded.push(b'$'),
            b"" => {}
            name => expanded.extend_from_slice(variable(run, name)?.as_bytes()),
        }
        rest = &after[width..];
    }
    expanded.extend_from_slice(rest);
    Ok(expanded.into())
}

/// Gives the name after a dollar and how long it is with its braces.
fn variable_name(text: &[u8]) -> (&[u8], usize) {
    let is_special = |byte: u8| byte.is_ascii_digit() || b"*#$@!?-".contains(&byte);
    if text[0] == b'{' {
        if let [_, special, b'}', ..] = text
            && is_special(*special)
        {
            return (&text[1..2], 3);
        }
        return match text.iter().position(|byte| *byte == b'}') {
            // `${}` is wrong as a whole, `${` without an end only as far as it goes.
            Some(1) => (b"", 2),
            Some(end) => (&text[1..end], end + 1),
            None => (b"", 1),
        };
    }
    if is_special(text[0]) {
        return (&text[..1], 1);
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = text.iter().take_while(|byte| is_part(byte)).count();
    (&text[..length], length)
}

fn get_host_by_name(run: &mut Run, arguments: &[Value]) -> Outcome {
    let name = text(run, arguments, 0)?;
    let address = run.host().address(&lossy(name));
    let address = address.ok_or("the network is switched off for templates and expressions")?;
    Ok(address.into())
}
