//! `cargo xtask faults`: the long fault run, for as many events and faults as one has time for.

use crate::{
    command::{self, Outcome},
    servers::{self, Server},
};

const BUILD: &[&str] = &[
    "test",
    "--release",
    "--quiet",
    "--package",
    "argo-events-services",
    "--test",
    "faults",
];

/// What may be said, and the variable that tells the run.
const NUMBERS: [(&str, &str); 3] = [
    ("--seed", "ARGO_EVENTS_SEED"),
    ("--events", "ARGO_EVENTS_FAULTS_EVENTS"),
    ("--faults", "ARGO_EVENTS_FAULTS"),
];
/// Which bus, the features and the server that it needs, and the run over it.
const BUSES: [(&str, &[&str], Server, &str); 2] = [
    (
        "jetstream",
        &[],
        Server::Nats,
        "nothing_is_lost_in_a_long_run",
    ),
    (
        "kafka",
        &["--features", "kafka"],
        Server::Kafka,
        "nothing_is_lost_in_a_long_run_over_kafka",
    ),
];

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    /// Which of the buses.
    bus: usize,
    variables: Vec<(&'static str, String)>,
}

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let asked = read(arguments)?;
    let (_, features, server, name) = BUSES[asked.bus];
    servers::obtain(server)?;
    let mut command = command::cargo(BUILD);
    command.args(features);
    command.args(["--", "--ignored", "--exact", name]);
    command.envs(asked.variables);
    command::run(&mut command)
}

/// Reads options with their values.
fn read(arguments: &[String]) -> Result<Asked, String> {
    let (mut bus, mut variables) = (0, Vec::new());
    let mut words = arguments.iter();
    while let Some(option) = words.next() {
        if option == "--bus" {
            let name = words.next().map_or("", String::as_str);
            bus = bus_of(name)?;
            continue;
        }
        let known = NUMBERS.iter().find(|(name, _)| name == option);
        let (_, variable) = known.ok_or_else(|| {
            let known = NUMBERS.map(|(name, _)| name).join(", ");
            format!("there is no option {option:?}; known: --bus, {known}")
        })?;
        let number = words.next().filter(|word| word.parse::<u64>().is_ok());
        let number = number.ok_or_else(|| format!("{option} needs a number"))?;
        variables.push((*variable, number.clone()));
    }
    Ok(Asked { bus, variables })
}

fn bus_of(name: &str) -> Result<usize, String> {
    let place = BUSES.iter().position(|(known, ..)| *known == name);
    place.ok_or_else(|| {
        let known = BUSES.map(|(known, ..)| known).join(" or ");
        format!("--bus needs {known}, not {name:?}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_variables_and_what_is_none_is_told() {
        let read = |text: &str| read(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let variables = vec![("ARGO_EVENTS_SEED", "7".to_owned())];
        let asked = |bus| Asked {
            bus,
            variables: variables.clone(),
        };
        assert_eq!(read("--seed 7"), Ok(asked(0)));
        assert_eq!(read("--bus kafka --seed 7"), Ok(asked(1)));
        assert_eq!(read("--events"), Err("--events needs a number".to_owned()));
        let unknown = read("--bus nats").unwrap_err();
        assert_eq!(unknown, "--bus needs jetstream or kafka, not \"nats\"");
        let unknown = read("--speed 7").unwrap_err();
        assert!(unknown.contains("--speed") && unknown.contains("--faults"));
    }
}
