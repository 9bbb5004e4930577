//! AES with 256 bits in CBC mode, the password itself as the key.

use super::super::{
    Outcome,
    arguments::{text, texts},
    encoding::{from_base64, to_base64},
};
use crate::govalue::{Failure, Run, Value};
use ::aes::{
    Aes256, Block,
    cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};

const BLOCK_BYTES: usize = 16;
/// How many bytes are encrypted per step.
const BYTES_PER_STEP: usize = 64;

/// Encrypts a text behind a random block.
pub(super) fn encrypt(run: &mut Run, arguments: &[Value]) -> Outcome {
    let (password, plain) = (text(run, arguments, 0)?, text(run, arguments, 1)?);
    if plain.is_empty() {
        return Ok("".into());
    }
    run.step(plain.len() / BYTES_PER_STEP)?;
    run.charge(plain.len().saturating_mul(4))?;
    let padding = BLOCK_BYTES - plain.len() % BLOCK_BYTES;
    let mut padded = plain.to_vec();
    padded.resize(
        plain.len() + padding,
        u8::try_from(padding).expect("at most a block"),
    );
    let cipher = cipher(password);
    let mut last = random_block(run)?;
    let mut encrypted = last.to_vec();
    for block in padded.chunks(BLOCK_BYTES) {
        last.iter_mut()
            .zip(block)
            .for_each(|(byte, plain)| *byte ^= plain);
        cipher.encrypt_block(&mut last);
        encrypted.extend_from_slice(&last);
    }
    Ok(to_base64(&encrypted).into())
}

fn random_block(run: &Run) -> Result<Block, Failure> {
    let half = || {
        let number = run.host().random().map(u64::to_be_bytes);
        number.ok_or("random numbers are switched off for templates and expressions")
    };
    let bytes = [half()?, half()?].concat();
    Ok(block_of(&bytes))
}

/// Decrypts what [`encrypt`] gives.
pub(super) fn decrypt(run: &mut Run, arguments: &[Value]) -> Outcome {
    let [password, encoded] = texts(run, arguments)?;
    if encoded.is_empty() {
        return Ok("".into());
    }
    run.step(encoded.len() / BYTES_PER_STEP)?;
    run.charge(encoded.len().saturating_mul(2))?;
    let encrypted = from_base64(encoded)?;
    let Some((first, blocks)) = encrypted.split_at_checked(BLOCK_BYTES) else {
        let capacity = encoded.len() / 4 * 3;
        let problem = format!("[:{BLOCK_BYTES}] with capacity {capacity}");
        return Err(format!("runtime error: slice bounds out of range {problem}").into());
    };
    if blocks.len() % BLOCK_BYTES != 0 {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let cipher = cipher(password);
    let mut last = block_of(first);
    let mut plain = Vec::with_capacity(blocks.len());
    for encrypted in blocks.chunks(BLOCK_BYTES) {
        let encrypted = block_of(encrypted);
        let mut block = encrypted;
        cipher.decrypt_block(&mut block);
        plain.extend(block.iter().zip(&last).map(|(byte, last)| byte ^ last));
        last = encrypted;
    }
    Ok(without_padding(plain)?.into())
}

/// Takes the padding off, whose length the last byte gives; a wrong password leaves any length.
fn without_padding(mut plain: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let padding = plain.last().copied();
    let padding = usize::from(padding.ok_or("runtime error: index out of range [-1]")?);
    let Some(length) = plain.len().checked_sub(padding) else {
        let below = padding - plain.len();
        return Err(format!("runtime error: slice bounds out of range [:-{below}]").into());
    };
    plain.truncate(length);
    Ok(plain)
}

/// Makes the cipher; a password is cut, or filled up with zeros.
fn cipher(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    let length = password.len().min(key.len());
    key[..length].copy_from_slice(&password[..length]);
    Aes256::new(&key.into())
}

fn block_of(bytes: &[u8]) -> Block {
    let mut block = [0; BLOCK_BYTES];
    block.copy_from_slice(bytes);
    block.into()
}
