use cloud_sim::view;
use simulation::stack::FunctionName;
use simulation::story::story;

#[test]
fn a_timeline_tells_an_incident_in_order() {
    let run = story(FunctionName::AutoSnapshot, 1, 0).follow(Vec::new());
    insta::assert_snapshot!(view::timeline(&run.sim.trace()));
}

#[test]
fn a_sequence_diagram_shows_who_talked_to_whom() {
    let run = story(FunctionName::AutoRemediation, 1, 0).follow(Vec::new());
    insta::assert_snapshot!(view::sequence(&run.sim.trace()));
}

#[test]
fn an_outbox_shows_what_people_received_and_a_state_what_is_left() {
    let run = story(FunctionName::AutoSnapshot, 2, 0).follow(Vec::new());
    insta::assert_snapshot!(format!("{}\n{}", view::outbox(&run.sim), view::state(&run.sim)));
}

#[test]
fn lines_of_json_hold_the_whole_trace() {
    let run = story(FunctionName::NightlyMaintenance, 1, 0).follow(Vec::new());
    let trace = run.sim.trace();
    let lines = view::json_lines(&trace);
    assert_eq!(lines.lines().count(), trace.entries().len());
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["at"], "2026-11-24T02:00:00Z");
}
