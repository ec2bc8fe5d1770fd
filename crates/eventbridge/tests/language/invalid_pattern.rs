//! What EventBridge refuses, with the place and the remedy.

use eventbridge_rules::pattern::Pattern;

fn error(pattern: &str) -> String {
    pattern.parse::<Pattern>().expect_err(pattern).to_string()
}

/// The error of `{"detail": {"x": [<matcher>]}}`, after the place.
fn refused(matcher: &str) -> String {
    let error = error(&format!(r#"{{"detail": {{"x": ["ok", {matcher}]}}}}"#));
    error.strip_prefix("`detail.x[1]`: ").expect(&error).to_owned()
}

#[test]
fn the_shape_is_objects_and_lists() {
    for (pattern, expected) in [
        (r#"["x"]"#, "the pattern: it has to be a JSON object"),
        ("{}", "the pattern: an empty object is not allowed: name a field in it"),
        (r#"{"a": {"b": {}}}"#, "`a.b`: an empty object is not allowed: name a field in it"),
        (r#"{"a": {"b": []}}"#, "`a.b`: an empty list matches nothing: name a value, or leave the field out"),
        (r#"{"a": 42}"#, "`a`: write the value as a list: `[42]`"),
        (r#"{"a": {"b": "x"}}"#, r#"`a.b`: write the value as a list: `["x"]`"#),
        (r#"{"a": [[1]]}"#, "`a[0]`: a list in a list: write its members into the list of the field"),
    ] {
        assert_eq!(error(pattern), expected);
    }
    assert!(error("{").contains("EOF") && error(&r#"{"a":"#.repeat(200)).contains("EOF"));
    assert!(error(&format!("{}[1]{}", r#"{"a":"#.repeat(200), "}".repeat(200))).contains("deep"));
}

#[test]
fn operators_are_known_and_alone() {
    assert!(refused(r#"{"EXISTS": true}"#).starts_with("EXISTS: no operator: use prefix, suffix"));
    assert_eq!(refused(r#"{"prefix": "a", "suffix": "b"}"#), "2 members: write one operator in each object");
    assert_eq!(refused("{}"), "0 members: write one operator in each object");
}

#[test]
fn operators_on_strings_take_strings() {
    for operator in ["prefix", "suffix", "equals-ignore-case", "wildcard", "cidr"] {
        for operand in ["1", "null", r#"["a"]"#] {
            let expected = format!("{operator}: takes a string, not {operand}");
            assert_eq!(refused(&format!(r#"{{"{operator}": {operand}}}"#)), expected);
        }
    }
    assert!(refused(r#"{"prefix": {"suffix": "a"}}"#).contains("equals-ignore-case"));
    assert_eq!(refused(r#"{"exists": "true"}"#), "exists: takes true or false");
}

#[test]
fn wildcards_are_single_and_escape_little() {
    assert!(refused(r#"{"wildcard": "a**b"}"#).starts_with("wildcard: `**` is not allowed"));
    assert!(refused(r#"{"wildcard": "a\\b"}"#).contains(r"write `\\` for itself"));
    assert!(refused(r#"{"wildcard": "a\\"}"#).contains(r"write `\\` for itself"));
    assert!(refused(r#"{"anything-but": {"wildcard": ["a", "**"]}}"#).contains("`**` is not allowed"));
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching>
#[test]
fn wildcards_are_not_too_complex() {
    let expected = "`EventBusArn`: too complex: use fewer `*`, and repeat fewer letters after one";
    assert_eq!(error(r#"{"EventBusArn": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}"#), expected);
}

#[test]
fn anything_but_takes_strings_or_numbers_or_four_operators() {
    for (operand, told) in [
        ("null", "takes strings or numbers, not null"),
        ("[true]", "takes strings or numbers, not true"),
        (r#"["a", 1]"#, "takes either strings or numbers, not both"),
        (r#"["a", null]"#, "takes either strings or numbers, not both"),
        ("[]", "an empty list refuses nothing"),
        (r#"[["a"]]"#, "takes plain values"),
        (r#"{"numeric": ["=", 1]}"#, "`numeric` cannot be refused"),
        (r#"{"prefix": ""}"#, "every string has the empty prefix"),
        (r#"{"suffix": ["a", ""]}"#, "every string has the empty suffix"),
        (r#"{"prefix": {"equals-ignore-case": "a"}}"#, "takes a string"),
        (r#"{"equals-ignore-case": [1]}"#, "takes a string"),
        (r#"{"prefix": "a", "suffix": "b"}"#, "2 members"),
    ] {
        let error = refused(&format!(r#"{{"anything-but": {operand}}}"#));
        assert!(error.starts_with("anything-but: ") && error.contains(told), "{error}");
    }
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#filtering-numeric-matching>
#[test]
fn numbers_are_compared_within_documented_limits() {
    for (operand, told) in [
        ("10", "no comparison"),
        ("[]", "no comparison"),
        (r#"[">"]"#, "no comparison"),
        (r#"[">", 0, "<"]"#, "no comparison"),
        (r#"["!", 0]"#, "`!` compares nothing"),
        (r#"["=", "0"]"#, "stands where a number should"),
        (r#"[">", 0, ">", 0]"#, "make no range"),
        (r#"["<", 5, ">", 0]"#, "make no range"),
        (r#"["=", 5, "<", 6]"#, "make no range"),
        (r#"[">", 5, "<", 5]"#, "the lower end has to be less"),
        (r#"["=", 5000000001]"#, "cannot be compared"),
        (r#"["<", -5.1e9]"#, "cannot be compared"),
        (r#"["=", 0.0000001]"#, "cannot be compared"),
        (r#"["=", 1234567890.123456]"#, "cannot be compared"),
    ] {
        let error = refused(&format!(r#"{{"numeric": {operand}}}"#));
        assert!(error.starts_with("numeric: ") && error.contains(told), "{operand}: {error}");
    }
}

#[test]
fn blocks_of_addresses_are_well_formed() {
    for block in ["10.0.0.0", "bad", "xx.11.xx/8", "10.0.0.0/x", "10.0.0.0/-1", "10.0.0.0/8/8", "xxxx::/64"] {
        assert!(refused(&format!(r#"{{"cidr": "{block}"}}"#)).contains("write one as"), "{block}");
    }
    for block in ["10.0.0.0/32", "10.0.0.0/33", "::/128"] {
        assert!(refused(&format!(r#"{{"cidr": "{block}"}}"#)).contains("name a single address"), "{block}");
    }
}

#[test]
fn a_choice_is_between_objects_with_ordinary_names() {
    for (pattern, told) in [
        (r#"{"$or": [{"a": [1]}]}"#, "`$or`: one object is no choice: name at least two, or leave `$or` out"),
        (r#"{"$or": [{"a": [1]}, [1]]}"#, "`$or[0]`: a: no operator"),
        (r#"{"$or": [{"a": [1]}, {"ip-address-not-in-range": ["x"]}]}"#, "`$or[0]`: a: no operator"),
        (r#"{"$or": [{"a": [1]}, {}]}"#, "the pattern: an empty object is not allowed"),
        (r#"{"$or": [{"a": [1]}, {"b": {"prefix": ["x"]}}]}"#, "`b.prefix`: this name is reserved"),
    ] {
        assert!(error(pattern).starts_with(told), "{}", error(pattern));
    }
}
