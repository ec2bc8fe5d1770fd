//! Policies as people write them.

use domain::policy::retention::{
    Cap, Count, GroupBy, Labels, Owner, Period, Reasons, Retention, RetentionSpec, WithinFrom,
};
use proptest::prelude::*;

use super::world::{at, spec, specs};

#[test]
fn r24_zero_negative_and_senseless_values_are_refused() {
    for text in ["0", "-1", "", "1.5", "many", " 1", "4294967296", "Unlimited"] {
        assert!(text.parse::<Count>().is_err(), "{text}");
    }
    for text in [
        "",
        "0d",
        "0y0m0d0h",
        "-3d",
        "3",
        "d",
        "3w",
        "3d3d",
        "3 d",
        "4294967296y",
        "4294967296m",
        "99999999999d",
        "é",
    ] {
        assert!(text.parse::<Period>().is_err(), "{text}");
    }
    for text in ["", "a,", ",a", "=v"] {
        assert!(text.parse::<Labels>().is_err(), "{text}");
    }
    for text in ["", "tag:", "volumes", "Tag:x"] {
        assert!(text.parse::<GroupBy>().is_err(), "{text}");
    }
    for text in ["", "=x", "nobody"] {
        assert!(text.parse::<Owner>().is_err(), "{text}");
    }
    assert!("yesterday".parse::<WithinFrom>().is_err());
}

#[test]
fn r31_periods_have_any_number_of_years() {
    for text in ["100y", "9999y", "12000m", "40000d", "4294967295h", "4294967295y4294967295m"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
    assert_eq!("4h3d2m1y".parse::<Period>().unwrap().to_string(), "1y2m3d4h");
    let before = |text: &str| text.parse::<Period>().unwrap().before(at("2026-11-23T02:00:00Z"));
    assert_eq!(before("9999y"), at("-007973-11-23T02:00:00Z"));
    // What reaches back beyond the first instant there is reaches to that one.
    for text in ["12026y", "99999y", "4294967295d", "4294967295h"] {
        assert_eq!(before(text), jiff::Timestamp::MIN, "{text}");
    }
}

#[test]
fn periods_go_by_the_calendar() {
    let before = |period: &str, start: &str| period.parse::<Period>().unwrap().before(at(start)).to_string();
    assert_eq!(before("1y", "2028-02-29T00:00:00Z"), "2027-02-28T00:00:00Z");
    assert_eq!(before("2m1d", "2026-05-01T06:00:00Z"), "2026-02-28T06:00:00Z");
    assert_eq!(before("36h", "2026-01-02T00:00:00Z"), "2025-12-31T12:00:00Z");
}

#[test]
fn a_share_above_a_hundred_percent_is_refused() {
    let with =
        |percent| Retention::new(RetentionSpec { max_remove: Cap { percent, number: 1 }, ..spec("last 1") });
    assert!(with(100).is_ok());
    assert_eq!(with(101).unwrap_err().to_string(), "101 %: expected a whole number from 0 to 100");
}

#[test]
fn a_policy_is_told_as_the_options_that_make_it() {
    let spec =
        spec("last 3 within-weekly 1y tag env=prod,gold tag x by tag:env owned team=db from newest floor 2");
    assert_eq!(
        spec.to_string(),
        "--keep-last 3 --keep-within-weekly 1y --keep-tag env=prod,gold --keep-tag x --within-from newest \
         --group-by tag:env --owned-by team=db --floor 2 --max-remove-percent 100 --max-remove 0"
    );
}

#[test]
fn policies_in_json_are_checked_as_well() {
    let read = |json: &str| serde_json::from_str::<Retention>(json).map_err(|error| error.to_string());
    let expected =
        Retention::new(RetentionSpec { max_remove: Cap::default(), ..spec("last 3 daily unlimited") });
    assert_eq!(read(r#"{"keep_last": 3, "keep_daily": "unlimited"}"#), expected.map_err(|e| e.to_string()));
    for (json, named) in [
        ("{}", "no rule keeps anything"),
        (r#"{"keep_last": 0}"#, "`0` snapshots to keep"),
        (r#"{"keep_last": -2}"#, "`-2` snapshots to keep"),
        (r#"{"keep_within": "0d"}"#, "`0d`"),
        (r#"{"keep_lsat": 3}"#, "keep_lsat"),
        (r#"{"keep_last": 3, "max_remove": {"percent": 200, "number": 1}}"#, "200 %"),
    ] {
        let error = read(json).unwrap_err();
        assert!(error.contains(named), "{json}: {error}");
    }
    assert!(
        serde_json::from_str::<Reasons>(r#"["expired", "boredom"]"#)
            .unwrap_err()
            .to_string()
            .contains("`boredom`")
    );
}

proptest! {
    #[test]
    fn a_policy_is_the_same_after_a_journey_through_json(spec in specs()) {
        let retention = Retention::new(spec).unwrap();
        let json = serde_json::to_string(&retention).unwrap();
        prop_assert_eq!(serde_json::from_str::<Retention>(&json).unwrap(), retention);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,12}|[0-9ymdh]{0,12}") {
        if let Ok(period) = text.parse::<Period>() {
            prop_assert_eq!(period.to_string().parse::<Period>(), Ok(period));
        }
        let _ = (text.parse::<Count>(), text.parse::<Labels>(), text.parse::<GroupBy>(), text.parse::<Owner>());
    }
}
