use domain::policy::naming::{Birth, birth_tags, name_tags, snapshot_name};
use domain::policy::once::Fence;
use ports::{Notice, Subject, TagSet, Tags};
use proptest::collection::btree_map;
use proptest::prelude::*;

fn tags() -> impl Strategy<Value = Tags> {
    let key = prop_oneof![8 => ".{1,140}", 1 => Just("Name".to_owned()), 1 => "aws:[a-z]{1,9}"];
    btree_map(key, ".{0,300}", 0..70).prop_map(Tags::from_iter)
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
        }).unwrap();
        prop_assert_eq!(birth.tags().get("CreatedBy"), Some("caretaker"));
        let later = name_tags("auto-x", &volume, &birth).unwrap();
        let mut all = birth.tags().clone();
        for (key, value) in later.tags().iter() {
            all.insert(key, value);
        }
        prop_assert!(all.len() <= TagSet::MOST);
        prop_assert_eq!(all.get("Name"), Some("auto-x"));
        prop_assert_eq!(all.get("CreatedBy"), Some("caretaker"));
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
