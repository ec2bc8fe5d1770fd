//! Telling people what a route says, as a remedy.

use lambda_shims::settings::{Pairs, RemediationSettings};
use ports::trigger::AlarmState::{Alarm as Fires, Ok as Quiet};
use serde_json::{Value, json};
use simulation::stack::{FunctionName, usual_settings};
use support::scene::Scene;

const TEXT: &str = "grows at month's end, see https://wiki.example/queue";

fn routes(route: &Value) -> String {
    json!([route]).to_string()
}

fn scene(more: &[(&str, &str)]) -> Scene {
    let routes = routes(&json!({ "name": "queue-depth", "action": "notify", "text": TEXT }));
    let scene = Scene::new(&[&[("ROUTES", routes.as_str())], more].concat());
    scene.alarm("queue-depth", None);
    scene
}

fn result(scene: &Scene) -> Value {
    scene.answer(FunctionName::AutoRemediation).unwrap().unwrap()["results"][0].clone()
}

#[test]
fn people_are_told_what_the_route_says_and_nothing_is_asked_of_them() {
    let scene = scene(&[]);
    scene.turns("queue-depth", Fires);
    assert_eq!((&result(&scene)["action"], &result(&scene)["text"]), (&json!("notify"), &json!(TEXT)));
    insta::assert_snapshot!(scene.mails()[0].body);
    assert!(!scene.mails()[0].body.contains("look at this"));
}

#[test]
fn l34_a_text_is_sent_once_a_transition() {
    let scene = scene(&[]);
    scene.turns("queue-depth", Fires);
    scene.turns("queue-depth", Quiet);
    assert_eq!(scene.mails().len(), 1);
    scene.turns("queue-depth", Fires);
    assert_eq!(scene.mails().len(), 2);
}

#[test]
fn a_text_that_could_not_be_sent_is_sent_by_reconcile_as_it_was() {
    use cloud_sim::fault::{Fault, Faults, Pick, Rule};
    let scene = scene(&[]);
    scene.cloud(|cloud| cloud.lambda.never_retry(FunctionName::AutoRemediation.as_str()));
    scene.sim.faults(|faults| faults.add(Rule::on("Publish", Fault::Unavailable, Pick::Every)));
    scene.turns("queue-depth", Fires);
    scene.sim.faults(Faults::clear);
    assert_eq!(scene.mails().len(), 0);
    scene.send(FunctionName::NightlyMaintenance, br#"{"task": "reconcile"}"#).unwrap();
    assert!(scene.mails()[0].body.contains(&format!("Action: none but this notice: {TEXT}")));
}

#[test]
fn x1_observing_tells_the_text_that_would_be_sent() {
    let scene = scene(&[("MODE", "observe")]);
    scene.turns("queue-depth", Fires);
    assert_eq!(result(&scene)["would"], json!(format!("tell people: {TEXT}")));
    assert_eq!(scene.mails().len(), 0);
}

#[test]
fn a_text_that_people_could_not_read_is_refused_with_what_is_wrong_with_it() {
    let longest = "\u{e9}".repeat(500);
    for (route, problem) in [
        (json!({ "text": longest }), None),
        (
            json!({ "text": format!("{longest}!") }),
            Some("`text`: it has 501 characters, and 500 are the most"),
        ),
        (json!({ "text": "fine\nKey: none" }), Some("`text`: its character 5 is a line break")),
        (
            json!({ "text": "\u{1b}[2J" }),
            Some("`text`: its character 1 is a line break or another control character"),
        ),
        (json!({ "text": " " }), Some("`text`: it says nothing")),
        (json!({}), Some("`notify` needs a `text`")),
        (json!({ "text": "look", "group": "web" }), Some("`group` and `by` are for `scale_out` only")),
    ] {
        let mut route = route;
        route["name"] = json!("queue-depth");
        route["action"] = json!("notify");
        let mut settings: Pairs = usual_settings();
        settings.insert("ROUTES".to_owned(), routes(&route));
        let said = RemediationSettings::parse(&settings).err().map(|error| error.to_string());
        match problem {
            None => assert_eq!(said, None),
            Some(problem) => {
                let said = said.unwrap();
                assert!(
                    said.contains("`ROUTES`") && said.contains("rule 0: ") && said.contains(problem),
                    "{said}"
                );
            }
        }
    }
}
