//! What the languages cost, each beside a plain `serde_json` parse of the same payload into a tree.

mod payload;
#[cfg(feature = "expr")]
mod source;
#[cfg(feature = "gotemplate")]
mod template;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    #[cfg(feature = "expr")]
    source::bench(&mut criterion);
    #[cfg(feature = "gotemplate")]
    template::bench(&mut criterion);
    criterion.final_summary();
}
