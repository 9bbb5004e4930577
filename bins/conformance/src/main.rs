//! Runs golden vectors: `argo-events-conformance [--vectors DIR] [--family NAME] [--show N]`.

use argo_events_conformance::report;
use std::{io, path::PathBuf, process::ExitCode};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");

fn main() -> ExitCode {
    match arguments().and_then(|(directory, family, shown)| {
        report::run(
            &directory,
            family.as_deref(),
            shown,
            &mut io::stdout().lock(),
        )
        .map_err(|error| format!("{}: {error}", directory.display()))
    }) {
        Ok(totals) if totals.failed + totals.unknown == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<(PathBuf, Option<String>, Option<usize>), String> {
    let mut directory = PathBuf::from(SAMPLE);
    let (mut family, mut shown) = (None, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--vectors" => directory = PathBuf::from(value()?),
            "--family" => family = Some(value()?),
            "--show" => {
                shown = Some(
                    value()?
                        .parse()
                        .map_err(|_| "--show takes a number".to_owned())?,
                );
            }
            _ => {
                return Err(format!(
                    "unknown argument {word}: use --vectors DIR, --family NAME, --show N"
                ));
            }
        }
    }
    Ok((directory, family, shown))
}
