//! What the command line accepts. Help texts live here, with examples.

use argo_events::sensor::runtime::Limits;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use std::{num::NonZeroUsize, path::PathBuf};

/// Routes events: sources, a durable bus, conditions, triggers, in Argo Events' manifests.
#[derive(Debug, Parser)]
#[command(name = "argo-events", version, propagate_version = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  argo-events run examples/manifests/webhook
  argo-events validate manifests/
  argo-events test sensor.yaml --event paid.json

Exit codes: 0 fine, 1 the input is wrong, 2 the call is wrong, 3 a dependency is unreachable, 130 interrupted.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Run),
    Validate(Validate),
    Test(Test),
    Kinds(Kinds),
    Schema(Schema),
    Crds(Crds),
    Echo(Echo),
    Completions(Completions),
}

/// Run sources and sensors of manifests in this process, with an embedded bus.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  argo-events run examples/manifests/webhook
  argo-events run source.yaml sensor.yaml --bus memory
  argo-events run manifests/ --bus nats://localhost:4222
  argo-events run manifests/ --watch --data-dir /var/lib/argo-events --log json")]
pub(crate) struct Run {
    /// Files and folders of YAML or JSON: EventSource, Sensor, EventBus, Secret, ConfigMap.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Where the embedded bus keeps its files.
    #[arg(
        long,
        value_name = "DIR",
        default_value = ".argo-events",
        env = "ARGO_EVENTS_DATA_DIR"
    )]
    pub(crate) data_dir: PathBuf,
    /// Bus to use instead of the manifests' EventBus: memory, local, local:DIR,
    /// nats://USER:PASSWORD@HOST:4222, tls://HOST:4222, kafka://BROKER,BROKER/TOPIC. Kafka needs a build
    /// with the cargo feature kafka.
    #[arg(
        long,
        value_name = "BUS",
        env = "ARGO_EVENTS_BUS",
        hide_env_values = true
    )]
    pub(crate) bus: Option<String>,
    /// Reload what changed in the manifests.
    #[arg(long)]
    pub(crate) watch: bool,
    /// Folder with values of Secrets and ConfigMaps, in files NAME/KEY.
    #[arg(long, value_name = "DIR")]
    pub(crate) secrets_dir: Option<PathBuf>,
    /// Address for metrics and health (/metrics, /readyz, /livez), or `off`.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7777")]
    pub(crate) metrics: String,
    /// Seconds that running actions get to end after Ctrl-C.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) grace: u64,
    /// Firings of one trigger that run at a time; those of a trigger with `atLeastOnce: true` run one
    /// after another.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().at_a_time)]
    pub(crate) parallel: NonZeroUsize,
    /// Treat unknown fields as errors.
    #[arg(long)]
    pub(crate) strict: bool,
    /// How to log.
    #[arg(long, value_enum, default_value_t = LogFormat::Pretty)]
    pub(crate) log: LogFormat,
}

/// Report every fault of every document, with its place.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  argo-events validate manifests/
  argo-events validate sensor.yaml --strict --output json")]
pub(crate) struct Validate {
    /// Files and folders.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Treat unknown fields as errors.
    #[arg(long)]
    pub(crate) strict: bool,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// Run a sensor against events from files, without any server, and explain every decision.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["events", "expect"])))]
#[command(after_help = "\
Examples:
  argo-events test sensor.yaml --event paid.json
  argo-events test sensor.yaml --event shop/paid=paid.json --event warehouse/shipped=shipped.json
  cat event.json | argo-events test sensor.yaml --event -
  argo-events test sensor.yaml --expect expectations.yaml --output junit

An event file is one of:
  a whole CloudEvent, known by its `specversion`
  a list of events, or one, as YAML or JSON:
    - { source: shop, event: paid, id: order-77, time: 2026-03-04T05:06:07Z, data: { amount: 5 } }
    - { dependency: shipped, file: shipped.json }   # source and event of a dependency, body of a file
    - wait: 25h                                     # time passes
  anything else: a body. Which event it is of says SOURCE/EVENT=, else the file's name; with a single
  dependency it is clear.
Events arrive at their own time. Nothing is sent, and no clock is read.

Expectations:
  cases:
    - name: pays and ships
      sensor: orders                        # with several sensors
      events: [paid.json, { dependency: shipped, data: {} }]
      expect:
        fired: [ship]                       # exactly these; [] for none
        notFired: [refund]
        rendered: { ship: { method: POST, body: { order: 77 } } }   # parts of what would be sent
        filtered: { paid: data }            # turned away, and by what
        missing: { close: shipped }         # what a trigger still needs at the end")]
pub(crate) struct Test {
    /// Files and folders with the sensor.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// An event: a file, `-` for standard input, or SOURCE/EVENT=FILE; a body, or a whole CloudEvent.
    #[arg(long = "event", value_name = "[SOURCE/EVENT=]FILE")]
    pub(crate) events: Vec<String>,
    /// Expectations: a YAML file that turns the run into a check.
    #[arg(long, value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,
    /// How to print.
    #[arg(long, value_enum, default_value_t = TestOutput::Text)]
    pub(crate) output: TestOutput,
}

/// List the kinds of sources, buses and triggers of this build.
#[derive(Debug, Args)]
pub(crate) struct Kinds {
    /// Show one kind with an example.
    #[arg(value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// Print the JSON schema of manifests, for editors.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  argo-events schema > argo-events.schema.json

The YAML language server, which most editors use, reads it where the first line of a manifest says so:
  # yaml-language-server: $schema=argo-events.schema.json")]
pub(crate) struct Schema {
    /// Only objects of this kind; all of them, by their `kind`, if absent.
    #[arg(long, value_enum, ignore_case = true)]
    pub(crate) kind: Option<ObjectKind>,
}

/// Print the custom resource definitions of EventBus, EventSource and Sensor.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  argo-events crds | kubectl apply -f -
  argo-events crds --kind Sensor --output json
  argo-events crds --coverage schema.json

With --coverage, each line counts the properties of a kind in another JSON schema that the definition
lists, that it keeps without looking into them, and that it does not know; one of the last ends the
command with 1.")]
pub(crate) struct Crds {
    /// Only the definition of this kind.
    #[arg(long, value_enum, ignore_case = true)]
    pub(crate) kind: Option<ObjectKind>,
    /// How to print.
    #[arg(long, value_enum, default_value_t = DefinitionFormat::Yaml)]
    pub(crate) output: DefinitionFormat,
    /// Compare with a JSON schema, such as that of the reference, instead of printing.
    #[arg(long, value_name = "SCHEMA", conflicts_with = "output")]
    pub(crate) coverage: Option<PathBuf>,
}

/// Answer every HTTP request with 200 and print it: a target to try triggers on.
#[derive(Debug, Args)]
pub(crate) struct Echo {
    /// Port to listen on.
    #[arg(long, default_value_t = 9000)]
    pub(crate) port: u16,
    /// Status code to answer with.
    #[arg(long, default_value_t = 200)]
    pub(crate) status: u16,
}

/// Print a script that completes this command in a shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Kinds of objects, as manifests write them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(crate) enum ObjectKind {
    EventBus,
    EventSource,
    Sensor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Short lines for people.
    Pretty,
    /// One JSON object per line.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DefinitionFormat {
    /// For people, and for files.
    Yaml,
    /// For programs.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestOutput {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For CI servers.
    Junit,
}
