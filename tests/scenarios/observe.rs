use cloud_sim::cloud::Fact;
use cloud_sim::kernel::{Actor, Event};
use ports::trigger::AlarmState;
use simulation::stack::FunctionName;
use support::scene::{Scene, tags};

/// Whether a function changed anything at all.
fn touched(scene: &Scene) -> bool {
    let by_function = |actor: Actor| matches!(actor, Actor::Invocation(_));
    scene.sim.trace().entries().iter().any(|entry| match &entry.event {
        Event::Fact(Fact::Invoked { .. } | Fact::Ended { .. }) | Event::Call { .. } => false,
        Event::Fact(_) => by_function(entry.actor),
    })
}

#[test]
fn x1_nothing_happens_until_it_is_switched_on() {
    let scene = Scene::new(&[("MODE", "")]);
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", None);
    scene.old_snapshot("snap-0a", "vol-1", 50);
    scene.old_snapshot("snap-0b", "vol-1", 1);
    let instance = scene.tagged(tags([("Name", "web-1"), ("AutoSnapshot", "true")]), 1);
    scene.stop(&instance, "Server.InternalError");
    scene.turns("prod-high-cpu", AlarmState::Alarm);
    scene.night().unwrap();
    assert!(!touched(&scene) && scene.mails().is_empty());
}

#[test]
fn s25_observing_tells_what_would_be_done() {
    let scene = Scene::new(&[("MODE", "observe")]);
    let instance = scene.instance("web-1", 1);
    scene.stop(&instance, "Server.InternalError");
    let answer = scene.answer(FunctionName::AutoSnapshot).unwrap().unwrap();
    assert_eq!(answer["action"], "observed");
    assert_eq!(answer["plan"]["targets"].as_array().unwrap().len(), 2);
    scene.old_snapshot("snap-0a", "vol-1", 50);
    scene.old_snapshot("snap-0b", "vol-1", 1);
    let answer = scene.night().unwrap();
    assert_eq!(answer["snapshot_cleanup"]["would_delete_ids"], serde_json::json!(["snap-0a"]));
}

#[test]
fn observing_an_alarm_tells_the_change_it_would_make() {
    let scene = Scene::new(&[("MODE", "observe")]);
    scene.group("web", 2, 10);
    scene.alarm("prod-high-cpu", None);
    scene.turns("prod-high-cpu", AlarmState::Alarm);
    let answer = scene.answer(FunctionName::AutoRemediation).unwrap().unwrap();
    assert_eq!(answer["results"][0]["would"], "scale out `web` from 2 to 4");
}
