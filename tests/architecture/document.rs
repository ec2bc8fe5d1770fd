//! What the documents say is checked where it can be.

use super::{read, rust_files};

/// Every invariant of the map names the check that enforces it, and the check exists.
#[test]
fn every_invariant_names_a_check_that_exists() {
    let map = read("docs/ARCHITECTURE.md");
    let rows: Vec<&str> = map.lines().filter(|line| line.starts_with("| I")).collect();
    assert!(8 <= rows.len(), "{} invariants", rows.len());
    let tests: String = rust_files("tests").iter().map(read).collect();
    for row in rows {
        let check = row.trim_end_matches('|').rsplit('|').next().unwrap().trim();
        let names: Vec<&str> = check.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no check named: {row}");
        for name in names {
            let exists = tests.contains(&format!("fn {name}("))
                || read("Cargo.toml").contains(name)
                || read("domain/clippy.toml").contains(name);
            assert!(exists, "`{name}` of {row}");
        }
    }
}

/// Every threat names tests that show its safeguard, and they exist.
#[test]
fn every_threat_names_a_test_that_exists() {
    let model = read("docs/THREAT-MODEL.md");
    let rows: Vec<&str> = model.lines().filter(|line| line.starts_with("| T")).collect();
    assert!(10 <= rows.len(), "{} threats", rows.len());
    let tests: String = ["tests", "cli/tests"].into_iter().flat_map(rust_files).map(read).collect();
    for row in rows {
        let shown_by = row.trim_end_matches('|').rsplit('|').next().unwrap().trim();
        let names: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test named: {row}");
        for name in names {
            assert!(tests.contains(&format!("fn {name}(")), "`{name}` of {row}");
        }
    }
}

/// Every setting that is read is documented, and every documented one is read.
#[test]
fn every_setting_is_in_the_readme() {
    let source: String = rust_files("lambda-shims/src/settings").iter().map(read).collect();
    let readme = read("README.md");
    let is_name = |word: &&str| 3 < word.len() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let read_names: std::collections::BTreeSet<&str> =
        source.split('"').skip(1).step_by(2).filter(is_name).collect();
    assert!(10 < read_names.len());
    for name in &read_names {
        assert!(readme.contains(&format!("| `{name}`")), "`{name}` is not in the README");
    }
    for row in readme.lines().filter_map(|line| line.strip_prefix("| `")) {
        let name = row.split('`').next().unwrap();
        assert!(!is_name(&name) || read_names.contains(name), "`{name}` of the README is not read");
    }
}
