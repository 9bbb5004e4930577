//! Expressions of filters, as the library govaluate evaluates them.
