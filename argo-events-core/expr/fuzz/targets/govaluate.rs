#![no_main]
//! Fuzzes `govaluate`.

#[path = "../../tests/fuzz/functions.rs"]
mod functions;

libfuzzer_sys::fuzz_target!(|input: &[u8]| functions::govaluate(input));
