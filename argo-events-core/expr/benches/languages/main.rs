//! What the languages cost, each beside a plain `serde_json` parse of the same payload into a tree.

#[cfg(feature = "govaluate")]
mod expression;
#[cfg(feature = "lua")]
mod lua;
#[cfg(feature = "jq")]
mod jq;
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
}
