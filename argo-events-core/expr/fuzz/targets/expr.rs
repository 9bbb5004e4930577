#![no_main]
//! Fuzzes `expr`.

#[path = "../../tests/fuzz/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::expr(input));
