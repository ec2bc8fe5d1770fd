use domain::policy::naming::{Birth, birth_tags, keep_days, name_tags, snapshot_name};
use domain::policy::once::Fence;
use domain::policy::ownership::OwnerName;
use ports::{Notice, Snapshot, SnapshotState, Subject, TagSet, Tags, VolumeId};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

fn tags() -> impl Strategy<Value = Tags> {
    let key = prop_oneof![
        8 => ".{1,140}",
        1 => Just("Name".to_owned()),
        1 => "aws:[a-z]{1,9}|dlm:managed",
        1 => "[Cc]aretaker:([Hh]old|keep-days|owner|scheme|[a-z]{1,9})",
        1 => "[Aa]uto[Cc]reated|[Cc]reated[Bb]y|[Ii]nstance[Ii]d",
    ];
    btree_map(key, ".{0,300}", 0..70).prop_map(Tags::from_iter)
}

/// What no role lets a function write once a snapshot is there, in any case of letters.
fn means_something(key: &str) -> bool {
    let key = key.to_lowercase();
    key.starts_with("caretaker:") || ["autocreated", "createdby", "instanceid"].contains(&key.as_str())
}

fn snapshot() -> Snapshot {
    Snapshot {
        id: "snap-1".parse().unwrap(),
        volume: "vol-1".parse().unwrap(),
        state: SnapshotState::Completed,
        started_at: "2026-11-23T14:00:00Z".parse().unwrap(),
        size_gib: 8,
        tags: Tags::default(),
        description: String::new(),
    }
}

proptest! {
    #[test]
    fn tags_of_any_instance_and_volume_can_be_written(instance_tags in tags(), volume in tags(), function in ".{0,300}") {
        let birth = birth_tags(&Birth {
            instance: &"i-1".parse().unwrap(),
            instance_tags: &instance_tags,
            trigger: "stopped",
            at: "2026-11-23T14:00:00Z".parse().unwrap(),
            function: &function,
            key: &"snap#i-1#x".parse().unwrap(),
            fence: Fence::FIRST,
            owner: &"blue".parse().unwrap(),
            volumes: &[(&"vol-1".parse().unwrap(), &volume)],
        }).unwrap();
        prop_assert_eq!(birth.tags().get("CreatedBy"), Some("caretaker"));
        prop_assert_eq!(birth.tags().get("caretaker:owner"), Some("blue"));
        prop_assert!(!birth.tags().iter().any(|(key, _)| key.eq_ignore_ascii_case("caretaker:hold")));
        prop_assert_eq!(birth.tags().get("dlm:managed"), None);
        let later = name_tags("auto-x", &volume, &birth).unwrap();
        let ours: Vec<_> = later.tags().iter().filter(|(key, _)| means_something(key)).collect();
        prop_assert!(ours.is_empty(), "{:?}", ours);
        let mut all = birth.tags().clone();
        for (key, value) in later.tags().iter() {
            all.insert(key, value);
        }
        prop_assert!(all.len() <= TagSet::MOST);
        prop_assert_eq!((all.get("Name"), all.get("dlm:managed")), (Some("auto-x"), None));
        prop_assert_eq!(all.get("CreatedBy"), Some("caretaker"));
    }

    /// EC2 takes sets of 40 volumes, and each may say for how many days it is kept.
    #[test]
    fn what_any_volumes_of_a_set_say_about_their_days_holds_for_each(
        said in vec(option::of(0..1000_u16), 1..=40),
        own in option::of(0..1000_u16),
    ) {
        let days = |days: &Option<u16>| Tags::from_iter(days.map(|days| ("caretaker:keep-days", days.to_string())));
        let volumes: Vec<(VolumeId, Tags)> =
            (0_u32..).zip(&said).map(|(n, said)| (format!("vol-{n:x}").parse().unwrap(), days(said))).collect();
        let taken: Vec<(&VolumeId, &Tags)> = volumes.iter().map(|(id, tags)| (id, tags)).collect();
        let birth = birth_tags(&Birth {
            instance: &"i-1".parse().unwrap(),
            instance_tags: &days(&own),
            trigger: "stopped",
            at: "2026-11-23T14:00:00Z".parse().unwrap(),
            function: "auto-snapshot",
            key: &"snap#i-1#x".parse().unwrap(),
            fence: Fence::FIRST,
            owner: &OwnerName::default(),
            volumes: &taken,
        }).unwrap();
        // What cannot be read, such as no days at all, keeps for good.
        let as_long = |days: &u16| (*days == 0, *days);
        let longest = said.iter().chain([&own]).flatten().copied().max_by_key(as_long);
        let is_said_of_all = own.is_some() || said.iter().all(Option::is_some);
        for (volume, said) in taken.iter().map(|(volume, _)| *volume).zip(&said) {
            // A set is kept whole, so the longest stands for all of which something is said.
            let expected = longest.filter(|_| is_said_of_all).or(*said).map(|days| days.to_string());
            let snapshot = Snapshot { volume: volume.clone(), tags: birth.tags().clone(), ..snapshot() };
            prop_assert_eq!(keep_days(&snapshot), expected.as_deref(), "{}", volume);
        }
    }

    #[test]
    fn a_name_fits_into_a_tag(name in ".{0,400}", device in "(/dev/)?[a-z0-9]{1,20}") {
        let name = snapshot_name(&name, &device, "2026-11-23T14:00:00Z".parse().unwrap());
        prop_assert!(name.chars().count() <= TagSet::LONGEST_VALUE);
        prop_assert!(name.ends_with("-20261123T140000Z"));
    }

    #[test]
    fn p4_any_text_makes_a_legal_subject(text in "\\PC{0,300}|.{0,300}|(?s:.{0,200})") {
        let subject = Subject::fit(&text);
        let subject = subject.as_str();
        prop_assert!((1..100).contains(&subject.len()));
        prop_assert!(subject.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{subject:?}");
    }

    #[test]
    fn p4_a_notice_of_any_length_fits_into_a_message(text in "(?s:.{0,50})", times in 1..6000_usize) {
        let long = text.repeat(times);
        let json = serde_json::json!({ "text": long }).to_string();
        let notice = Notice::new(Subject::fit("s"), &long, &json, "k");
        let message = serde_json::json!({ "default": notice.text(), "sqs": notice.json(), "lambda": notice.json() });
        prop_assert!(message.to_string().len() < 262_144);
        prop_assert!(serde_json::from_str::<serde_json::Value>(notice.json()).is_ok());
    }
}
