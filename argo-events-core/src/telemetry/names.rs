//! Names of metrics; those of the reference keep their names.
