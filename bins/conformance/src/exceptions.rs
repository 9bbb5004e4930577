//! Where the reference is broken and this project differs on purpose.
//!
//! Each rule is a predicate over a vector's input, never over its id and never over our output,
//! with the reason and with what is required instead.
