//! The small languages of Argo Events manifests, each in a folder of its own and behind a feature.
//!
//! Every language here gives exactly the values that the reference gives; the folder's module
//! documentation names the library it follows and what differs on purpose.
//! None of them reads files, the environment or the network, but for the system's time zones in
//! `cron` and `gotime`; `jq` and `lua` read the machine's clock when no time is given.

#[cfg(feature = "condition")]
pub mod condition;
#[cfg(feature = "cron")]
pub mod cron;
#[cfg(feature = "duration")]
pub mod duration;
#[cfg(feature = "expr")]
pub mod expr;
#[cfg(feature = "gjson")]
pub mod gjson;
#[cfg(feature = "gofmt")]
pub mod gofmt;
#[cfg(feature = "gojson")]
pub mod gojson;
#[cfg(feature = "gostrconv")]
pub mod gostrconv;
#[cfg(feature = "gotemplate")]
pub mod gotemplate;
#[cfg(feature = "gotime")]
pub mod gotime;
#[cfg(feature = "govaluate")]
pub mod govaluate;
#[cfg(feature = "govalue")]
pub mod govalue;
#[cfg(feature = "jq")]
pub mod jq;
#[cfg(feature = "language")]
pub mod language;
#[cfg(feature = "lua")]
pub mod lua;
#[cfg(any(
    feature = "expr",
    feature = "govaluate",
    feature = "jq",
    feature = "lua"
))]
mod power;
#[cfg(feature = "re2")]
pub mod re2;
#[cfg(feature = "sjson")]
pub mod sjson;
#[cfg(feature = "sprig")]
pub mod sprig;
#[cfg(any(feature = "condition", feature = "gotemplate"))]
mod suggest;
#[cfg(any(feature = "sprig", feature = "lua"))]
mod unicode;
