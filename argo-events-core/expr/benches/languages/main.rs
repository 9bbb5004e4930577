//! What the languages cost, each beside a plain `serde_json` parse of the same payload into a tree.

#[cfg(feature = "govaluate")]
mod expression;
#[cfg(feature = "jq")]
mod jq;
#[cfg(any(feature = "jq", feature = "lua"))]
mod loops;
#[cfg(feature = "lua")]
mod lua;
mod payload;
#[cfg(feature = "expr")]
mod source;
#[cfg(feature = "gotemplate")]
mod template;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    #[cfg(feature = "govaluate")]
    expression::bench(&mut criterion);
    #[cfg(feature = "expr")]
    source::bench(&mut criterion);
    #[cfg(feature = "gotemplate")]
    template::bench(&mut criterion);
    #[cfg(feature = "lua")]
    lua::bench(&mut criterion);
    #[cfg(feature = "jq")]
    jq::bench(&mut criterion);
    criterion.final_summary();
    if shows_loops() {
        #[cfg(feature = "lua")]
        lua::show_loop();
        #[cfg(feature = "jq")]
        jq::show_loop();
    }
}

/// Tells whether this is a measurement: `cargo test` only tries the benchmarks out.
fn shows_loops() -> bool {
    let has = |option: &str| std::env::args().any(|word| word == option);
    has("--bench") && !has("--list") && !has("--test")
}
