//! Reads an envelope member by member, in whatever order they come.
//!
//! What is known so far decides how a member is taken, as in the reference's SDK: before the
//! version is known everything is kept aside, and a body waits until its content type is known.

use super::{
    embeds_json,
    json::{Kind, NotJson, Reader, Token},
    uri,
};
use crate::event::{Event, SpecVersion, media_type, moment::Moment};
use argo_events_expr::gojson::unquote;
use base64::{
    Engine as _, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};
use base64_simd::STANDARD;
use bytes::Bytes;
use std::{borrow::Cow, fmt, ops::Range};

/// Standard base64 with padding; bits that fall off at the end are ignored, as in Go.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Why bytes are no event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Json(usize),
    NoVersion,
    UnknownVersion(String),
    Twice(&'static str),
    NotText(String),
    Source(String),
    Time(String),
    Base64(String),
    Encoding(String),
    TextBody(String),
    ExtensionName(String),
    StandardName(String),
    ExtensionValue(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not a CloudEvent: ")?;
        match self {
            Self::Json(at) => write!(out, "not JSON at byte {at}"),
            Self::NoVersion => out.write_str("no member `specversion`"),
            Self::UnknownVersion(version) => {
                write!(
                    out,
                    "`specversion` is {version:?}, known are \"1.0\" and \"0.3\""
                )
            }
            Self::Twice(name) => write!(out, "`{name}` is there twice"),
            Self::NotText(name) => write!(out, "`{name}` is not a text"),
            Self::Source(source) => {
                write!(out, "`source` is {source:?}, which is no URI reference")
            }
            Self::Time(time) => write!(out, "`time` is {time:?}, which is no RFC 3339 time"),
            Self::Base64(reason) => write!(out, "`data_base64` is not base64: {reason}"),
            Self::Encoding(name) => write!(
                out,
                "`datacontentencoding` is {name:?}, known is \"base64\""
            ),
            Self::TextBody(media_type) => {
                write!(out, "`data` is not a text, though of type {media_type:?}")
            }
            Self::ExtensionName(name) => write!(
                out,
                "attribute {name:?} has other signs than letters and digits"
            ),
            Self::StandardName(name) => {
                write!(out, "attribute {name:?} is a standard one in another case")
            }
            Self::ExtensionValue(name) => {
                write!(
                    out,
                    "attribute {name:?} is neither a text nor a boolean nor an integer of 32 bits"
                )
            }
        }
    }
}

impl From<NotJson> for Reason {
    fn from(NotJson(at): NotJson) -> Self {
        Self::Json(at)
    }
}

type Result<T> = std::result::Result<T, Reason>;

/// Reads an event; what it keeps of a body that stands there as it is, the caller says.
pub(super) fn event(bytes: &[u8], keep: impl Fn(Range<usize>) -> Bytes) -> Result<Event> {
    let mut json = Reader::new(bytes);
    if !json.opens_object()? {
        json.value()?;
        json.finish()?;
        return Err(Reason::NoVersion);
    }
    let mut envelope = Envelope::new(bytes, &keep);
    let (mut first, mut ended) = (true, false);
    while let Some(name) = json.member(first)? {
        first = false;
        let value = json.value()?;
        let name = envelope.text(name);
        // The reference's reader takes an empty name for the end of the object.
        ended |= name.is_empty();
        if !ended {
            envelope.member(&name, value)?;
        }
    }
    json.finish()?;
    envelope.finish()
}

/// What was read so far.
struct Envelope<'a> {
    bytes: &'a [u8],
    keep: &'a dyn Fn(Range<usize>) -> Bytes,
    event: Event,
    version: Option<SpecVersion>,
    content_type_known: bool,
    base64: bool,
    /// A body that waits for what follows.
    waiting: Option<Token>,
    early: Early,
}

/// Members whose meaning depends on a version that is not known yet.
#[derive(Default)]
struct Early {
    schema_url: Option<Token>,
    data_schema: Option<Token>,
    data_content_encoding: Option<Token>,
    data_base64: Option<Token>,
    extensions: Vec<(String, Token)>,
}

impl<'a> Envelope<'a> {
    fn new(bytes: &'a [u8], keep: &'a dyn Fn(Range<usize>) -> Bytes) -> Self {
        let mut event = Event::builder("", "", "").data_content_type("").build();
        event.inline = true;
        let early = Early::default();
        Self {
            bytes,
            keep,
            event,
            version: None,
            content_type_known: false,
            base64: false,
            waiting: None,
            early,
        }
    }

    fn raw(&self, token: Token) -> &'a [u8] {
        &self.bytes[token.start..token.end]
    }

    fn text(&self, token: Token) -> Cow<'a, str> {
        unquote(self.raw(token))
    }

    /// Takes a member whose value must be a text; null counts as an empty one.
    fn string(&self, name: &str, value: Token) -> Result<Cow<'a, str>> {
        match value.kind {
            Kind::Text => Ok(self.text(value)),
            Kind::Null => Ok(Cow::Borrowed("")),
            _ => Err(Reason::NotText(name.to_owned())),
        }
    }

    fn member(&mut self, name: &str, value: Token) -> Result<()> {
        if self.attribute(name, value)? {
            return Ok(());
        }
        match self.version {
            None if name == "specversion" => self.begin(value),
            Some(_) if name == "specversion" => Err(Reason::Twice("specversion")),
            None => {
                self.keep_aside(name, value);
                Ok(())
            }
            Some(SpecVersion::V1) => self.member_of_v1(name, value),
            Some(SpecVersion::V03) => self.member_of_v03(name, value),
        }
    }

    /// Takes a member that means the same in every version; tells whether it was one.
    fn attribute(&mut self, name: &str, value: Token) -> Result<bool> {
        match name {
            "id" => self.event.attributes.id = self.string(name, value)?.into_owned(),
            "type" => self.event.attributes.event_type = self.string(name, value)?.into_owned(),
            "subject" => self.event.attributes.subject = self.string(name, value)?.into_owned(),
            "source" => self.event.attributes.source = self.source(value)?,
            "time" => self.event.set_moment(self.time(value)?),
            "datacontenttype" => {
                if self.version.is_some() && self.content_type_known {
                    return Err(Reason::Twice("datacontenttype"));
                }
                self.event.attributes.data_content_type = self.string(name, value)?.into_owned();
                self.content_type_known = true;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn source(&self, value: Token) -> Result<String> {
        let text = self.string("source", value)?;
        // Written for an event without a source; to refuse it would lose what was stored.
        if text.is_empty() && value.kind == Kind::Text {
            return Ok(String::new());
        }
        match uri::normalized(&text) {
            Some(source) => Ok(source.into_owned()),
            None => Err(Reason::Source(text.into_owned())),
        }
    }

    fn time(&self, value: Token) -> Result<Option<Moment>> {
        let text = self.string("time", value)?;
        if text.is_empty() {
            return Ok(None);
        }
        match Moment::parse(text.as_bytes()) {
            Some(time) => Ok(Some(time)),
            None => Err(Reason::Time(text.into_owned())),
        }
    }

    fn keep_aside(&mut self, name: &str, value: Token) {
        match name {
            "data" => self.waiting = Some(value),
            "data_base64" => self.early.data_base64 = Some(value),
            "datacontentencoding" => self.early.data_content_encoding = Some(value),
            "schemaurl" => self.early.schema_url = Some(value),
            "dataschema" => self.early.data_schema = Some(value),
            _ => self.early.extensions.push((name.to_owned(), value)),
        }
    }

    /// Learns the version and takes what was kept aside.
    fn begin(&mut self, version: Token) -> Result<()> {
        let text = self.string("specversion", version)?;
        let version = match &*text {
            "1.0" => SpecVersion::V1,
            "0.3" => SpecVersion::V03,
            _ => return Err(Reason::UnknownVersion(text.into_owned())),
        };
        self.version = Some(version);
        self.event.attributes.spec_version = version;
        let early = std::mem::take(&mut self.early);
        let others = match version {
            SpecVersion::V1 => self.begin_v1(&early),
            SpecVersion::V03 => self.begin_v03(&early)?,
        };
        for (name, value) in others
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
        {
            self.extension(name, value)?;
        }
        early
            .extensions
            .into_iter()
            .try_for_each(|(name, value)| self.extension(&name, value))
    }

    fn begin_v1(&mut self, early: &Early) -> [(&'static str, Option<Token>); 2] {
        if let Some(schema) = early.data_schema {
            self.early_schema(schema);
        }
        if let Some(data) = early.data_base64 {
            self.waiting = Some(data);
            self.base64 = true;
        }
        [
            ("schemaurl", early.schema_url),
            ("datacontentencoding", early.data_content_encoding),
        ]
    }

    fn begin_v03(&mut self, early: &Early) -> Result<[(&'static str, Option<Token>); 2]> {
        if let Some(schema) = early.schema_url {
            self.early_schema(schema);
        }
        if let Some(encoding) = early.data_content_encoding {
            let encoding = self.string("datacontentencoding", encoding)?;
            if encoding != "base64" {
                return Err(Reason::Encoding(encoding.into_owned()));
            }
            self.base64 = true;
        }
        Ok([
            ("dataschema", early.data_schema),
            ("data_base64", early.data_base64),
        ])
    }

    /// Takes a schema that came before the version: then any value is taken for its text.
    fn early_schema(&mut self, value: Token) {
        let text = match value.kind {
            Kind::Text => self.text(value),
            Kind::Null => Cow::Borrowed(""),
            _ => String::from_utf8_lossy(self.raw(value)),
        };
        self.schema(&text);
    }

    fn schema(&mut self, text: &str) {
        self.event.attributes.data_schema = uri::normalized(text).unwrap_or_default().into_owned();
    }

    fn member_of_v1(&mut self, name: &str, value: Token) -> Result<()> {
        match name {
            "data" | "data_base64" if !self.content_type_known => {
                self.base64 |= name == "data_base64";
                self.waiting = Some(value);
            }
            "data" => self.body(value, false)?,
            "data_base64" => {
                self.base64 = true;
                self.body(value, true)?;
            }
            "dataschema" => {
                let text = self.string(name, value)?;
                self.schema(&text);
            }
            _ => self.extension(name, value)?,
        }
        Ok(())
    }

    fn member_of_v03(&mut self, name: &str, value: Token) -> Result<()> {
        match name {
            "datacontentencoding" if self.base64 => {
                return Err(Reason::Twice("datacontentencoding"));
            }
            "datacontentencoding" => {
                self.string(name, value)?;
                self.base64 = true;
            }
            "data" if self.content_type_known && self.base64 => self.body(value, true)?,
            "data" => self.waiting = Some(value),
            "schemaurl" => {
                let text = self.string(name, value)?;
                self.schema(&text);
            }
            _ => self.extension(name, value)?,
        }
        Ok(())
    }

    fn body(&mut self, value: Token, base64: bool) -> Result<()> {
        let data = if base64 {
            self.base64_body(value)?
        } else {
            self.embedded_body(value)?
        };
        self.event.data = Some(data);
        self.event.inline = !self.base64;
        Ok(())
    }

    /// Decodes what stands between the first and the last byte of the value, which are not looked
    /// at: `{}` is an empty body in the reference too.
    fn base64_body(&self, value: Token) -> Result<Bytes> {
        let raw = self.raw(value);
        let inner = raw
            .get(1..raw.len() - 1)
            .ok_or_else(|| Reason::Base64("not a text".to_owned()))?;
        // Many times faster, and strict: what it refuses may be right all the same.
        let decoded = STANDARD.decode_to_vec(inner).or_else(|_| {
            let is_escaped = inner.contains(&b'\\') && value.kind == Kind::Text;
            match is_escaped {
                true => BASE64.decode(&*self.text(value)),
                false => BASE64.decode(inner),
            }
        });
        decoded
            .map(Bytes::from)
            .map_err(|error| Reason::Base64(error.to_string()))
    }

    /// Takes a body as it is written, if it is JSON, or else the text that it must be.
    fn embedded_body(&self, value: Token) -> Result<Bytes> {
        let media_type = media_type(self.event.data_content_type());
        if embeds_json(media_type) {
            return Ok((self.keep)(value.before..value.end));
        }
        match self.string("data", value) {
            Ok(text) => Ok(Bytes::from(text.into_owned())),
            Err(_) => Err(Reason::TextBody(media_type.to_owned())),
        }
    }

    fn extension(&mut self, name: &str, value: Token) -> Result<()> {
        let lower = name.to_ascii_lowercase();
        // Version 0.3 allows any sign in a name.
        if self.version == Some(SpecVersion::V1) && !name.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            return Err(Reason::ExtensionName(name.to_owned()));
        }
        if is_standard(&lower, self.version) {
            return Err(Reason::StandardName(name.to_owned()));
        }
        match value.kind {
            Kind::Text => self.event.set_extension(lower, self.text(value)),
            Kind::True | Kind::False => self.event.set_boolean(lower, value.kind == Kind::True),
            Kind::Number => match integer(self.raw(value)) {
                Some(number) => self.event.set_integer(lower, number),
                None => return Err(Reason::ExtensionValue(name.to_owned())),
            },
            Kind::Null => self.event.drop_extension(&lower),
            Kind::Object | Kind::Array => return Err(Reason::ExtensionValue(name.to_owned())),
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Event> {
        if self.version.is_none() {
            return Err(Reason::NoVersion);
        }
        if let Some(waiting) = self.waiting {
            self.body(waiting, self.base64)?;
        }
        if self.event.data.is_none() {
            self.event.inline = false;
        }
        Ok(self.event)
    }
}

fn is_standard(name: &str, version: Option<SpecVersion>) -> bool {
    let common = [
        "id",
        "source",
        "specversion",
        "type",
        "subject",
        "time",
        "datacontenttype",
    ];
    let own: &[&str] = match version {
        Some(SpecVersion::V03) => &["schemaurl", "datacontentencoding", "data"],
        _ => &["dataschema"],
    };
    common.contains(&name) || own.contains(&name)
}

/// Cuts a number to an integer of 32 bits; `None` if it is too large for one.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked and the fraction is to be cut"
)]
fn integer(raw: &[u8]) -> Option<i32> {
    let number: f64 = std::str::from_utf8(raw).ok()?.parse().ok()?;
    let range = f64::from(i32::MIN)..=f64::from(i32::MAX);
    range.contains(&number).then_some(number as i32)
}
