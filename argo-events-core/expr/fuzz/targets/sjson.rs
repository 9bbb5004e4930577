#![no_main]
//! Fuzzes `sjson`.

#[path = "../../tests/fuzz/functions.rs"]
mod functions;

libfuzzer_sys::fuzz_target!(|input: &[u8]| functions::sjson(input));
