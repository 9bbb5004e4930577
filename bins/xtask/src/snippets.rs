//! `cargo xtask snippets`: the README's commands, run as a newcomer would.
//!
//! Of each `console` block the lines that begin with `$ ` are run in order. In a block called
//! `console server` the command keeps running until the end. YAML blocks are validated. Rust blocks
//! are doctests of the facade.

use crate::command::{self, Outcome, cargo, root};
use std::{
    fs,
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

/// The task that runs this one.
const ITSELF: &str = "cargo xtask test";
/// Where the servers of the README can be seen to answer.
const PORTS: &[u16] = &[7777, 9000];
const PATIENCE: u32 = 600;

/// Servers; dropping them ends them.
#[derive(Default)]
struct Servers(Vec<Child>);

impl Drop for Servers {
    fn drop(&mut self) {
        for server in &mut self.0 {
            // It may have ended by itself, which the other commands have noticed.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

pub(crate) fn run() -> Outcome {
    let readme = fs::read_to_string(root().join("README.md")).map_err(|error| error.to_string())?;
    // Built first, so that a server's start is not the time of its build.
    command::run(&mut cargo(&["build", "--quiet", "--release"]))?;
    let mut servers = Servers::default();
    for (info, body) in blocks(&readme) {
        match info {
            "console server" => serve(&body, &mut servers)?,
            "console" => commands(&body).try_for_each(shell)?,
            "yaml" => validate(&body)?,
            _ => {}
        }
    }
    Ok(())
}

/// Cuts a text into its fenced blocks: what stands behind the fence, and the lines within.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => open = Some((info, String::new())),
            (None, Some((_, body))) => *body += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    blocks
}

fn commands(body: &str) -> impl Iterator<Item = &str> {
    body.lines()
        .filter_map(|line| line.strip_prefix("$ "))
        .filter(|line| *line != ITSELF)
}

fn in_shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(root());
    command
}

fn shell(line: &str) -> Outcome {
    command::run(&mut in_shell(line))
}

fn serve(body: &str, servers: &mut Servers) -> Outcome {
    for line in commands(body) {
        eprintln!("$ {line} &");
        let mut command = in_shell(&format!("exec {line}"));
        let child = command
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("{line}: {error}"))?;
        let port = PORTS[servers.0.len().min(PORTS.len() - 1)];
        servers.0.push(child);
        wait_for(port).map_err(|error| format!("{line}: {error}"))?;
    }
    Ok(())
}

fn wait_for(port: u16) -> Outcome {
    for _ in 0..PATIENCE {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        sleep(Duration::from_millis(100));
    }
    Err(format!("nothing listens on port {port}"))
}

fn validate(body: &str) -> Outcome {
    let file = root().join("target/readme.yaml");
    fs::write(&file, body).map_err(|error| error.to_string())?;
    let mut command = cargo(&["run", "--quiet", "--release", "--", "validate"]);
    command::run(command.arg(file))
}
