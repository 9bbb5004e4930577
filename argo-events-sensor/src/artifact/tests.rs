//! Artifacts from web servers, files and config maps.
