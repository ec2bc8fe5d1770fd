//! Who may depend on whom.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What each package may depend on of ours, as section 1 of the map has it.
const ALLOWED: [(&str, &[&str]); 12] = [
    ("aws-vocabulary", &[]),
    ("eventbridge", &[]),
    ("iam-policy", &[]),
    ("cloud-sim", &["aws-vocabulary", "eventbridge", "iam-policy"]),
    ("ports", &["aws-vocabulary"]),
    ("domain", &["ports"]),
    ("adapters-aws", &["ports"]),
    ("adapters-sim", &["ports", "cloud-sim"]),
    ("lambda-shims", &["ports", "domain", "adapters-aws"]),
    (
        "simulation",
        &["aws-vocabulary", "cloud-sim", "ports", "domain", "adapters-aws", "adapters-sim", "lambda-shims"],
    ),
    (
        "cli",
        &[
            "cloud-sim",
            "eventbridge",
            "ports",
            "domain",
            "adapters-aws",
            "adapters-sim",
            "lambda-shims",
            "simulation",
        ],
    ),
    (
        "tests",
        &[
            "cloud-sim",
            "eventbridge",
            "iam-policy",
            "ports",
            "domain",
            "adapters-aws",
            "adapters-sim",
            "lambda-shims",
            "simulation",
            "cli",
        ],
    ),
];

/// Packages that may know the AWS SDK.
const SDK: [&str; 3] = ["adapters-aws", "lambda-shims", "tests"];

/// What the SDK is made of and the simulator may know: how it sends requests, tells the time and waits.
const SDK_SEAMS: [&str; 3] = ["aws-smithy-async", "aws-smithy-runtime-api", "aws-smithy-types"];

/// What may not be in the rooms that have no runtime: they run on any executor, and read no clock.
const RUNTIMES: [&str; 6] = ["tokio", "async-std", "smol", "rand", "fastrand", "chrono"];
const RUNTIME_FREE: [&str; 7] =
    ["aws-vocabulary", "cloud-sim", "eventbridge", "iam-policy", "ports", "domain", "adapters-sim"];

type Edges = BTreeMap<String, Vec<String>>;

fn packages() -> Vec<Package> {
    let mut command = MetadataCommand::new();
    command.manifest_path(super::root().join("Cargo.toml")).no_deps();
    command.other_options(["--offline".to_owned()]);
    command.exec().unwrap().packages
}

/// What each of ours is built on; what only its own tests use does not count.
fn edges() -> Edges {
    let packages = packages();
    let folders: BTreeMap<&str, &str> = packages.iter().map(|p| (p.name.as_ref(), folder(p))).collect();
    let known = |name: &str| folders.get(name).copied().unwrap_or(name).to_owned();
    let of = |package: &Package| {
        let built_on = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
        (folder(package).to_owned(), built_on.map(|d| known(&d.name)).collect())
    };
    packages.iter().map(of).collect()
}

/// The folder that holds a package; it stands for its name on the map.
fn folder(package: &Package) -> &str {
    package.manifest_path.parent().and_then(|folder| folder.file_name()).unwrap()
}

fn forbidden(edges: &Edges) -> Vec<String> {
    let ours: Vec<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    let mut found = Vec::new();
    for (from, to) in edges {
        let allowed = ALLOWED.iter().find(|(name, _)| name == from).map_or(&[][..], |(_, allowed)| *allowed);
        for to in to {
            let is_ours = ours.contains(&to.as_str());
            let is_seam = from == "cloud-sim" && SDK_SEAMS.contains(&to.as_str());
            let is_sdk = (to.starts_with("aws-") && !is_seam && !is_ours) || to == "lambda_runtime";
            let wrong = (is_ours && !allowed.contains(&to.as_str()))
                || (is_sdk && !SDK.contains(&from.as_str()))
                || (RUNTIMES.contains(&to.as_str()) && RUNTIME_FREE.contains(&from.as_str()));
            if wrong {
                found.push(format!("{from} -> {to}"));
            }
        }
    }
    found
}

#[test]
fn packages_depend_only_on_what_the_map_allows() {
    assert_eq!(forbidden(&edges()), Vec::<String>::new());
}

#[test]
fn a_forbidden_edge_is_found() {
    for (from, to) in [
        ("domain", "adapters-aws"),
        ("adapters-sim", "domain"),
        ("cloud-sim", "aws-sdk-ec2"),
        ("cloud-sim", "ports"),
        ("simulation", "cli"),
        ("cli", "aws-sdk-ec2"),
        ("ports", "tokio"),
    ] {
        let mut edges = edges();
        edges.get_mut(from).unwrap().push(to.to_owned());
        assert_eq!(forbidden(&edges), [format!("{from} -> {to}")]);
    }
}

#[test]
fn every_package_is_on_the_map_and_keeps_the_lints() {
    for package in packages() {
        let manifest = super::read(package.manifest_path.strip_prefix(super::root()).unwrap());
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package.name);
        let folder = folder(&package);
        assert!(ALLOWED.iter().any(|(name, _)| *name == folder), "{folder}");
    }
}

#[test]
fn a_bare_build_needs_no_sdk() {
    let manifest = super::read("Cargo.toml");
    let (_, list) = manifest.split_once("default-members = [").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    assert!(list.contains("\"domain\"") && !list.contains("lambda-shims"), "{list}");
    let shims = manifest.lines().find(|line| line.starts_with("lambda-shims =")).unwrap();
    assert!(shims.contains("default-features = false"), "{shims}");
}
