//! The functions that sprig adds to templates and expressions.
