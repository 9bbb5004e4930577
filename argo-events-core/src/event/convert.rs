//! Conversions to and from the types of `cloudevents-sdk`.
