#![no_main]
//! Fuzzes `re2`.

#[path = "../../tests/fuzz/functions.rs"]
mod functions;

libfuzzer_sys::fuzz_target!(|input: &[u8]| functions::re2(input));
