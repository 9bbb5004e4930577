//! Points in time.

/// A `time.Time`: seconds and nanoseconds since 1970, shown in a zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Time {
    /// Whole seconds since 1970 in UTC.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanoseconds: u32,
    /// The zone in which it is shown.
    pub zone: jiff::tz::TimeZone,
}
