//! The flags of a subcommand, written as the reference writes them: `--name VALUE`, `--name=VALUE`,
//! and `--name` alone for yes.

use argo_events_process::{Exit, Failure};
use std::{collections::HashMap, fmt, str::FromStr};

/// A flag that a subcommand knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag {
    /// Its name, without dashes.
    pub(crate) name: &'static str,
    /// What stands for its value in the help; empty for one that says yes or no.
    pub(crate) value: &'static str,
    /// What it does, and its default.
    pub(crate) help: &'static str,
}

/// The flags that were given.
#[derive(Debug, Default)]
pub(crate) struct Flags(HashMap<&'static str, String>);

impl Flags {
    /// Reads the arguments of a subcommand.
    pub(crate) fn read(known: &[Flag], arguments: &[&str]) -> Result<Self, Failure> {
        let mut given = HashMap::new();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let text = argument.strip_prefix("--").unwrap_or_default();
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (text, None),
            };
            let Some(flag) = known.iter().find(|flag| flag.name == name) else {
                return Err(wrong(
                    format!("`{argument}` cannot be understood here"),
                    known,
                ));
            };
            let value = match value {
                Some(value) => value,
                None if flag.value.is_empty() => "true",
                None => arguments
                    .next()
                    .ok_or_else(|| wrong(format!("`{argument}` needs a value"), known))?,
            };
            given.insert(flag.name, value.to_owned());
        }
        Ok(Self(given))
    }

    /// Returns the value of a flag, or the default.
    pub(crate) fn get<T: FromStr>(&self, name: &'static str, default: T) -> Result<T, Failure>
    where
        T::Err: fmt::Display,
    {
        let Some(text) = self.0.get(name) else {
            return Ok(default);
        };
        let wrong = |error| {
            let message = format!("`--{name} {text}` cannot be understood: {error}");
            Failure::new(Exit::CallWrong, message)
        };
        text.parse().map_err(wrong)
    }

    /// Returns the text of a flag, if it was given.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Lists flags with what they do.
pub(crate) fn list(known: &[Flag]) -> String {
    let lines = known.iter().map(|flag| {
        let written = format!("--{} {}", flag.name, flag.value);
        format!("  {:<32}{}\n", written.trim_end(), flag.help)
    });
    lines.collect()
}

fn wrong(message: String, known: &[Flag]) -> Failure {
    Failure::new(Exit::CallWrong, format!("{message}\n\n{}", list(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Flag] = &[
        Flag {
            name: "port",
            value: "PORT",
            help: "where",
        },
        Flag {
            name: "wide",
            value: "",
            help: "whether",
        },
    ];

    #[test]
    fn a_flag_is_written_in_two_ways_and_yes_need_not_be_said() {
        for arguments in [
            &["--port", "7", "--wide"],
            &["--port=7", "--wide=true", "--wide"],
        ] {
            let flags = Flags::read(KNOWN, arguments).unwrap();
            assert_eq!(flags.get("port", 1).unwrap(), 7);
            assert!(flags.get("wide", false).unwrap());
        }
        let flags = Flags::read(KNOWN, &["--wide=false"]).unwrap();
        assert!(!flags.get("wide", true).unwrap());
        assert_eq!(flags.get("port", 1).unwrap(), 1);
    }

    #[test]
    fn what_cannot_be_understood_is_told_with_what_can() {
        for arguments in [&["--prot", "7"][..], &["port"], &["--port"]] {
            let failure = Flags::read(KNOWN, arguments).unwrap_err();
            assert!(failure.message().contains("--port PORT"), "{failure:?}");
        }
        let flags = Flags::read(KNOWN, &["--port", "many"]).unwrap();
        let failure = flags.get("port", 1).unwrap_err();
        assert!(failure.message().contains("`--port many`"), "{failure:?}");
    }
}
