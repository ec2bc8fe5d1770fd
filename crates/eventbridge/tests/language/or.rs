//! Alternatives (<https://github.com/aws/event-ruler#the-or-primitive>).

use eventbridge_rules::pattern::Pattern;

use super::matches;

const NESTED: &str = r#"{ "source": ["aws.cloudwatch"], "$or": [
    { "metricName": ["CPUUtilization", "ReadLatency"] },
    { "metricType": ["MetricType"], "namespace": ["AWS/EC2", "AWS/ES"],
      "$or": [{ "metricId": [1234] }, { "spaceId": [1000] }] },
    { "scope": ["Service"] } ] }"#;

#[test]
fn alternatives_are_in_addition_to_the_other_fields() {
    let pattern = r#"{ "source": ["s"], "$or": [{ "a": [1] }, { "b": [2] }] }"#;
    assert!(matches(pattern, r#"{ "source": "s", "b": 2 }"#));
    assert!(!matches(pattern, r#"{ "source": "t", "b": 2 }"#) && !matches(pattern, r#"{ "source": "s" }"#));
}

#[test]
fn two_choices_are_made_each_for_itself() {
    let pattern =
        r#"{ "$or": [{ "a": [1] }, { "b": [2] }], "detail": { "$or": [{ "c": [3] }, { "d": [4] }] } }"#;
    assert!(matches(pattern, r#"{ "a": 1, "detail": { "d": 4 } }"#));
    assert!(matches(pattern, r#"{ "b": 2, "detail": { "c": 3 } }"#));
    assert!(!matches(pattern, r#"{ "a": 1, "b": 2 }"#));
}

#[test]
fn a_choice_may_be_inside_a_choice() {
    let event = |rest: &str| format!(r#"{{ "source": "aws.cloudwatch", {rest} }}"#);
    assert!(matches(NESTED, &event(r#""scope": "Service""#)));
    assert!(matches(NESTED, &event(r#""metricType": "MetricType", "namespace": "AWS/ES", "spaceId": 1000"#)));
    assert!(!matches(NESTED, &event(r#""metricType": "MetricType", "namespace": "AWS/ES""#)));
    assert!(!matches(NESTED, r#"{ "scope": "Service" }"#));
}

#[test]
fn a_field_that_comes_again_counts_for_its_alternative() {
    let pattern = r#"{ "a": [1], "$or": [{ "a": [2] }, { "b": [3] }] }"#;
    assert!(matches(pattern, r#"{ "a": 2 }"#) && matches(pattern, r#"{ "a": 1, "b": 3 }"#));
    assert!(!matches(pattern, r#"{ "a": 1 }"#));
}

#[test]
fn with_reserved_names_or_as_an_object_it_is_the_name_of_a_field() {
    assert!(matches(r#"{ "$or": [{ "numeric": [">", 0] }, { "prefix": "abc" }] }"#, r#"{ "$or": "abcd" }"#));
    assert!(matches(r#"{ "$or": { "a": [1] } }"#, r#"{ "$or": { "a": 1 } }"#));
    assert!(matches(r#"{ "$or": ["x", "y"] }"#, r#"{ "$or": "y" }"#));
}

fn with_choices(sizes: &[usize]) -> String {
    let choice = |n: usize| (0..n).map(|i| format!(r#"{{ "f": [{i}] }}"#)).collect::<Vec<_>>().join(", ");
    let fields: Vec<String> =
        sizes.iter().enumerate().map(|(i, n)| format!(r#""k{i}": {{ "$or": [{}] }}"#, choice(*n))).collect();
    format!("{{ {} }}", fields.join(", "))
}

#[test]
fn a_thousand_combinations_are_the_most() {
    assert!(with_choices(&[10, 10, 10]).parse::<Pattern>().is_ok());
    let error = with_choices(&[7, 11, 13]).parse::<Pattern>().unwrap_err().to_string();
    assert_eq!(
        error,
        "`k2.$or`: this makes 1001 combinations, more than 1000: split the pattern into several rules"
    );
}

#[test]
fn the_differences_of_every_alternative_are_told() {
    let pattern: Pattern = NESTED.parse().unwrap();
    let told = pattern.differences(&r#"{ "source": "aws.cloudwatch" }"#.parse().unwrap());
    let paths: Vec<&str> = told.iter().map(|difference| difference.path.as_str()).collect();
    assert_eq!(paths, ["metricId", "metricName", "metricType", "scope"]);
}
