use std::process::Command;

use cloud_sim::Scenario;
use cloud_sim::fault::{FaultPlan, Level};
use cloud_sim::kernel::{Chooser, Seeded};
use simulation::month::{Month, Size};
use simulation::stack::FunctionName;
use simulation::story::story;

/// Twelve stories, each calm, plagued a little and plagued a lot, and eight fleets.
fn runs(seed: u64) -> Vec<(String, u64)> {
    let mut runs = Vec::new();
    for function in FunctionName::ALL {
        for deliveries in [1, 3] {
            for level in [Level::Realistic, Level::Hostile] {
                let scenario: Scenario = story(function, deliveries, 0).faults(FaultPlan::of(level));
                let hash = scenario.seed(seed).sim.trace_hash();
                runs.push((format!("{} {deliveries} {level}", function.as_str()), hash));
            }
        }
    }
    for (days, instances) in [(1, 5), (2, 10), (3, 3)] {
        for faults in Level::ALL {
            let lived = Month { size: Size { days, instances, stacks: 1, seed }, faults }.live().unwrap();
            runs.push((format!("{days} days {instances} instances {faults}"), lived.sim.trace_hash()));
        }
    }
    runs
}

fn all() -> Vec<String> {
    let of =
        |seed| runs(seed).into_iter().map(move |(what, hash)| format!("{what} seed {seed}: {hash:016x}"));
    (1..=5).flat_map(of).collect()
}

/// The hash that a run of twenty scenarios by five seeds has in a process of its own.
#[test]
#[ignore = "a child process runs it for the test below"]
fn tell_every_hash() {
    for line in all() {
        println!("=> {line}");
    }
}

#[test]
fn the_same_seeds_give_the_same_runs_twice_and_in_another_process() {
    let first = all();
    assert_eq!(first.len(), 21 * 5);
    assert_eq!(first, all());
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "determinism::tell_every_hash", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let told = String::from_utf8(child.stdout).unwrap();
    let told: Vec<&str> =
        told.lines().filter_map(|line| line.split_once("=> ").map(|(_, rest)| rest)).collect();
    assert_eq!(first, told);
}

#[test]
fn different_seeds_give_different_runs() {
    let (one, two) = (runs(1), runs(2));
    assert!(one.iter().zip(&two).all(|(a, b)| a != b), "{one:?}");
}

#[test]
fn a_further_draw_at_one_site_leaves_every_other_site_as_it_was() {
    let sites = ["latency/request", "snapshot", "trouble/lag", "day/stops"];
    for busy in sites {
        let (mut plain, mut drawn) = (Seeded::new(9), Seeded::new(9));
        drawn.choose(busy, 7);
        for site in sites.into_iter().filter(|site| *site != busy) {
            let draw = |chooser: &mut Seeded| (0..20).map(|_| chooser.choose(site, 1000)).collect::<Vec<_>>();
            assert_eq!(draw(&mut plain), draw(&mut drawn), "{busy} shifts {site}");
        }
    }
}

#[test]
fn many_calm_seeds_break_no_invariant() {
    for seed in 0..15 {
        let month = Month { size: Size { days: 4, instances: 12, stacks: 1, seed }, faults: Level::None };
        assert_eq!(month.live().unwrap().story.violations, [], "seed {seed}");
    }
}
