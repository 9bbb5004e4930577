//! Errors of librdkafka as errors of this project.

use super::watch::Watch;
use argo_events_core::{Error, ErrorKind};
use rdkafka::{error::KafkaError, types::RDKafkaErrorCode as Code};

/// Makes an error of what a client said.
pub(super) fn failure(error: KafkaError, operation: &'static str) -> Error {
    let code = error.rdkafka_error_code();
    of_code(code, error.to_string())
        .during(operation)
        .caused_by(error)
}

/// Makes an error of a call that may have failed for a reason that the client said elsewhere.
pub(super) fn explained(error: KafkaError, operation: &'static str, watch: &Watch) -> Error {
    match watch.trouble() {
        Some(trouble) if trouble.kind == ErrorKind::Unauthorized => {
            Error::permanent(ErrorKind::Unauthorized, trouble.reason).during(operation)
        }
        Some(trouble) if is_vague(&error) => Error::transient(trouble.kind, trouble.reason)
            .during(operation)
            .caused_by(error),
        _ => failure(error, operation),
    }
}

fn is_vague(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::OperationTimedOut
                | Code::MessageTimedOut
        )
    )
}

/// Makes an error of a code.
pub(super) fn of_code(code: Option<Code>, message: String) -> Error {
    match code {
        Some(Code::MessageSizeTooLarge | Code::InvalidMessageSize) => Error::permanent(
            ErrorKind::TooLarge,
            "larger than the topic takes; see max.message.bytes of the topic",
        ),
        Some(
            Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::SaslAuthenticationFailed
            | Code::Authentication,
        ) => Error::permanent(ErrorKind::Unauthorized, message),
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
            Error::transient(ErrorKind::NotFound, message)
        }
        Some(Code::MessageTimedOut | Code::OperationTimedOut | Code::RequestTimedOut) => {
            Error::transient(ErrorKind::Timeout, message)
        }
        Some(Code::ThrottlingQuotaExceeded | Code::QueueFull) => {
            Error::transient(ErrorKind::RateLimited, message)
        }
        _ => Error::transient(ErrorKind::Unavailable, message),
    }
}

/// Makes the error of a call on a bus that is closed.
pub(super) fn closed(operation: &'static str) -> Error {
    Error::permanent(ErrorKind::Closed, "the bus is closed").during(operation)
}

/// Makes the error of work that did not come to its end, because its thread is gone.
pub(super) fn gone(operation: &'static str) -> Error {
    Error::transient(ErrorKind::Unexpected, "the client's thread ended").during(operation)
}
