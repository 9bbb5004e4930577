//! Times, layouts and zones as the package `time` of Go reads and writes them.
