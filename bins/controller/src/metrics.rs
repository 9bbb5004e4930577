//! Names of the controller's metrics; those that the reference's library has keep their names.

/// Writes to the API server by `resource` and `verb`.
pub const WRITES: &str = "argo_events_controller_api_writes_total";
/// Objects by `kind`.
pub const OBJECTS: &str = "argo_events_controller_objects";
/// Objects all of whose conditions hold, by `kind`.
pub const READY: &str = "argo_events_controller_objects_ready";
/// Failures to take over a changed configuration file.
pub const CONFIG_FAILURES: &str = "argo_events_controller_config_reload_failures_total";
/// Kubernetes events that were dropped because there were more than the API server took in time.
pub const NOTES_DROPPED: &str = "argo_events_controller_notes_dropped_total";
/// Turns of work by `controller` and `result`: `success`, `requeue_after` or `error`.
pub const TURNS: &str = "controller_runtime_reconcile_total";
/// Turns of work that failed, by `controller`.
pub const ERRORS: &str = "controller_runtime_reconcile_errors_total";
/// Seconds that turns of work took, by `controller`.
pub const SECONDS: &str = "controller_runtime_reconcile_time_seconds";
/// Things that wait to be looked at now.
pub const DEPTH: &str = "workqueue_depth";
/// Things that are to be looked at again later.
pub const LATER: &str = "argo_events_controller_queue_later";
/// Whether this process is the one that acts.
pub const LEADER: &str = "leader_election_master_status";
/// Questions of the API server, by `kind` and `result`: `allowed` or `denied`.
pub const VERDICTS: &str = "argo_events_admission_verdicts_total";
