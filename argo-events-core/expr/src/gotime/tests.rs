use super::*;
use proptest::prelude::*;

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_element_of_a_layout_is_written() {
    let zone = Location::load("America/New_York").unwrap();
    let time = Time::unix(1_709_528_767, 89_000_000).within(zone);
    let cases = [
        ("Monday Mon January Jan 1 01", "Monday Mon March Mar 3 03"),
        ("2 _2 02 __2 002 2006 06", "4  4 04  64 064 2024 24"),
        ("15 3 03 4 04 5 05 PM pm", "00 12 12 6 06 7 07 AM am"),
        (
            "MST -07 -0700 -07:00 -070000 -07:00:00",
            "EST -05 -0500 -05:00 -050000 -05:00:00",
        ),
        (
            "Z07 Z0700 Z07:00 Z070000 Z07:00:00",
            "-05 -0500 -05:00 -050000 -05:00:00",
        ),
        (
            ".000 ,000 .999 ,9 .0001 .99990",
            ".089 ,089 .089  .0003 .99990",
        ),
        ("Month _2006 PMs 20060102", "Month _2024 AMs 20240304"),
    ];
    for (layout, expected) in cases {
        assert_eq!(text(time.format(layout)), expected, "{layout}");
    }
}

#[test]
fn times_print_with_offset_and_abbreviation() {
    assert_eq!(Time::default().to_string(), "0001-01-01 00:00:00 +0000 UTC");
    let kolkata = Location::load("Asia/Kolkata").unwrap();
    assert_eq!(
        Time::unix(0, 5_000).within(kolkata).to_string(),
        "1970-01-01 05:30:00.000005 +0530 IST"
    );
}

#[test]
fn a_text_with_an_offset_keeps_it() {
    let time = Time::parse(RFC3339, "2024-03-04T05:06:07.89+05:30").unwrap();
    assert_eq!(time.to_string(), "2024-03-04 05:06:07.89 +0530 +0530");
    assert_eq!(
        time.clone().utc().to_string(),
        "2024-03-03 23:36:07.89 +0000 UTC"
    );
    assert_eq!(time.to_json().unwrap(), "2024-03-04T05:06:07.89+05:30");
}

#[test]
fn abbreviations_mean_what_the_place_says() {
    let place = Location::load("America/New_York").unwrap();
    let summer = Time::parse_in("2006-01-02 MST", "2024-07-01 EDT", &place).unwrap();
    assert_eq!(summer.zone().offset, -4 * 3_600);
    let unknown = Time::parse("2006 MST", "2024 EDT").unwrap();
    assert_eq!(unknown.to_string(), "2024-01-01 00:00:00 +0000 EDT");
    let greenwich = Time::parse("2006 MST", "2024 GMT+3").unwrap();
    assert_eq!(greenwich.zone().offset, 3 * 3_600);
}

#[test]
fn errors_quote_what_does_not_match() {
    let message = |layout: &str, value: &str| Time::parse(layout, value).unwrap_err().to_string();
    assert_eq!(
        message("2006-01-02", "bad"),
        r#"parsing time "bad" as "2006-01-02": cannot parse "bad" as "2006""#
    );
    assert_eq!(
        message("2006-01-02", "2024-02-30"),
        r#"parsing time "2024-02-30": day out of range"#
    );
    assert_eq!(
        message("2006", "2024é"),
        r#"parsing time "2024\xc3\xa9": extra text: "\xc3\xa9""#
    );
    assert_eq!(
        message("2006 002 01", "2024 060 03"),
        r#"parsing time "2024 060 03": day-of-year does not match month"#
    );
}

#[test]
fn values_out_of_range_are_carried_over() {
    let clock = WallClock {
        year: 2023,
        month: 14,
        day: 30,
        hour: -1,
        minute: 60,
        second: 61,
        nanosecond: -1,
    };
    let time = Time::date(clock, Location::Utc);
    assert_eq!(time.to_string(), "2024-03-01 00:01:00.999999999 +0000 UTC");
}

#[test]
fn years_beyond_reach_wrap_as_in_go() {
    for (year, seconds) in [
        (i64::MIN, -62_151_269_493),
        (-100_000_000_000_000_000, 7_755_433_504_553_279_627),
        (12_000_000_000_000_000, 8_661_654_828_173_195_275),
        (100_000_000_000_000_000, -7_755_433_628_855_732_213),
        (i64::MAX, -62_182_891_893),
    ] {
        let clock = WallClock {
            year,
            month: 7,
            day: 4,
            hour: 1,
            minute: 2,
            second: 3,
            nanosecond: 0,
        };
        assert_eq!(Time::date(clock, Location::Utc).unix_seconds(), seconds);
    }
}

#[test]
fn known_days_are_right() {
    for (seconds, date, week) in [
        (0, (1970, 1, 1, 1, 4), (1970, 1)),
        (951_827_696, (2000, 2, 29, 60, 2), (2000, 9)),
        (-1, (1969, 12, 31, 365, 3), (1970, 1)),
        (1_704_067_200, (2024, 1, 1, 1, 1), (2024, 1)),
    ] {
        let time = Time::unix(seconds, 0).utc();
        let (month, weekday) = (time.month().0, time.weekday().0);
        let found = (time.year(), month, time.day(), time.year_day(), weekday);
        assert_eq!((found, time.iso_week()), (date, week));
    }
}

#[test]
fn rounding_counts_from_the_year_one() {
    let time = Time::unix(1_700_000_000, 600_000_000).utc();
    let hour = Duration::parse("1h").unwrap();
    assert_eq!(
        time.truncate(hour).to_string(),
        "2023-11-14 22:00:00 +0000 UTC"
    );
    assert_eq!(time.round(Duration(1_000_000_000)).second(), 21);
    assert_eq!(Duration(-1_500).round(Duration(1_000)), Duration(-2_000));
    assert_eq!(Duration::MIN.round(Duration(3)), Duration::MIN);
}

#[test]
fn names_of_zones_have_a_bound() {
    let value = format!("GMT+{}1", "0".repeat(100));
    assert!(Time::parse("MST", value).is_err());
}

#[test]
fn the_ends_of_time_are_far_away() {
    let far = Time::unix(i64::MAX, 0).utc();
    assert_eq!(far.year(), 292_277_026_596);
    for second in [i64::MIN, i64::MAX, 253_402_300_800, -377_705_116_801] {
        let place = Location::load("Europe/Berlin").unwrap();
        let _ = Time::unix(second, 0).within(place).to_string();
    }
    assert_eq!(far.since(&Time::default()), Duration::MIN);
}

proptest! {
    #[test]
    fn what_is_written_reads_back(seconds in -62_135_596_800_i64..253_402_300_799, fraction in 0..1_000_000_000_i64) {
        let time = Time::unix(seconds, fraction).utc();
        let read = Time::parse(RFC3339_NANO, time.format(RFC3339_NANO)).unwrap();
        prop_assert_eq!(read, time);
    }

    #[test]
    fn dates_are_those_of_the_calendar(seconds in any::<i64>()) {
        let time = Time::unix(seconds, 0).utc();
        prop_assert_eq!(Time::date(time.wall_clock(), Location::Utc).unix_seconds(), seconds);
    }

    #[test]
    fn no_text_panics(
        layout in "([-_.,:0-9ZMJPpan T]|Jan|Mon|MST|2006|07:00){0,20}|\\PC{0,20}",
        value in "([-+.,:0-9ZMJP T]|Jan|GMT|UTC|CET){0,20}|\\PC{0,20}",
        seconds in any::<i64>(),
    ) {
        let _ = Time::parse(&layout, &value);
        let _ = Time::unix(seconds, 0).format(&layout);
    }
}
