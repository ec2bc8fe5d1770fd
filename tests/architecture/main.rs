//! The rules that the map in `docs/ARCHITECTURE.md` states, checked.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod contract;
mod document;
mod edge;
mod feature;
mod permission;
mod source;
mod template;

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file under a folder, by its path from the root.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    files(folder, "rs")
}

/// Every file with that extension under a folder, by its path from the root: but for what is built,
/// installed or hidden.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let is_ours = |path: &Path| {
        let name = path.file_name().unwrap().to_string_lossy();
        !name.starts_with('.') && !["target", "node_modules"].contains(&name.as_ref())
    };
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && is_ours(&path) {
                folders.push(path);
            } else if path.extension().is_some_and(|of_file| of_file == extension) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The files that hold the ports, without the clauses of their contracts.
fn port_files() -> Vec<PathBuf> {
    rust_files("ports/src").into_iter().filter(|file| !file.starts_with("ports/src/contract")).collect()
}
