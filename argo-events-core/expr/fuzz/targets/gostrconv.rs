#![no_main]
//! Fuzzes `gostrconv`.

#[path = "../../tests/fuzz/functions.rs"]
mod functions;

libfuzzer_sys::fuzz_target!(|input: &[u8]| functions::gostrconv(input));
