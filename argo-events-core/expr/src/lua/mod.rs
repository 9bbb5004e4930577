//! Lua 5.1 with `goto`, as gopher-lua runs it.
