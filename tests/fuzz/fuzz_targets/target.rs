//! Every fuzz target: the name of the binary says which kind of input it tries.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| timbre::fuzzing::run(env!("CARGO_BIN_NAME"), bytes));
