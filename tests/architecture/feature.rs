//! The list of features and the names of tests agree, both ways.

use std::collections::BTreeSet;

use super::{files, read};

type Ids = BTreeSet<String>;

fn is_id(word: &str) -> bool {
    let number = word.strip_prefix(['l', 'm', 'o', 'p', 'r', 's', 'x']);
    number.is_some_and(|number| number.parse::<u8>().is_ok())
}

/// The ids that the rows of a table begin with: `| S2 | ...`.
fn listed(table: &str) -> Ids {
    let id = |row: &str| row.strip_prefix("| ")?.split(" | ").next().map(str::to_ascii_lowercase);
    table.lines().filter_map(id).filter(|id| is_id(id)).collect()
}

/// The ids that a test's name begins with: two of `r9_r10_tags_have_a_say_at_night`.
fn ids_of(name: &str) -> impl Iterator<Item = String> {
    name.split('_').take_while(|word| is_id(word)).map(str::to_owned)
}

/// The names of the tests in Rust: the functions behind an attribute that makes them one.
fn tests_in_rust(source: &str) -> Vec<&str> {
    let (mut names, mut is_test) = (Vec::new(), false);
    for line in source.lines().map(str::trim_start) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let is_function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some((name, _)) = is_function.and_then(|function| function.split_once('('))
            && std::mem::take(&mut is_test)
        {
            names.push(name);
        }
    }
    names
}

/// The names of the tests in Python, without what makes them one.
fn tests_in_python(source: &str) -> Vec<&str> {
    let functions = source.lines().filter_map(|line| line.strip_prefix("def test_"));
    functions.filter_map(|function| function.split('(').next()).collect()
}

/// The ids in the names of all tests of the workspace.
fn tested() -> Ids {
    let mut tested = Ids::new();
    for file in files("", "rs") {
        tested.extend(tests_in_rust(&read(file)).into_iter().flat_map(ids_of));
    }
    for file in files("", "py") {
        tested.extend(tests_in_python(&read(file)).into_iter().flat_map(ids_of));
    }
    tested
}

/// What is wrong with a list, given the ids that tests are named by.
fn wrong(list: &str, tested: &Ids) -> Vec<String> {
    let (built, not_built) = list.split_once("\n## Not built\n").unwrap();
    let (built, not_built) = (listed(built), listed(not_built));
    let untested = built.difference(tested).map(|id| format!("{id} is built and has no test of its name"));
    let unlisted = tested.difference(&built).map(|id| format!("{id} is in a test's name and not built"));
    let both = built.intersection(&not_built).map(|id| format!("{id} is built and not built"));
    untested.chain(unlisted).chain(both).collect()
}

#[test]
fn every_feature_has_a_test_of_its_name_and_every_such_test_a_feature() {
    let list = read("docs/FEATURES.md");
    assert!(100 < listed(&list).len());
    assert_eq!(wrong(&list, &tested()), Vec::<String>::new());
}

#[test]
fn a_feature_without_a_test_and_a_test_without_a_feature_are_found() {
    let list = "| S1 | one |\n| L9 | two |\n\n## Not built\n\n| S2 | three |\n| L9 | two |\n";
    let tested = Ids::from(["s1", "s2", "x7"].map(str::to_owned));
    assert_eq!(
        wrong(list, &tested),
        [
            "l9 is built and has no test of its name",
            "s2 is in a test's name and not built",
            "x7 is in a test's name and not built",
            "l9 is built and not built",
        ]
    );
}

#[test]
fn names_of_tests_are_read_with_all_their_ids_and_nothing_else() {
    let rust = "#[test]\nfn r9_r10_tags() {\n    fn s3_helper() {}\n}\nfn s4_helper() {}\n\
                #[tokio::test(start_paused = true)]\n#[ignore]\nasync fn m10_parts() {}\n#[test]\nfn plain() {}\n";
    assert_eq!(tests_in_rust(rust), ["r9_r10_tags", "m10_parts", "plain"]);
    assert_eq!(tests_in_python("def test_x9_metrics(stack):\ndef x8_helper():\n"), ["x9_metrics"]);
    assert_eq!(ids_of("r9_r10_s_31_l2").collect::<Vec<_>>(), ["r9", "r10"]);
    assert_eq!(ids_of("sets_are_made").count(), 0);
}
