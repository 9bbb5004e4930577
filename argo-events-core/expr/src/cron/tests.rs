//! Promises of schedules as a whole.

use super::*;
use jiff::SignedDuration;
use proptest::prelude::*;

fn schedule(text: &str, zone: &str) -> Schedule {
    Schedule::parse(text, &Zone::load(zone).unwrap()).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_day_fields_are_joined_by_and_only_where_one_is_a_star() {
    let either = schedule("0 0 13 * FRI", "UTC");
    assert_eq!(
        either.next(at("2026-02-01T00:00:00Z")),
        Some(at("2026-02-06T00:00:00Z"))
    );
    let step = schedule("0 0 */2 * MON", "UTC");
    assert_eq!(
        step.next(at("2026-03-01T00:00:00Z")),
        Some(at("2026-03-02T00:00:00Z"))
    );
    let both = schedule("0 0 13 * *", "UTC");
    assert_eq!(
        both.next(at("2026-02-01T00:00:00Z")),
        Some(at("2026-02-13T00:00:00Z"))
    );
}

#[test]
fn a_skipped_time_waits_for_the_next_day_and_a_repeated_one_fires_twice() {
    let skipped = schedule("30 2 * * *", "America/New_York");
    assert_eq!(
        skipped.next(at("2024-03-10T05:00:00Z")),
        Some(at("2024-03-11T06:30:00Z"))
    );
    let repeated = schedule("30 1 * * *", "America/New_York");
    let first = repeated.next(at("2024-11-03T04:00:00Z"));
    assert_eq!(first, Some(at("2024-11-03T05:30:00Z")));
    assert_eq!(
        first.and_then(|first| repeated.next(first)),
        Some(at("2024-11-03T06:30:00Z"))
    );
}

#[test]
fn the_prefix_overrides_the_default_zone() {
    let named = schedule("CRON_TZ=Asia/Tokyo 0 9 * * *", "Europe/London");
    assert_eq!(named.zone().name(), "Asia/Tokyo");
    assert_eq!(
        schedule("TZ=Local 0 9 * * *", "Europe/London")
            .zone()
            .name(),
        "Europe/London"
    );
    assert_eq!(
        schedule("TZ= 0 9 * * *", "Europe/London").zone().name(),
        "UTC"
    );
}

#[test]
fn a_day_that_never_comes_is_not_searched_for_ever() {
    let never = schedule("0 0 30 2 *", "UTC");
    assert_eq!(never.next(at("2024-01-01T00:00:00Z")), None);
    assert_eq!(never.previous(at("2024-01-01T00:00:00Z")), None);
    assert_eq!(
        schedule(", * * * *", "UTC").next(at("2024-01-01T00:00:00Z")),
        None
    );
}

#[test]
fn time_has_ends() {
    let always = schedule("* * * * *", "Asia/Tokyo");
    assert_eq!(always.next(Timestamp::MAX), None);
    assert_eq!(always.previous(Timestamp::MIN), None);
}

#[test]
fn the_search_backwards_ends_where_the_reference_hangs() {
    let daily = schedule("0 0 * * *", "Europe/Berlin");
    assert_eq!(
        daily.previous(at("2025-10-26T03:00:00Z")),
        Some(at("2025-10-25T22:00:00Z"))
    );
}

#[test]
fn a_fraction_of_a_second_counts_as_later() {
    let daily = schedule("0 0 * * *", "UTC");
    let midnight = at("2026-03-04T00:00:00Z");
    assert_eq!(daily.previous(at("2026-03-04T00:00:00.5Z")), Some(midnight));
    assert_eq!(daily.previous(midnight), Some(at("2026-03-03T00:00:00Z")));
}

#[test]
fn errors_begin_with_the_reference_s_words_and_go_on_with_what_is_right() {
    let cases = [
        ("", "empty spec string, write five fields"),
        (
            "@hourly",
            "parser does not accept descriptors: @hourly, write five fields such as \"0 *",
        ),
        (
            "0 0 * *",
            "expected exactly 5 fields, found 4: [0 0 * *], the fields are minute, hour",
        ),
        (
            "TZ=Nowhere * * * * *",
            "unknown time zone Nowhere, write an IANA name",
        ),
        ("TZ=UTC", "nothing follows the time zone: TZ=UTC"),
        (
            "0 0 * * 7",
            "end of range (7) above maximum (6): 7, in the field of the day of week, which takes \
             0-6 or SUN-SAT (Sunday is 0)",
        ),
        (
            "0 0 0 * *",
            "beginning of range (0) below minimum (1): 0, in the field of the day of mo",
        ),
        (
            "5-1 * * * *",
            "beginning of range (5) beyond end of range (1): 5-1, in the field",
        ),
        (
            "*/0 * * * *",
            "step of range should be a positive number: */0, in the field of the min",
        ),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3, "),
        ("1/2/3 * * * *", "too many slashes: 1/2/3, "),
        ("1/-2 * * * *", "negative number (-2) not allowed: -2, "),
        (
            "* * * JANUARY *",
            "failed to parse int from JANUARY: invalid digit found in string, ",
        ),
    ];
    for (text, message) in cases {
        let error = Schedule::parse(text, &Zone::utc()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{text}: {error}");
    }
}

/// The minutes of two days, none of which has a change of clocks in UTC.
fn minutes(from: Timestamp, step: i64) -> impl Iterator<Item = Timestamp> {
    let minute = from.as_second().div_euclid(60);
    (1..=2 * 24 * 60).filter_map(move |far| Timestamp::from_second((minute + far * step) * 60).ok())
}

proptest! {
    #[test]
    fn the_nearest_times_are_those_that_trying_every_minute_finds(
        minute in 0..60_u8, hour in 0..24_u8, from in 0..4_000_000_000_i64,
    ) {
        let daily = schedule(&format!("{minute},7/13 {hour},3-5 * * *"), "UTC");
        let from = Timestamp::from_second(from).unwrap();
        let next = minutes(from, 1).find(|at| daily.matches(*at));
        prop_assert_eq!(daily.next(from), next);
        let earlier = from.checked_sub(SignedDuration::from_secs(1)).unwrap();
        let at_or_before = std::iter::once(Timestamp::from_second(
            earlier.as_second().div_euclid(60) * 60).unwrap()).chain(minutes(earlier, -1));
        prop_assert_eq!(daily.previous(from), at_or_before.into_iter().find(|at| daily.matches(*at)));
    }

    #[test]
    fn previous_is_earlier_and_named_in_every_zone(
        zone in prop::sample::select(vec![
            "Europe/London", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia",
            "Asia/Beirut", "Africa/Casablanca", "Antarctica/Troll", "America/Havana",
            "Pacific/Chatham", "Africa/Monrovia",
        ]),
        fields in "[0-9]{1}(,[1-5][0-9])? (0|2|23|\\*) (1|31|\\*/2|\\*) \\* (0|\\*)",
        from in -3_000_000_000_i64..4_000_000_000,
    ) {
        let schedule = schedule(&fields, zone);
        let from = Timestamp::from_second(from).unwrap();
        if let Some(previous) = schedule.previous(from) {
            prop_assert!(previous < from);
            prop_assert!(schedule.matches(previous));
        }
        if let Some(next) = schedule.next(from) {
            prop_assert!(next > from);
        }
    }

    #[test]
    fn no_text_panics(text in "(TZ=[A-Z]* )?[-*/,?0-9A-Za-z@# ]{0,40}|\\PC{0,30}") {
        let _ = Schedule::parse(&text, &Zone::utc());
    }
}
