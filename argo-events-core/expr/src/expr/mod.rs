//! Expressions of event sources, as the library expr evaluates them.
