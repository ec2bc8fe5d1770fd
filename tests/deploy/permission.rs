//! Nothing that a role allows is missing, and nothing is there without need.

use std::collections::BTreeSet;

use cloud_sim::deploy::Allowed;
use simulation::stack::shipped;

use crate::story::{ALL, ONLY_TOLD};

#[test]
fn every_story_goes_well_under_the_permissions_that_ship() {
    for story in ALL {
        assert_eq!(story.trouble(shipped()), None, "{}", story.name);
    }
}

/// Takes every single action away that a statement allows, and names the story that suffers.
#[test]
fn without_any_single_action_a_story_goes_wrong() {
    let all: BTreeSet<Allowed> = shipped().allowed().into_iter().collect();
    assert!(40 < all.len());
    let mut needless = Vec::new();
    let mut lines = Vec::new();
    for allowed in all {
        let template = shipped().without(&allowed).unwrap();
        let suffers = ALL.iter().filter(|story| story.role == allowed.role);
        match suffers.into_iter().find(|story| story.trouble(&template).is_some()) {
            Some(story) => {
                lines.push(format!(
                    "{} {} {}: {}",
                    allowed.role, allowed.statement, allowed.action, story.name
                ));
            }
            None => needless.push(allowed),
        }
    }
    assert_eq!(needless, []);
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn telling_people_of_an_alarm_needs_no_permission_but_to_publish_and_to_remember_it() {
    let story = ALL.iter().find(|story| story.name == ONLY_TOLD).unwrap();
    let is_needed = |allowed: &Allowed| {
        ["sns:Publish", "dynamodb:GetItem", "dynamodb:UpdateItem", "logs:"]
            .iter()
            .any(|a| allowed.action.starts_with(a))
    };
    let mut template = shipped().clone();
    for allowed in shipped().allowed().iter().filter(|a| a.role == story.role && !is_needed(a)) {
        template = template.without(allowed).unwrap();
    }
    assert_eq!(story.trouble(&template), None);
}
