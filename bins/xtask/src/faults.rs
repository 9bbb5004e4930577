//! `cargo xtask faults`: the long fault run, for as many events and faults as one has time for.

use crate::command::{self, Outcome};

const RUN: &[&str] = &[
    "test",
    "--release",
    "--quiet",
    "--package",
    "argo-events-services",
    "--test",
    "faults",
    "--",
    "--ignored",
    "--exact",
    "nothing_is_lost_in_a_long_run",
];

/// What may be said, and the variable that tells the run.
const OPTIONS: [(&str, &str); 3] = [
    ("--seed", "ARGO_EVENTS_SEED"),
    ("--events", "ARGO_EVENTS_FAULTS_EVENTS"),
    ("--faults", "ARGO_EVENTS_FAULTS"),
];

pub(crate) fn run(arguments: &[String]) -> Outcome {
    crate::servers::prepare()?;
    let mut command = command::cargo(RUN);
    for (variable, number) in read(arguments)? {
        command.env(variable, number);
    }
    command::run(&mut command)
}

/// Reads options with their numbers into variables.
fn read(arguments: &[String]) -> Result<Vec<(&'static str, String)>, String> {
    let mut variables = Vec::new();
    let mut words = arguments.iter();
    while let Some(option) = words.next() {
        let known = OPTIONS.iter().find(|(name, _)| name == option);
        let (_, variable) = known.ok_or_else(|| {
            let known = OPTIONS.map(|(name, _)| name).join(", ");
            format!("there is no option {option:?}; known: {known}")
        })?;
        let number = words.next().filter(|word| word.parse::<u64>().is_ok());
        let number = number.ok_or_else(|| format!("{option} needs a number"))?;
        variables.push((*variable, number.clone()));
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_variables_and_what_is_none_is_told() {
        let read = |text: &str| read(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let seed = ("ARGO_EVENTS_SEED", "7".to_owned());
        assert_eq!(read("--seed 7"), Ok(vec![seed]));
        assert_eq!(read("--events"), Err("--events needs a number".to_owned()));
        let unknown = read("--speed 7").unwrap_err();
        assert!(unknown.contains("--speed") && unknown.contains("--faults"));
    }
}
