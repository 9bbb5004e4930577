//! Templates as the package `text/template` of Go parses and executes them.
