use adapters_sim::fault::Level;
use cli::month::{Month, Size, Story};

fn live(size: Size) -> Story {
    Month { size, faults: Level::None }.live().unwrap().story
}

#[test]
fn a_seed_gives_the_same_run_twice() {
    let run = |seed| live(Size { days: 3, instances: 10, seed });
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).trace_hash, run(2).trace_hash);
}

#[test]
fn many_seeds_break_no_invariant() {
    for seed in 0..30 {
        let story = live(Size { days: 4, instances: 12, seed });
        assert_eq!(story.violations, [], "seed {seed}");
    }
}
