#![no_main]
//! Fuzzes `lua`.

#[path = "../../tests/fuzz/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::lua(input));
