//! Reads the manifests that a call names.

use crate::exit::{Exit, Failure};
use argo_events::Manifests;
use std::path::PathBuf;

/// Reads files and folders; that there is none is a failure too.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Manifests, Failure> {
    let manifests =
        Manifests::from_paths(paths).map_err(|error| Failure::new(Exit::InputWrong, error))?;
    if manifests.files().is_empty() {
        let message = "no manifest was found; name a .yaml or .json file, or a folder with some";
        return Err(Failure::new(Exit::InputWrong, message));
    }
    Ok(manifests)
}
