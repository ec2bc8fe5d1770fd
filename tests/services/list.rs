//! Filters, pages, orders and throttles of EC2's lists.

use cloud_sim::Sim;
use cloud_sim::cloud::ApiError;
use cloud_sim::cloud::ec2::Machine;
use cloud_sim::cloud::list;
use cloud_sim::cloud::list::{Glob, Listing};
use cloud_sim::fault::{FaultPlan, PagingFaults};
use ports::{ImageId, InstanceId, InstanceState, SnapshotId, Tags, VolumeId};

use crate::world::{code, instance, seconds, taped, troubled, world};

fn instances(sim: &Sim, listing: &Listing) -> Result<Vec<InstanceId>, ApiError> {
    sim.act(|cloud, context| cloud.ec2.list_instances(listing, context)).map(|page| page.items)
}

fn refused(sim: &Sim, listing: &Listing) -> Option<&'static str> {
    instances(sim, listing).err().map(|error| error.code)
}

/// Instances of these names, the second of which is stopped.
fn named<const N: usize>(sim: &Sim, names: [&str; N]) -> [InstanceId; N] {
    let now = sim.now();
    let ids = names.map(|name| {
        let tags = Tags::from_iter([("Name", name)]);
        sim.cloud(|cloud| cloud.ec2.add_instance(tags, 1, now))
    });
    sim.cloud(|cloud| cloud.ec2.machine(&ids[1]).unwrap().state = InstanceState::Stopped);
    ids
}

fn by(name: &str, value: &str) -> Listing {
    Listing::default().filter(name, [value])
}

/// A world with so many instances.
fn full(sim: Sim, count: usize) -> Sim {
    let now = sim.now();
    sim.cloud(|cloud| {
        for n in 0..count {
            let machine = Machine::running(Tags::default(), now);
            cloud.ec2.put_instance(format!("i-{n:017x}").parse().unwrap(), machine);
        }
    });
    sim
}

/// The sizes of all pages, and everything on them.
fn pages(sim: &Sim, listing: &Listing) -> (Vec<usize>, Vec<InstanceId>) {
    let (mut sizes, mut all, mut token) = (Vec::new(), Vec::new(), None);
    loop {
        let listing = listing.clone().behind(token);
        let page = sim.act(|cloud, context| cloud.ec2.list_instances(&listing, context)).unwrap();
        sizes.push(page.items.len());
        all.extend(page.items);
        token = page.next;
        if token.is_none() {
            return (sizes, all);
        }
    }
}

#[test]
fn a_star_is_any_text_a_question_mark_one_character_and_a_backslash_takes_their_meaning_away() {
    for (value, text, fits) in [
        ("web", "web", true),
        ("web", "Web", false),
        ("*", "", true),
        ("w*b", "web", true),
        ("w*b*", "wabebx", true),
        ("?eb", "web", true),
        ("?eb", "eb", false),
        ("??", "ä1", true),
        (r"a\*b", "a*b", true),
        (r"a\*b", "axb", false),
        (r"a\\*", r"a\x", true),
        (r"a\b", r"a\b", true),
        ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaac", false),
    ] {
        assert_eq!(Glob::new(value).matches(text), fits, "{value} {text}");
    }
}

#[test]
fn filters_are_and_and_their_values_or() {
    let sim = world();
    let [web, db, _] = named(&sim, ["web-1", "db-1", "cache-1"]);
    let either = Listing::default().filter("tag:Name", ["web-*", "db-?"]);
    assert_eq!(instances(&sim, &either).unwrap(), [web, db.clone()]);
    let both = either.filter("instance-state-name", ["stopped"]);
    assert_eq!(instances(&sim, &both).unwrap(), [db]);
    assert_eq!(instances(&sim, &by("tag-key", "name")).unwrap(), []);
}

#[test]
fn instances_volumes_and_images_have_the_filters_that_are_asked_by() {
    let sim = world();
    let [web, db] = named(&sim, ["web", "db"]);
    let volumes = |listing: Listing| -> Vec<VolumeId> {
        sim.act(|cloud, context| cloud.ec2.list_volumes(&listing, context)).unwrap().items
    };
    let of_web = volumes(by("attachment.instance-id", web.as_str()));
    assert_eq!((of_web.len(), volumes(by("status", "in-use")).len()), (2, 4));
    let owner = instances(&sim, &by("block-device-mapping.volume-id", of_web[0].as_str())).unwrap();
    assert_eq!((owner, instances(&sim, &by("instance-state-code", "80")).unwrap()), (vec![web], vec![db]));
    let snapshot: SnapshotId = "snap-0a".parse().unwrap();
    let image = sim.cloud(|cloud| cloud.ec2.register_image(vec![snapshot], true));
    let images: Vec<ImageId> = sim
        .act(|cloud, context| {
            cloud.ec2.list_images(&by("block-device-mapping.snapshot-id", "snap-0a"), context)
        })
        .unwrap()
        .items;
    assert_eq!(images, [image]);
}

#[test]
fn too_many_filters_values_or_characters_are_refused() {
    let sim = world();
    let many = (0..51).fold(Listing::default(), |listing, n| listing.filter(&format!("tag:{n}"), ["x"]));
    let values = Listing::default().filter("tag-key", (0..201).map(|n| n.to_string()));
    for listing in [many, values, by("tag-key", &"x".repeat(256))] {
        assert_eq!(refused(&sim, &listing), Some("FilterLimitExceeded"));
    }
    let most = Listing::default().filter("tag-key", (0..200).map(|n| n.to_string()));
    assert_eq!(refused(&sim, &most), None);
}

#[test]
fn an_unknown_filter_is_refused() {
    let error = instances(&world(), &by("colour", "red")).unwrap_err();
    assert_eq!(
        (error.code, error.message.as_str()),
        ("InvalidParameterValue", "The filter 'colour' is invalid")
    );
}

#[test]
fn an_id_that_is_none_is_malformed_and_one_that_nobody_has_is_not_found() {
    let sim = world();
    assert_eq!(refused(&sim, &Listing::of_ids(["web"])), Some("InvalidInstanceID.Malformed"));
    assert_eq!(refused(&sim, &Listing::of_ids(["i-0bad"])), Some("InvalidInstanceID.NotFound"));
    let volumes = Listing::of_ids(["vol-0bad"]);
    let missing = code(&sim, |cloud, context| cloud.ec2.list_volumes(&volumes, context));
    assert_eq!(missing, Some("InvalidVolume.NotFound"));
    assert_eq!(
        list::id::<SnapshotId>("i-1", &list::SNAPSHOT).unwrap_err().code,
        "InvalidSnapshotID.Malformed"
    );
}

#[test]
fn pages_have_from_five_to_a_thousand_results() {
    let sim = full(world(), 1203);
    assert_eq!(refused(&sim, &Listing::default().pages_of(4)), Some("InvalidParameterValue"));
    assert_eq!(pages(&sim, &Listing::default().pages_of(5000)).0, [1000, 203]);
    assert_eq!(pages(&sim, &Listing::default()).0, [1203]);
    let both = Listing::of_ids(["i-00000000000000001"]).pages_of(5);
    assert_eq!(refused(&sim, &both), Some("InvalidParameterCombination"));
}

#[test]
fn a_token_is_of_its_request_alone() {
    let sim = full(world(), 12);
    let first = Listing::default().pages_of(5);
    let page = sim.act(|cloud, context| cloud.ec2.list_instances(&first, context)).unwrap();
    let token = page.next.unwrap();
    assert!(!token.contains("i-"), "{token}");
    let other = by("instance-state-name", "running").pages_of(5).behind(Some(token.clone()));
    assert_eq!(refused(&sim, &other), Some("InvalidPaginationToken"));
    let forged = first.clone().behind(Some(token.replace('0', "1")));
    assert_eq!(refused(&sim, &forged), Some("InvalidPaginationToken"));
    assert_eq!(refused(&sim, &first.behind(Some(token))), None);
}

#[test]
fn a_token_may_have_expired() {
    let paging = PagingFaults { short: 0, expired: 1000 };
    let sim = full(troubled(1, FaultPlan { paging, ..FaultPlan::default() }), 12);
    let first = Listing::default().pages_of(5);
    let token = sim.act(|cloud, context| cloud.ec2.list_instances(&first, context)).unwrap().next;
    assert_eq!(refused(&sim, &first.behind(token)), Some("InvalidPaginationToken"));
}

#[test]
fn a_page_may_be_short_or_empty_and_there_is_more_all_the_same() {
    let paging = PagingFaults { short: 800, expired: 0 };
    let sim = full(troubled(1, FaultPlan { paging, ..FaultPlan::default() }), 40);
    let (sizes, mut all) = pages(&sim, &Listing::default().pages_of(5));
    assert!(sizes.contains(&0) && sizes.iter().any(|size| (1..5).contains(size)), "{sizes:?}");
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 40);
}

#[test]
fn a_list_comes_in_any_order_and_its_pages_still_hold_everything_once() {
    let boring = pages(&full(world(), 20), &Listing::default().pages_of(5)).1;
    assert!(boring.is_sorted());
    let mut shuffled = pages(&full(taped(vec![7]), 20), &Listing::default().pages_of(5)).1;
    assert!(!shuffled.is_sorted());
    shuffled.sort();
    assert_eq!(shuffled, boring);
}

#[test]
fn what_is_neither_filtered_nor_in_pages_is_throttled_sooner() {
    let taken = |listing: Listing| {
        let sim = world();
        (0..200).take_while(|_| refused(&sim, &listing).is_none()).count()
    };
    assert_eq!(taken(Listing::default()), 50);
    assert_eq!(taken(Listing::default().pages_of(5)), 100);
    assert_eq!(taken(by("tag-key", "x")), 100);
    let sim = world();
    while refused(&sim, &Listing::default()).is_none() {}
    seconds(&sim, 1);
    let again = (0..20).take_while(|_| refused(&sim, &Listing::default()).is_none()).count();
    assert_eq!(again, 10);
}

#[test]
fn a_list_fails_while_a_zone_of_it_is_impaired() {
    let sim = world();
    let (there, elsewhere) = (instance(&sim, 0), instance(&sim, 0));
    sim.cloud(|cloud| {
        cloud.ec2.machine(&elsewhere).unwrap().zone = "eu-west-1b".to_owned();
        cloud.ec2.impaired_zones.insert("eu-west-1a".to_owned());
    });
    assert_eq!(refused(&sim, &Listing::default()), Some("Unavailable"));
    assert_eq!(refused(&sim, &Listing::of_ids([there.as_str()])), Some("Unavailable"));
    assert_eq!(refused(&sim, &Listing::of_ids([elsewhere.as_str()])), None);
}
