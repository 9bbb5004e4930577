//! What a string literal stands for.

const PLAIN: &str = "unable to unescape string";
const OCTAL: &str = "unable to unescape octal sequence in string";
const LAST: &str = "unable to unescape string, found '\\' as last character";

/// Returns what a literal with its quotes stands for.
pub(super) fn unescape(literal: &str) -> Result<Vec<u8>, &'static str> {
    let text = literal.replace("\r\n", "\n").replace('\r', "\n");
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return Err(PLAIN);
    };
    if bytes.len() < 2 || first != last || !matches!(first, b'"' | b'\'') {
        return Err(PLAIN);
    }
    let mut rest = &bytes[1..bytes.len() - 1];
    let mut out = Vec::with_capacity(rest.len());
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'\\' {
            rest = escape(tail, &mut out)?;
        } else {
            out.push(byte);
            rest = tail;
        }
    }
    Ok(out)
}

/// Writes what follows a backslash and returns the rest.
fn escape<'t>(text: &'t [u8], out: &mut Vec<u8>) -> Result<&'t [u8], &'static str> {
    let (&letter, rest) = text.split_first().ok_or(LAST)?;
    let plain = match letter {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' | b'\'' | b'"' | b'`' | b'?' => letter,
        b'x' | b'X' => return hexadecimal(rest, 2, out),
        b'u' => return hexadecimal(rest, 4, out),
        b'U' => return hexadecimal(rest, 8, out),
        b'0'..=b'3' => return octal(letter, rest, out),
        _ => return Err(PLAIN),
    };
    out.push(plain);
    Ok(rest)
}

fn hexadecimal<'t>(
    text: &'t [u8],
    length: usize,
    out: &mut Vec<u8>,
) -> Result<&'t [u8], &'static str> {
    let (digits, rest) = text.split_at_checked(length).ok_or(PLAIN)?;
    let mut code = 0_u32;
    for digit in digits {
        let digit = char::from(*digit).to_digit(16).ok_or(PLAIN)?;
        code = code << 4 | digit;
    }
    push_code(code, out)?;
    Ok(rest)
}

/// Writes a code point. Codes whose highest bit is set count as negative to the library, which
/// then keeps their last byte alone.
fn push_code(code: u32, out: &mut Vec<u8>) -> Result<(), &'static str> {
    match i32::try_from(code) {
        Err(_) => out.push(code.to_le_bytes()[0]),
        Ok(_) if code > 0x10_FFFF => return Err(PLAIN),
        Ok(_) => {
            let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Ok(())
}

fn octal<'t>(first: u8, text: &'t [u8], out: &mut Vec<u8>) -> Result<&'t [u8], &'static str> {
    let (digits, rest) = text.split_at_checked(2).ok_or(OCTAL)?;
    let mut code = u32::from(first - b'0');
    for digit in digits {
        let digit = char::from(*digit).to_digit(8).ok_or(OCTAL)?;
        code = code * 8 + digit;
    }
    push_code(code, out)?;
    Ok(rest)
}
