//! jq programs, as gojq runs them.
