//! Passwords derived from a master password, the same ones every time.

use super::super::{Outcome, arguments::text};
use crate::govalue::{Failure, Run, Value};
use hmac::{Hmac, KeyInit, Mac};
use scrypt::{Params, scrypt};
use sha2::Sha256;

/// What all salts begin with, so that the passwords are those of other programs, too.
const SEED: &[u8] = b"com.lyndir.masterpassword";
/// The cost of a key: 2 to this power rounds, 32 MiB.
const LOG_ROUNDS: u8 = 15;
const BLOCK_SIZE: u32 = 8;
const PARALLELISM: u32 = 2;
const KEY_BYTES: usize = 64;
/// A key takes about a tenth of a second.
const STEPS: usize = 100_000;

/// Derives a password from a counter, a kind of password, the master password, a user and a site.
pub(super) fn derive_password(run: &mut Run, arguments: &[Value]) -> Outcome {
    let counter = match arguments.first() {
        Some(Value::Uint32(counter)) => *counter,
        _ => 0,
    };
    let kind = text(run, arguments, 1)?;
    let (password, user) = (text(run, arguments, 2)?, text(run, arguments, 3)?);
    let site = text(run, arguments, 4)?;
    let Some(templates) = templates(kind) else {
        return Ok([b"cannot find password template ", kind.as_bytes()]
            .concat()
            .into());
    };
    run.step(STEPS)?;
    let key = key(password, &[SEED, &length(user), user].concat())?;
    let message = [SEED, &length(site), site, &counter.to_be_bytes()].concat();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| error.to_string())?;
    mac.update(&message);
    let seed = mac.finalize().into_bytes();
    let template = templates[usize::from(seed[0]) % templates.len()];
    let characters = template.bytes().zip(&seed[1..]).map(|(class, number)| {
        let characters = characters(class);
        characters[usize::from(*number) % characters.len()]
    });
    Ok(characters.collect::<Vec<u8>>().into())
}

fn length(text: &[u8]) -> [u8; 4] {
    // Longer texts than this counts do not fit in the budget.
    u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes()
}

fn key(password: &[u8], salt: &[u8]) -> Result<[u8; KEY_BYTES], Failure> {
    let params = Params::new(LOG_ROUNDS, BLOCK_SIZE, PARALLELISM);
    let mut key = [0; KEY_BYTES];
    params
        .map_err(|error| error.to_string())
        .and_then(|params| {
            scrypt(password, salt, &params, &mut key).map_err(|error| error.to_string())
        })?;
    Ok(key)
}

/// Gives the templates of a kind of password; each letter stands for a class of characters.
fn templates(kind: &[u8]) -> Option<&'static [&'static str]> {
    Some(match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => return None,
    })
}

/// Gives the characters of a class.
fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}
