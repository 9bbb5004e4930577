//! Random numbers and texts, drawn from the run's host.

use super::{
    Outcome,
    arguments::{int, text},
    encoding::to_base64,
    text::characters,
};
use crate::govalue::{Failure, Function, Run, Type, Value};

const COUNT: &[Type] = &[Type::Int];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("randAlpha", COUNT, rand_alpha),
    Function::new("randAlphaNum", COUNT, rand_alpha_num),
    Function::new("randAscii", COUNT, rand_ascii),
    Function::new("randNumeric", COUNT, rand_numeric),
    Function::new("randBytes", COUNT, rand_bytes),
    Function::new("randInt", &[Type::Int, Type::Int], rand_int),
    Function::new("shuffle", &[Type::String], shuffle),
    Function::new("uuidv4", &[], uuidv4),
];

fn draw(run: &mut Run) -> Result<u64, Failure> {
    run.step(1)?;
    let number = run.host().random();
    number.ok_or_else(|| "random numbers are switched off for templates and expressions".into())
}

/// Draws a number below a bound, every one with the same chance.
fn below(run: &mut Run, bound: u64) -> Result<u64, Failure> {
    // Numbers past the last whole multiple of the bound would make the first ones likelier.
    let uneven = (u64::MAX % bound + 1) % bound;
    loop {
        let number = draw(run)?;
        if number <= u64::MAX - uneven {
            return Ok(number % bound);
        }
    }
}

fn rand_alpha(run: &mut Run, arguments: &[Value]) -> Outcome {
    random_text(run, int(arguments, 0)?, |byte| byte.is_ascii_alphabetic())
}

fn rand_alpha_num(run: &mut Run, arguments: &[Value]) -> Outcome {
    random_text(run, int(arguments, 0)?, |byte| byte.is_ascii_alphanumeric())
}

fn rand_ascii(run: &mut Run, arguments: &[Value]) -> Outcome {
    random_text(run, int(arguments, 0)?, |byte| matches!(byte, b' '..=b'~'))
}

fn rand_numeric(run: &mut Run, arguments: &[Value]) -> Outcome {
    random_text(run, int(arguments, 0)?, |byte| byte.is_ascii_digit())
}

/// Draws a text of so many characters; a negative count gives none, as its error is dropped.
fn random_text(run: &mut Run, count: i64, is_allowed: fn(u8) -> bool) -> Outcome {
    let count = usize::try_from(count).unwrap_or(0);
    run.charge(count)?;
    let allowed: Vec<u8> = (0..=127).filter(|byte| is_allowed(*byte)).collect();
    let mut drawn = Vec::with_capacity(count);
    for _ in 0..count {
        let place = below(run, allowed.len() as u64)?;
        drawn.push(allowed[place as usize]);
    }
    Ok(drawn.into())
}

fn rand_bytes(run: &mut Run, arguments: &[Value]) -> Outcome {
    let count = int(arguments, 0)?;
    let count = usize::try_from(count).map_err(|_| "runtime error: makeslice: len out of range")?;
    run.charge(count.saturating_mul(3))?;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        bytes.extend_from_slice(&draw(run)?.to_be_bytes());
    }
    Ok(to_base64(&bytes[..count]).into())
}

fn rand_int(run: &mut Run, arguments: &[Value]) -> Outcome {
    let (least, end) = (int(arguments, 0)?, int(arguments, 1)?);
    let range = u64::try_from(end.wrapping_sub(least)).unwrap_or(0);
    if range == 0 {
        return Err("invalid argument to Intn".into());
    }
    let number = below(run, range)?;
    Ok(Value::Int(least.wrapping_add(number as i64)))
}

fn shuffle(run: &mut Run, arguments: &[Value]) -> Outcome {
    let whole = text(run, arguments, 0)?;
    run.charge(whole.len().saturating_mul(4))?;
    let mut shuffled: Vec<char> = characters(whole).collect();
    for place in (1..shuffled.len()).rev() {
        let other = below(run, place as u64 + 1)?;
        shuffled.swap(place, other as usize);
    }
    Ok(shuffled.into_iter().collect::<String>().into())
}

fn uuidv4(run: &mut Run, _: &[Value]) -> Outcome {
    let (high, low) = (draw(run)?, draw(run)?);
    // Version 4 and the variant of RFC 9562 are fixed bits.
    let high = high & !0xf000 | 0x4000;
    let low = low & !(3 << 62) | 1 << 63;
    let uuid = format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff,
    );
    Ok(uuid.into())
}
