//! One door to all languages: a text compiles to a program, a program and an input give a value.
