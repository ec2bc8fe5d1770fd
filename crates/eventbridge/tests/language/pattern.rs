//! What the documentation's examples leave open, as Ruler has it (<https://github.com/aws/event-ruler>).

use eventbridge_rules::pattern::{Event, Pattern};

use super::{fits, matches};

#[test]
fn values_are_of_a_kind() {
    for (list, yes, no) in [
        (r#"["1"]"#, r#""1""#, "1"),
        ("[1]", "1", r#""1""#),
        ("[true]", "true", r#""true""#),
        ("[false]", "false", "0"),
        ("[null]", "null", r#""""#),
        ("[-0.5]", "-0.5", "0.5"),
        (r#"["\u00e9"]"#, r#""é""#, r#""e\u0301""#),
    ] {
        assert!(fits(list, yes) && !fits(list, no), "{list}");
    }
}

#[test]
fn an_account_number_as_a_number_is_told_from_its_neighbour() {
    assert!(fits("[123456789012345678901234567890]", "123456789012345678901234567890"));
    assert!(!fits("[123456789012345678901234567890]", "123456789012345678901234567891"));
}

#[test]
fn the_empty_beginning_is_of_every_string_and_of_nothing_else() {
    for operator in ["prefix", "suffix"] {
        let list = format!(r#"[{{"{operator}": ""}}]"#);
        assert!(fits(&list, r#""""#) && fits(&list, r#""a""#) && !fits(&list, "1") && !fits(&list, "null"));
    }
}

#[test]
fn a_wildcard_stands_for_any_text_and_an_escape_for_itself() {
    for (wildcard, yes, no) in [
        ("", "", "a"),
        ("a*", "a", "ba"),
        ("*a", "ba", "ab"),
        ("a*a", "aa", "a"),
        ("a*b*c", "a-b-b-c", "acb"),
        ("a*b*b", "abb", "ab"),
        ("*ab*", "aab", "a-b"),
        (r"\\*", "*", "a"),
        (r"a\\\\*", r"a\\b", "ab"),
        ("a*é", "aéé", "aée"),
    ] {
        let list = format!(r#"[{{"wildcard": "{wildcard}"}}]"#);
        assert!(fits(&list, &format!("\"{yes}\"")) && !fits(&list, &format!("\"{no}\"")), "{wildcard}");
    }
    assert!(fits(r#"[{"wildcard": "*"}]"#, r#""""#) && !fits(r#"[{"wildcard": "*"}]"#, "1"));
}

#[test]
fn case_is_ignored_beyond_ascii() {
    assert!(fits(r#"[{"equals-ignore-case": "ÄRGER"}]"#, r#""ärger""#));
    assert!(fits(r#"[{"equals-ignore-case": "straße"}]"#, r#""STRASSE""#));
    assert!(fits(r#"[{"suffix": {"equals-ignore-case": "ß"}}]"#, r#""PASS""#));
    assert!(!fits(r#"[{"prefix": {"equals-ignore-case": "ß"}}]"#, r#""S""#));
}

#[test]
fn anything_but_takes_every_other_kind_but_not_absence() {
    for but in [r#""a""#, r#"["a", "b"]"#, r#"{"prefix": "a"}"#, r#"{"wildcard": "*a*"}"#, "1", "[1, 2]"] {
        let list = format!(r#"[{{"anything-but": {but}}}]"#);
        for other in ["null", "true", r#""z""#, "7", r#"["a", 1, "z"]"#] {
            assert!(fits(&list, other), "{but} {other}");
        }
        assert!(!matches(&format!(r#"{{"x": {list}}}"#), r#"{"y": 1}"#), "{but}");
        assert!(!fits(&list, "[]") && !fits(&list, "{}"), "{but}");
    }
}

#[test]
fn amounts_are_compared_however_they_are_written() {
    for value in ["300", "300.0", "3.0e2", "3E+2", "300.000"] {
        assert!(fits(r#"[{"numeric": ["=", 300]}]"#, value) && fits(r#"[{"numeric": [">=", 3e2]}]"#, value));
        assert!(!fits(r#"[{"anything-but": 300}]"#, value) && !fits(r#"[{"numeric": ["<", 300]}]"#, value));
    }
}

#[test]
fn ranges_hold_or_leave_out_their_ends() {
    for (range, inside, outside) in [
        (r#"[">", 0, "<", 2]"#, "1", "0"),
        (r#"[">=", 0, "<", 2]"#, "0", "2"),
        (r#"[">", 0, "<=", 2]"#, "2", "0"),
        (r#"[">=", -2.5, "<=", -0.000001]"#, "-0.000001", "0"),
        (r#"["<", 0]"#, "-5000000000", "-5000000001"),
        (r#"[">", 0]"#, "5.0e9", "5000000001"),
    ] {
        let list = format!(r#"[{{"numeric": {range}}}]"#);
        assert!(fits(&list, inside) && !fits(&list, outside), "{range}");
    }
}

#[test]
fn blocks_hold_addresses_of_their_own_family() {
    for (block, inside, outside) in [
        ("10.0.0.0/24", "10.0.0.0", "9.255.255.255"),
        ("10.0.0.77/24", "10.0.0.255", "10.0.1.0"),
        ("0.0.0.0/0", "255.255.255.255", "::1"),
        ("10.0.0.0/31", "10.0.0.1", "10.0.0.2"),
        ("2001:db8:1234:1a00::/64", "2001:0db8:1234:1a00:ffff::", "2001:db8:1234:1a01::"),
        ("::/0", "ffff::", "1.2.3.4"),
        ("::8/127", "::9", "::a"),
    ] {
        let list = format!(r#"[{{"cidr": "{block}"}}]"#);
        assert!(fits(&list, &format!("\"{inside}\"")) && !fits(&list, &format!("\"{outside}\"")), "{block}");
        assert!(!fits(&list, r#""host""#) && !fits(&list, "10"), "{block}");
    }
}

#[test]
fn only_plain_values_exist() {
    for (value, exists) in
        [("null", true), ("[1]", true), ("{}", false), ("[]", false), (r#"{"y": 1}"#, false)]
    {
        assert_eq!(fits(r#"[{"exists": true}]"#, value), exists, "{value}");
        assert_eq!(fits(r#"[{"exists": false}]"#, value), !exists, "{value}");
    }
}

/// <https://github.com/aws/event-ruler#json-array-matching>
#[test]
fn two_fields_are_of_one_element() {
    let event = r#"{"employees": [{"firstName": "John", "lastName": "Doe"}, {"firstName": "Anna", "lastName": "Smith"},
        {"firstName": "Peter", "lastName": "Jones"}]}"#;
    let nested = r#"{"employees": [[{"firstName": "Anna", "lastName": "Smith"}], [{"lastName": "Jones"}]]}"#;
    for event in [event, nested] {
        assert!(matches(r#"{"employees": {"firstName": ["Anna"]}}"#, event));
        assert!(matches(r#"{"employees": {"firstName": ["Anna"], "lastName": ["Smith"]}}"#, event));
        assert!(!matches(r#"{"employees": {"firstName": ["Anna"], "lastName": ["Jones"]}}"#, event));
    }
}

#[test]
fn fields_of_another_list_in_between_change_nothing() {
    let pattern = r#"{"d": {"a": [1], "m": {"q": [1]}, "z": [1]}}"#;
    assert!(matches(pattern, r#"{"d": [{"a": 1, "z": 1}], "d.m": [{"q": 1}]}"#));
    assert!(!matches(pattern, r#"{"d": [{"a": 1}, {"z": 1}], "d.m": [{"q": 1}]}"#));
}

#[test]
fn a_field_may_be_absent_from_the_element_that_was_chosen() {
    let pattern = r#"{"d": {"a": [1], "b": [{"exists": false}]}}"#;
    assert!(matches(pattern, r#"{"d": [{"a": 1}, {"b": 1}]}"#));
    assert!(!matches(pattern, r#"{"d": [{"a": 1, "b": 1}]}"#));
}

#[test]
fn a_name_with_a_dot_is_like_two_names() {
    assert!(matches(r#"{"detail": {"state.status": ["on"]}}"#, r#"{"detail": {"state": {"status": "on"}}}"#));
    assert!(matches(r#"{"detail": {"state": {"status": ["on"]}}}"#, r#"{"detail.state": {"status": "on"}}"#));
}

#[test]
fn names_are_told_by_case_and_text_is_not_searched_for_json() {
    assert!(!matches(r#"{"Detail": ["x"]}"#, r#"{"detail": "x"}"#));
    assert!(!matches(r#"{"detail": {"key": ["x"]}}"#, r#"{"detail": "{\"key\": \"x\"}"}"#));
}

#[test]
fn a_difference_names_the_first_field_by_path_and_both_sides() {
    let pattern: Pattern =
        r#"{"source": ["aws.ec2"], "detail": {"state": ["stopped"], "n": [1]}}"#.parse().unwrap();
    for (event, expected) in [
        ("{}", "`detail.n`: the event has no such value, the pattern wants [1]"),
        (r#"{"detail": {"n": [2, null]}}"#, "`detail.n`: the event has 2, null, the pattern wants [1]"),
        (
            r#"{"detail": [{"n": 1}, {"state": "stopped"}]}"#,
            r#"`detail.state`: what is wanted, ["stopped"], is in another element of a list than the fields before it"#,
        ),
    ] {
        let event: Event = event.parse().unwrap();
        assert_eq!(pattern.differences(&event)[0].to_string(), expected);
    }
}

#[test]
fn what_is_no_event_is_told() {
    for (text, told) in [
        ("", "EOF"),
        ("[]", "JSON object"),
        ("{\"a\": }", "line 1 column 7"),
        (&format!("{{\"a\": {}{}}}", "[".repeat(200), "]".repeat(200)), "deep"),
    ] {
        let error = text.parse::<Event>().unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}
