//! Tells the contract tests whether there is a live endpoint, so that without one they are listed as ignored.

use std::env::var_os;

fn main() {
    println!("cargo::rerun-if-env-changed=CARETAKER_ENDPOINT");
    println!("cargo::rustc-check-cfg=cfg(live)");
    match (var_os("CARETAKER_ENDPOINT"), var_os("CARGO_FEATURE_AWS")) {
        (Some(_), Some(_)) => println!("cargo::rustc-cfg=live"),
        (Some(_), None) => {
            println!("cargo::warning=CARETAKER_ENDPOINT is of no use without the feature `aws`");
        }
        (None, _) => {}
    }
}
