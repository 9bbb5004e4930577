//! Developer tasks: `cargo xtask <task>`.
//!
//! Each task is a file; this one only chooses.

mod bench;
mod budget;
mod cluster;
mod command;
mod conformance;
mod faults;
mod folder;
mod fuzz;
mod image;
mod layout;
mod servers;
mod snippets;
mod test;
mod tools;
mod watch;

use std::process::ExitCode;

const HELP: &str = "\
Developer tasks of argo-events.

Usage: cargo xtask <task>

  test [STEP…]                              prepare what the tests need and run everything, or the steps named
  conformance [--vectors DIR] [--family F]  run recorded vectors of the reference (default: the sample kept here)
  bench [--output json] [FILTER]            run the benchmarks, print each beside its baseline
  budget [--long]                           measure size, start and memory of the release binary
  faults [--bus jetstream|kafka] [--seed N] [--events N] [--faults N]
                                            break pods and their bus while events flow, for ten minutes
  cluster [--binary FILE] [--keep]          run pods of our image on a real node; needs root
  servers                                   fetch the servers that tests start, as far as they are missing
  fuzz [--seconds N] [TARGET…]              run fuzz targets, each for a minute unless told otherwise
  image [--tag NAME:TAG] [--target TRIPLE]… [--output FILE] [--features LIST] [--binary FILE] [--rootfs DIR]
                                            make the image of the pods without a container engine
  layout                                    check that every kind has its files and its registration
  snippets                                  run the commands and programs of the README

Examples:
  cargo xtask test
  cargo xtask test clippy doc
  cargo xtask conformance --family gjson
  cargo xtask bench resolution
  cargo xtask fuzz --seconds 600 gjson
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = match words.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("--help", &[][..]),
    };
    let outcome = match task {
        "test" => test::run(rest),
        "conformance" => conformance::run(rest),
        "bench" => bench::run(rest),
        "budget" => budget::run(rest),
        "cluster" => cluster::run_on_node(rest),
        "faults" => faults::run(rest),
        "fuzz" => fuzz::run(rest),
        "servers" => servers::fetch(),
        "image" => image::image(rest),
        "layout" => layout::run(),
        "snippets" => snippets::run(),
        "--help" | "-h" | "help" => {
            command::say(HELP);
            return ExitCode::SUCCESS;
        }
        other => {
            eprintln!("error: there is no task {other:?}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(1)
        }
    }
}
