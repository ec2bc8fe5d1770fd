use std::process::{Command, Output};

use serde_json::Value;

pub(crate) fn caretaker(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_caretaker")).args(arguments).output().unwrap()
}

pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn file(name: &str, content: &[u8]) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}
