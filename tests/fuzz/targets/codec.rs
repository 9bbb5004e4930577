#![no_main]
//! Fuzzes `codec`.

#[path = "../functions.rs"]
mod functions;

libfuzzer_sys::fuzz_target!(|input: &[u8]| functions::codec(input));
