//! What scripts may not do: the names are there, and calling them says so.

use super::super::{
    heap::Fault,
    machine::{Arguments, Machine},
    value::Value,
};

pub(super) const OS: &[&str] = &[
    "execute",
    "exit",
    "getenv",
    "remove",
    "rename",
    "setenv",
    "setlocale",
    "tmpname",
];

pub(super) const MODULES: [(&str, &[&str]); 3] = [
    (
        "io",
        &[
            "close", "flush", "input", "lines", "open", "output", "popen", "read", "tmpfile",
            "type", "write",
        ],
    ),
    (
        "debug",
        &[
            "getfenv",
            "getinfo",
            "getlocal",
            "getmetatable",
            "getupvalue",
            "setfenv",
            "setlocal",
            "setmetatable",
            "setupvalue",
            "traceback",
        ],
    ),
    ("channel", &["make", "select"]),
];

pub(super) fn refuse(machine: &mut Machine, _: Arguments, held: Value) -> Result<(), Fault> {
    let name = machine.print(held);
    let name = String::from_utf8_lossy(&name);
    Err(machine.error(&format!(
        "{name} is not available to scripts of filters and transforms"
    )))
}
