//! What the families of HTTP sources share: the sources under test, a client that sends exact bytes,
//! and the comparison.

pub(crate) mod client;
pub(crate) mod compare;
pub(crate) mod model;
pub(crate) mod request;
pub(crate) mod rig;
mod text;
mod tls;
