#![no_main]
//! Fuzzes `re2`.

#[path = "../../tests/fuzz/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::re2(input));
