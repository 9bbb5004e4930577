//! Conversions to and from the types of `cloudevents-sdk`.
//!
//! Nothing is lost on the way back and forth, but the form of a body: JSON values are written out,
//! and come back as bytes.

use super::{Builder, Event, Extension, Moment};
use crate::{Error, ErrorKind};
use cloudevents::{
    AttributesReader as _, AttributesWriter as _, Data, EventBuilder as _, EventBuilderV10,
    event::ExtensionValue,
};

/// Fails, permanently, with `PayloadInvalid` where the SDK is stricter: it wants a source, a type
/// and a schema that is an absolute URL.
impl TryFrom<&Event> for cloudevents::Event {
    type Error = Error;

    fn try_from(event: &Event) -> Result<Self, Error> {
        let mut builder = EventBuilderV10::new()
            .id(event.id())
            .source(event.source())
            .ty(event.event_type());
        if !event.subject().is_empty() {
            builder = builder.subject(event.subject());
        }
        if let Some(time) = event.moment() {
            let mut text = Vec::new();
            time.write(&mut text);
            builder = builder.time(String::from_utf8_lossy(&text).into_owned());
        }
        for name in event.extensions().keys() {
            builder = match event.extension(name) {
                Some(Extension::Text(text)) => builder.extension(name, text),
                Some(Extension::Boolean(value)) => builder.extension(name, value),
                Some(Extension::Integer(value)) => builder.extension(name, i64::from(value)),
                None => builder,
            };
        }
        let mut built = with_body(builder, event).build().map_err(|error| {
            Error::permanent(ErrorKind::PayloadInvalid, "not an event by the SDK's rules")
                .with("event", event.id())
                .caused_by(error)
        })?;
        let content_type = event.data_content_type();
        built.set_datacontenttype((!content_type.is_empty()).then_some(content_type));
        Ok(built)
    }
}

fn with_body(builder: EventBuilderV10, event: &Event) -> EventBuilderV10 {
    let (content_type, schema) = (event.data_content_type(), event.data_schema());
    match event.data().map(|data| data.to_vec()) {
        None => builder,
        Some(data) if schema.is_empty() => builder.data(content_type, data),
        Some(data) => builder.data_with_schema(content_type, schema, data),
    }
}

impl From<cloudevents::Event> for Event {
    fn from(mut event: cloudevents::Event) -> Self {
        let (content_type, schema, data) = event.take_data();
        let mut builder = Self::builder(
            event.id(),
            event.source(),
            event.subject().unwrap_or_default(),
        )
        .event_type(event.ty())
        .data_content_type(content_type.unwrap_or_default());
        if let Some(schema) = schema {
            builder = builder.data_schema(schema);
        }
        if let Some(time) = event.set_time(None::<std::time::SystemTime>) {
            builder
                .0
                .set_moment(Moment::parse(time.to_rfc3339().as_bytes()));
        }
        for (name, value) in event.iter_extensions() {
            builder = with_extension(builder, name, value);
        }
        match data {
            None => builder.build(),
            Some(Data::Binary(bytes)) => builder.data(bytes).build(),
            Some(Data::String(text)) => builder.data(text).build(),
            Some(Data::Json(value)) => builder.data(value.to_string()).build(),
        }
    }
}

/// Adds an extension; an integer beyond 32 bits, which CloudEvents have no type for, as text.
fn with_extension(builder: Builder, name: &str, value: &ExtensionValue) -> Builder {
    match value {
        ExtensionValue::String(text) => builder.extension(name, text),
        ExtensionValue::Boolean(value) => builder.boolean_extension(name, *value),
        ExtensionValue::Integer(value) => match i32::try_from(*value) {
            Ok(value) => builder.integer_extension(name, value),
            Err(_) => builder.extension(name, value.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Builder {
        Event::builder("1", "shop", "paid").event_type("webhook")
    }

    #[test]
    fn an_event_survives_the_way_through_the_sdk() {
        let event = event()
            .time("2023-04-05T06:07:08.123456789Z".parse().unwrap())
            .data_schema("http://schemas/paid")
            .extension("traceparent", "00-1")
            .boolean_extension("sampled", true)
            .integer_extension("attempt", -7)
            .data(r#"{"order":77}"#)
            .build();
        let sdk = cloudevents::Event::try_from(&event).unwrap();
        assert_eq!(Event::from(sdk), event);
    }

    #[test]
    fn an_event_without_a_body_keeps_its_content_type() {
        let event = event().build();
        assert_eq!(
            Event::from(cloudevents::Event::try_from(&event).unwrap()),
            event
        );
    }

    #[test]
    fn json_of_the_sdk_becomes_bytes() {
        let sdk = EventBuilderV10::new().id("1").source("shop").ty("t");
        let sdk = sdk
            .data("application/json", serde_json::json!({"order": 77}))
            .build()
            .unwrap();
        assert_eq!(Event::from(sdk).data().unwrap(), &br#"{"order":77}"#[..]);
    }

    #[test]
    fn what_the_sdk_refuses_is_a_permanent_error() {
        let event = Event::builder("1", "", "paid")
            .event_type("webhook")
            .build();
        let error = cloudevents::Event::try_from(&event).unwrap_err();
        assert_eq!(
            (error.kind(), error.is_transient()),
            (ErrorKind::PayloadInvalid, false)
        );
    }
}
