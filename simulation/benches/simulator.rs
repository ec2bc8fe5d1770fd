//! How fast the simulator is, and how much memory it needs.
//!
//! ```sh
//! cargo bench -p caretaker-simulation
//! ```

use adapters_sim::HasPorts;
use caretaker_simulation::month::{Month, Size};
use caretaker_simulation::stack::FunctionName;
use caretaker_simulation::story::story;
use cloud_sim::Sim;
use cloud_sim::explore::Bounds;
use cloud_sim::fault::Level;
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use ports::{InstanceId, Inventory, Tags};

/// `max alloc` is the most that was held at once.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const CALLS: u32 = 100_000;

/// Port calls one after the other, each as three events: an item is a call.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn port_calls(bencher: Bencher<'_, '_>) {
    let world = || {
        let sim = Sim::new("2026-11-23T14:00:00Z".parse().unwrap_or_default(), 1);
        let now = sim.now();
        let instance = sim.cloud(|cloud| cloud.ec2.add_instance(Tags::default(), 1, now));
        (sim, instance)
    };
    bencher.counter(ItemsCount::new(CALLS)).with_inputs(world).bench_local_values(|(sim, instance)| {
        let ports = sim.ports();
        sim.block_on(async move { look(&ports, &instance).await })
    });
}

async fn look(ports: &impl Inventory, instance: &InstanceId) -> usize {
    let mut volumes = 0;
    for _ in 0..CALLS {
        volumes += ports.volumes(instance).await.map_or(0, |volumes| volumes.len());
    }
    volumes
}

/// The real functions on a fleet of 200 instances: an item is a simulated second, so items a second are how many times
/// faster than real time it goes.
#[divan::bench(args = [30, 365], sample_count = 3, sample_size = 1)]
fn fleet(bencher: Bencher<'_, '_>, days: u32) {
    let month = Month { size: Size { days, instances: 200, stacks: 1, seed: 1 }, faults: Level::None };
    bencher.counter(ItemsCount::new(days * 24 * 3600)).bench_local(|| month.live().map(|lived| lived.story));
}

/// A simulated day in which everything goes wrong, seed after seed: an item is a seed.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn hostile_days(bencher: Bencher<'_, '_>) {
    const SEEDS: u32 = 100;
    bencher.counter(ItemsCount::new(SEEDS)).bench_local(|| {
        for seed in 0..u64::from(SEEDS) {
            let month =
                Month { size: Size { days: 1, instances: 50, stacks: 1, seed }, faults: Level::Hostile };
            divan::black_box(month.live().is_ok());
        }
    });
}

/// Two deliveries of one event with at most one fault: an item is an execution.
#[divan::bench(args = [FunctionName::AutoSnapshot, FunctionName::AutoRemediation], sample_count = 5, sample_size = 1)]
fn executions(bencher: Bencher<'_, '_>, function: FunctionName) {
    const EXECUTIONS: u32 = 2000;
    let scenario = story(function, 2, 1);
    let bounds = Bounds { executions: Some(EXECUTIONS.into()), ..Bounds::default() };
    bencher.counter(ItemsCount::new(EXECUTIONS)).bench_local(|| scenario.explore(bounds, |_| true));
}
