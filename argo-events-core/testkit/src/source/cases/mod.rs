//! The cases, one file per theme.

mod accept;
mod fault;
mod stop;

use super::{Case, Need};
use crate::suite::list;

/// Lists every case in the order of the promises.
pub(super) fn all() -> Vec<Case> {
    list! { Need:
        "SRC-01" "nothing is acknowledged before its event is accepted" [Answers] accept::accepted_first;
        "SRC-01" "a later event does not acknowledge an earlier one" [Answers] accept::each_by_itself;
        "SRC-01" "what is accepted is acknowledged" [Answers] accept::acknowledged;
        "SRC-02" "an idle source stops when it is told to" [] stop::idle;
        "SRC-02" "a source at work stops when it is told to" [] stop::at_work;
        "SRC-02" "nothing is emitted after the stop signal" [] stop::emits_nothing_new;
        "SRC-03" "an upstream out of reach is an error" [Unreachable] fault::out_of_reach;
        "SRC-03" "an upstream that fails ends the run with an error" [Breaks] fault::breaks;
        "SRC-04" "input that is no event is counted and does not end the run" [Malformed] fault::malformed;
        "SRC-05" "an event that was not accepted is not lost" [] accept::not_lost;
        "SRC-06" "a source that stopped runs again" [] stop::runs_again;
        "SRC-06" "a source whose run was dropped runs again" [] stop::runs_again_after_a_drop;
    }
}
