//! The examples of AWS's documentation of event patterns, page by page.

use super::matches;

/// A pattern, an event it matches and, where there is one, an event it does not.
type Example = (&'static str, &'static str, &'static str);

/// No event to try.
const NONE: &str = "";

fn check(examples: &[Example]) {
    for (pattern, event, other) in examples {
        assert!(matches(pattern, event), "{pattern} should match {event}");
        assert!(*other == NONE || !matches(pattern, other), "{pattern} should not match {other}");
    }
}

const TERMINATED: &str = r#"{
  "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "EC2 Instance State-change Notification",
  "source": "aws.ec2", "account": "111122223333", "time": "2017-12-22T18:43:48Z", "region": "us-west-1",
  "resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
  "detail": { "instance-id": "i-1234567890abcdef0", "state": "terminated" }
}"#;

const LAUNCHED: &str = r#"{
  "version": "0", "id": "3e3c153a-8339-4e30-8c35-687ebef853fe", "detail-type": "EC2 Instance Launch Successful",
  "source": "aws.autoscaling", "account": "123456789012", "time": "2015-11-11T21:31:47Z", "region": "us-east-1",
  "resources": [], "detail": { "eventVersion": "", "responseElements": null }
}"#;

const PENDING: &str = r#"{
  "version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "detail-type": "EC2 Instance State-change Notification",
  "source": "aws.ec2", "account": "123456789012", "time": "2015-11-11T21:29:54Z", "region": "us-east-1",
  "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
  "detail": { "instance-id": "i-abcd1111", "state": "pending" }
}"#;

const WITHOUT_STATE: &str = r#"{
  "detail-type": ["EC2 Instance State-change Notification"],
  "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-02ebd4584a2ebd341"],
  "detail": { "c-count": { "c1": 100 } }
}"#;

const MACIE: &str = r#"{
  "version": "0", "id": "0948ba87-d3b8-c6d4-f2da-732a1example", "detail-type": "Macie Finding", "source": "aws.macie",
  "account": "123456789012", "time": "2021-04-29T23:12:15Z", "region": "us-east-1", "resources": [],
  "detail": {
    "schemaVersion": "1.0", "accountId": "123456789012", "type": "Policy:IAMUser/S3BucketEncryptionDisabled",
    "severity": { "score": 1, "description": "Low" }, "createdAt": "2021-04-29T15:46:02Z", "count": 2
  }
}"#;

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>
#[test]
fn terminated_instances_are_selected() {
    let pattern = r#"{ "source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"],
        "detail": { "state": ["terminated"] } }"#;
    check(&[(pattern, TERMINATED, PENDING)]);
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html>
#[test]
fn values_are_matched_by_kind() {
    check(&[
        (
            r#"{ "source": ["aws.ec2", "aws.fargate"] }"#,
            r#"{ "source": "aws.fargate" }"#,
            r#"{ "source": "aws.ecs" }"#,
        ),
        (
            r#"{ "source": ["aws.autoscaling"], "detail-type": ["EC2 Instance Launch Successful"],
                "detail": { "responseElements": [null] } }"#,
            LAUNCHED,
            PENDING,
        ),
        (
            r#"{ "source": ["aws.macie"], "detail-type": ["Macie Finding"],
                "detail": { "severity": { "score": [1] }, "count": [2] } }"#,
            MACIE,
            PENDING,
        ),
        (r#"{ "n": [300] }"#, r#"{ "n": 300 }"#, r#"{ "n": 300.0 }"#),
        (r#"{ "n": [300.0] }"#, r#"{ "n": 300.0 }"#, r#"{ "n": 3.0e2 }"#),
        (r#"{ "n": [3.0e2] }"#, r#"{ "n": 3.0e2 }"#, r#"{ "n": 300 }"#),
    ]);
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-null-values.html>
#[test]
fn null_and_the_empty_string_differ() {
    check(&[
        (r#"{ "detail": { "eventVersion": [""] } }"#, LAUNCHED, r#"{ "detail": { "eventVersion": null } }"#),
        (
            r#"{ "detail": { "responseElements": [null] } }"#,
            LAUNCHED,
            r#"{ "detail": { "responseElements": "" } }"#,
        ),
    ]);
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-arrays.html>
#[test]
fn lists_intersect() {
    check(&[(
        r#"{ "resources": [
            "arn:aws:ec2:us-east-1:123456789012:instance/i-b188560f",
            "arn:aws:ec2:us-east-1:111122223333:instance/i-b188560f",
            "arn:aws:ec2:us-east-1:444455556666:instance/i-b188560f" ] }"#,
        r#"{ "resources": [
            "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:eb56d16b-bbf0-401d-b893-d5978ed4a025:autoScalingGroupName/ASGTerminate",
            "arn:aws:ec2:us-east-1:123456789012:instance/i-b188560f" ] }"#,
        r#"{ "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-00000000"] }"#,
    )]);
}

/// The summary of
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>
#[test]
fn every_operator_of_the_summary_matches() {
    check(&[
        (
            r#"{ "Location": ["New York"], "Day": ["Monday"] }"#,
            r#"{ "Location": "New York", "Day": "Monday" }"#,
            r#"{ "Location": "New York", "Day": "Friday" }"#,
        ),
        (
            r#"{ "state": [{ "anything-but": "initializing" }] }"#,
            r#"{ "state": "running" }"#,
            r#"{ "state": "initializing" }"#,
        ),
        (
            r#"{ "Region": [{ "anything-but": { "prefix": "us-" } }] }"#,
            r#"{ "Region": "eu-west-1" }"#,
            r#"{ "Region": "us-east-1" }"#,
        ),
        (
            r#"{ "FileName": [{ "anything-but": { "suffix": ".png" } }] }"#,
            r#"{ "FileName": "a.jpg" }"#,
            r#"{ "FileName": "a.png" }"#,
        ),
        (
            r#"{ "state": [{ "anything-but": { "equals-ignore-case": "initializing" } }] }"#,
            r#"{ "state": "running" }"#,
            r#"{ "state": "INITIALIZING" }"#,
        ),
        (
            r#"{ "FilePath": [{ "anything-but": { "wildcard": "*/lib/*" } }] }"#,
            r#"{ "FilePath": "/bin/a" }"#,
            r#"{ "FilePath": "/lib/a" }"#,
        ),
        (
            r#"{ "Region": [{ "prefix": "us-" }] }"#,
            r#"{ "Region": "us-east-1" }"#,
            r#"{ "Region": "US-east-1" }"#,
        ),
        (
            r#"{ "service": [{ "prefix": { "equals-ignore-case": "eventb" } }] }"#,
            r#"{ "service": "EVENTBridge" }"#,
            r#"{ "service": "even" }"#,
        ),
        (r#"{ "LastName": [""] }"#, r#"{ "LastName": "" }"#, r#"{ "LastName": null }"#),
        (r#"{ "Name": ["Alice"] }"#, r#"{ "Name": "Alice" }"#, r#"{ "Name": "alice" }"#),
        (
            r#"{ "Name": [{ "equals-ignore-case": "alice" }] }"#,
            r#"{ "Name": "Alice" }"#,
            r#"{ "Name": "Alices" }"#,
        ),
        (
            r#"{ "FileName": [{ "suffix": ".png" }] }"#,
            r#"{ "FileName": "a.png" }"#,
            r#"{ "FileName": "a.PNG" }"#,
        ),
        (
            r#"{ "service": [{ "suffix": { "equals-ignore-case": "tbridge" } }] }"#,
            r#"{ "service": "EvenTBRIDGE" }"#,
            r#"{ "service": "tbridges" }"#,
        ),
        (r#"{ "ProductName": [{ "exists": true }] }"#, r#"{ "ProductName": null }"#, r#"{ "Product": "x" }"#),
        (r#"{ "ProductName": [{ "exists": false }] }"#, r#"{ "Product": "x" }"#, r#"{ "ProductName": "x" }"#),
        (
            r#"{ "Weather": [{ "anything-but": ["Raining"] }] }"#,
            r#"{ "Weather": "Sunny" }"#,
            r#"{ "Weather": "Raining" }"#,
        ),
        (r#"{ "UserID": [null] }"#, r#"{ "UserID": null }"#, r#"{ "UserID": "null" }"#),
        (r#"{ "Price": [{ "numeric": ["=", 100] }] }"#, r#"{ "Price": 100.0 }"#, r#"{ "Price": "100" }"#),
        (r#"{ "Price": [{ "numeric": [">", 10, "<=", 20] }] }"#, r#"{ "Price": 20 }"#, r#"{ "Price": 10 }"#),
        (
            r#"{ "PaymentType": ["Credit", "Debit"] }"#,
            r#"{ "PaymentType": "Debit" }"#,
            r#"{ "PaymentType": "Cash" }"#,
        ),
        (
            r#"{ "$or": [{ "Location": ["New York"] }, { "Day": ["Monday"] }] }"#,
            r#"{ "Location": "Boston", "Day": "Monday" }"#,
            r#"{ "Location": "Boston", "Day": "Friday" }"#,
        ),
    ]);
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-prefix-matching>
/// and `#eb-filtering-suffix-matching`
#[test]
fn beginnings_and_endings_match() {
    check(&[
        (
            r#"{ "time": [{ "prefix": "2017-10-02" }] }"#,
            r#"{ "time": "2017-10-02T18:43:48Z" }"#,
            r#"{ "time": "2017-10-03T00:00:00Z" }"#,
        ),
        (
            r#"{ "detail": { "service": [{ "prefix": { "equals-ignore-case": "EventB" } }] } }"#,
            r#"{ "detail": { "service": "eventbridge" } }"#,
            r#"{ "detail": { "service": "bridge" } }"#,
        ),
        (
            r#"{ "FileName": [{ "suffix": ".png" }] }"#,
            r#"{ "FileName": "image.png" }"#,
            r#"{ "FileName": "image.jpg" }"#,
        ),
        (
            r#"{ "detail": { "FileName": [{ "suffix": { "equals-ignore-case": ".png" } }] } }"#,
            r#"{ "detail": { "FileName": "image.PNG" } }"#,
            r#"{ "detail": { "FileName": "image.jpg" } }"#,
        ),
    ]);
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-anything-but>
#[test]
fn anything_but_what_is_named_matches() {
    let detail = |field: &str| format!(r#"{{ "detail": {{ {field} }} }}"#);
    for (but, yes, no) in [
        (
            r#""state": [{ "anything-but": "initializing" }]"#,
            r#""state": "running""#,
            r#""state": "initializing""#,
        ),
        (r#""x-limit": [{ "anything-but": 123 }]"#, r#""x-limit": 124"#, r#""x-limit": 123"#),
        (
            r#""state": [{ "anything-but": ["stopped", "overloaded"] }]"#,
            r#""state": "running""#,
            r#""state": "overloaded""#,
        ),
        (r#""x-limit": [{ "anything-but": [100, 200, 300] }]"#, r#""x-limit": 150"#, r#""x-limit": 200"#),
        (
            r#""state": [{ "anything-but": { "equals-ignore-case": "initializing" } }]"#,
            r#""state": "running""#,
            r#""state": "Initializing""#,
        ),
        (
            r#""state": [{ "anything-but": { "equals-ignore-case": ["initializing", "stopped"] } }]"#,
            r#""state": "running""#,
            r#""state": "STOPPED""#,
        ),
        (
            r#""state": [{ "anything-but": { "prefix": "init" } }]"#,
            r#""state": "running""#,
            r#""state": "initializing""#,
        ),
        (
            r#""state": [{ "anything-but": { "prefix": ["init", "error"] } }]"#,
            r#""state": "running""#,
            r#""state": "error1""#,
        ),
        (
            r#""FileName": [{ "anything-but": { "suffix": ".txt" } }]"#,
            r#""FileName": "a.txt.bak""#,
            r#""FileName": "a.txt""#,
        ),
        (
            r#""FileName": [{ "anything-but": { "suffix": [".txt", ".rtf"] } }]"#,
            r#""FileName": "a.doc""#,
            r#""FileName": "a.rtf""#,
        ),
        (
            r#""FilePath": [{ "anything-but": { "wildcard": "*/lib/*" } }]"#,
            r#""FilePath": "/bin/a""#,
            r#""FilePath": "/usr/lib/a""#,
        ),
        (
            r#""FilePath": [{ "anything-but": { "wildcard": ["*/lib/*", "*/bin/*"] } }]"#,
            r#""FilePath": "/etc/a""#,
            r#""FilePath": "/bin/a""#,
        ),
    ] {
        assert!(matches(&detail(but), &detail(yes)) && !matches(&detail(but), &detail(no)), "{but}");
    }
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#filtering-numeric-matching>
/// and `#eb-filtering-ip-matching`
#[test]
fn numbers_and_addresses_match() {
    check(&[
        (
            r#"{ "detail": { "c-count": [{ "numeric": [">", 0, "<=", 5] }], "d-count": [{ "numeric": ["<", 10] }],
                "x-limit": [{ "numeric": ["=", 3.018e2] }] } }"#,
            r#"{ "detail": { "c-count": 3, "d-count": 9, "x-limit": 301.8 } }"#,
            r#"{ "detail": { "c-count": 3, "d-count": 10, "x-limit": 301.8 } }"#,
        ),
        (
            r#"{ "detail": { "sourceIPAddress": [{ "cidr": "10.0.0.0/24" }] } }"#,
            r#"{ "detail": { "sourceIPAddress": "10.0.0.255" } }"#,
            r#"{ "detail": { "sourceIPAddress": "10.0.1.0" } }"#,
        ),
    ]);
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-exists-matching>
/// and `#eb-filtering-equals-ignore-case-matching`
#[test]
fn fields_exist_and_are_equal_in_any_case() {
    check(&[
        (r#"{ "detail": { "state": [{ "exists": true }] } }"#, PENDING, WITHOUT_STATE),
        (
            r#"{ "detail-type": [{ "equals-ignore-case": "ec2 instance state-change notification" }] }"#,
            WITHOUT_STATE,
            LAUNCHED,
        ),
    ]);
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching>
#[test]
fn wildcards_match() {
    check(&[
        (
            r#"{ "EventBusArn": [{ "wildcard": "arn:aws:events:us-east-1:*:event-bus/*" }] }"#,
            r#"{ "EventBusArn": "arn:aws:events:us-east-1:123456789012:event-bus/myEventBus" }"#,
            r#"{ "EventBusArn": "arn:aws:events:us-west-2:123456789012:event-bus/myEventBus" }"#,
        ),
        (
            r#"{ "FileName": [{ "wildcard": "/Users/*/dir/dir/dir/dir/dir/doc.txt" }] }"#,
            r#"{ "FileName": "/Users/me/dir/dir/dir/dir/dir/doc.txt" }"#,
            r#"{ "FileName": "/Users/me/dir/dir/dir/dir/doc.txt" }"#,
        ),
        (
            r#"{ "FileName": [{ "wildcard": "/Users/*/doc.txt" }] }"#,
            r#"{ "FileName": "/Users/me/dir/doc.txt" }"#,
            NONE,
        ),
    ]);
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-complex-example>
#[test]
fn operators_combine() {
    let pattern = r#"{ "time": [{ "prefix": "2017-10-02" }], "detail": { "state": [{ "anything-but": "initializing" }],
        "c-count": [{ "numeric": [">", 0, "<=", 5] }], "d-count": [{ "numeric": ["<", 10] }],
        "x-limit": [{ "anything-but": [100, 200, 300] }] } }"#;
    let event = |limit: u32| {
        format!(
            r#"{{ "time": "2017-10-02T18:43:48Z",
                "detail": {{ "state": "running", "c-count": 5, "d-count": 9, "x-limit": {limit} }} }}"#
        )
    };
    assert!(matches(pattern, &event(301)) && !matches(pattern, &event(300)));
}

/// The same page: "the last reference will be the one used".
#[test]
fn the_last_of_a_name_counts() {
    check(&[(
        r#"{ "detail": { "location": [{ "prefix": "us-" }], "location": [{ "anything-but": "us-east" }] } }"#,
        r#"{ "detail": { "location": "eu-central-1" } }"#,
        r#"{ "detail": { "location": "us-east" } }"#,
    )]);
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-complex-example-or>
#[test]
fn one_of_several_fields_is_enough() {
    let pattern = r#"{ "detail": { "$or": [ { "c-count": [{ "numeric": [">", 0, "<=", 5] }] },
        { "d-count": [{ "numeric": ["<", 10] }] }, { "x-limit": [{ "numeric": ["=", 3.018e2] }] } ] } }"#;
    check(&[
        (pattern, r#"{ "detail": { "c-count": 1 } }"#, r#"{ "detail": { "c-count": 6 } }"#),
        (pattern, r#"{ "detail": { "c-count": 6, "d-count": 9 } }"#, r#"{ "detail": { "d-count": 10 } }"#),
        (pattern, r#"{ "detail": { "x-limit": 301.8 } }"#, r#"{ "x-limit": 301.8 }"#),
    ]);
}
