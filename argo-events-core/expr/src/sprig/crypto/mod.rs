//! Hashes, passwords and AES; keys and certificates are not made here.

mod aes;
mod password;

use super::{Outcome, arguments::text};
use crate::govalue::{Function, Kind, Run, Type, Value};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

const TEXT: &[Type] = &[Type::String];
const TEXTS: &[Type] = &[Type::String, Type::String];
const CERTIFICATE: Type = Type::Named("sprig.certificate", Kind::Struct);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("sha1sum", TEXT, sha1sum),
    Function::new("sha256sum", TEXT, sha256sum),
    Function::new("sha512sum", TEXT, sha512sum),
    Function::new("adler32sum", TEXT, adler32sum),
    Function::new(
        "derivePassword",
        &[
            Type::Uint32,
            Type::String,
            Type::String,
            Type::String,
            Type::String,
        ],
        password::derive_password,
    ),
    Function::new("encryptAES", TEXTS, aes::encrypt),
    Function::new("decryptAES", TEXTS, aes::decrypt),
    Function::new("bcrypt", TEXT, not_available),
    Function::new("htpasswd", TEXTS, htpasswd),
    Function::new("genPrivateKey", TEXT, gen_private_key),
    Function::new("buildCustomCert", TEXTS, not_available),
    Function::new("genCA", &[Type::String, Type::Int], not_available),
    Function::new(
        "genCAWithKey",
        &[Type::String, Type::Int, Type::String],
        not_available,
    ),
    Function::new(
        "genSelfSignedCert",
        &[Type::String, Type::ANYS, Type::ANYS, Type::Int],
        not_available,
    ),
    Function::new(
        "genSelfSignedCertWithKey",
        &[
            Type::String,
            Type::ANYS,
            Type::ANYS,
            Type::Int,
            Type::String,
        ],
        not_available,
    ),
    Function::new(
        "genSignedCert",
        &[Type::String, Type::ANYS, Type::ANYS, Type::Int, CERTIFICATE],
        not_available,
    ),
    Function::new(
        "genSignedCertWithKey",
        &[
            Type::String,
            Type::ANYS,
            Type::ANYS,
            Type::Int,
            CERTIFICATE,
            Type::String,
        ],
        not_available,
    ),
];

/// How many bytes are hashed per step.
const BYTES_PER_STEP: usize = 256;

fn hashed<D: Digest>(run: &mut Run, arguments: &[Value]) -> Outcome {
    let hashed = text(run, arguments, 0)?;
    run.step(hashed.len() / BYTES_PER_STEP)?;
    let hash = D::digest(hashed.as_bytes());
    let digits = hash.iter().map(|byte| format!("{byte:02x}"));
    Ok(digits.collect::<String>().into())
}

fn sha1sum(run: &mut Run, arguments: &[Value]) -> Outcome {
    hashed::<Sha1>(run, arguments)
}

fn sha256sum(run: &mut Run, arguments: &[Value]) -> Outcome {
    hashed::<Sha256>(run, arguments)
}

fn sha512sum(run: &mut Run, arguments: &[Value]) -> Outcome {
    hashed::<Sha512>(run, arguments)
}

fn adler32sum(run: &mut Run, arguments: &[Value]) -> Outcome {
    const MODULUS: u32 = 65_521;
    let summed = text(run, arguments, 0)?;
    run.step(summed.len() / BYTES_PER_STEP)?;
    let add = |(sum, sum_of_sums): (u32, u32), byte: &u8| {
        let sum = (sum + u32::from(*byte)) % MODULUS;
        (sum, (sum_of_sums + sum) % MODULUS)
    };
    let (sum, sum_of_sums) = summed.iter().fold((1, 0), add);
    Ok((sum_of_sums << 16 | sum).to_string().into())
}

fn htpasswd(run: &mut Run, arguments: &[Value]) -> Outcome {
    let user = text(run, arguments, 0)?;
    if user.contains(&b':') {
        return Ok([b"invalid username: ", user.as_bytes()].concat().into());
    }
    not_available(run, arguments)
}

fn gen_private_key(run: &mut Run, arguments: &[Value]) -> Outcome {
    let algorithm = text(run, arguments, 0)?;
    if !matches!(
        algorithm.as_bytes(),
        b"" | b"rsa" | b"dsa" | b"ecdsa" | b"ed25519"
    ) {
        return Ok([b"Unknown type ", algorithm.as_bytes()].concat().into());
    }
    not_available(run, arguments)
}

fn not_available(_: &mut Run, _: &[Value]) -> Outcome {
    Err("not available: secrets are not made in templates and expressions".into())
}
