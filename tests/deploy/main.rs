//! The template that ships, in the simulated cloud.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

use adapters_sim::cloud::Place;
use adapters_sim::deploy::{Stack, Template};

#[test]
fn the_template_that_ships_is_understood() {
    let template = Template::parse(include_str!("../../lambda-shims/template.yaml")).unwrap();
    let stack = Stack { name: "caretaker".to_owned(), ..Stack::default() };
    let plan = template.plan(&Place::default(), &stack).unwrap();
    println!("{plan:#?}");
}
