//! What the functions would make of their settings, and what is wrong with them.

#[cfg(feature = "aws")]
pub(crate) mod account;
pub(crate) mod settings;

use std::collections::BTreeSet;

use domain::render::retention::policy;
use lambda_shims::permission::Function;
use lambda_shims::settings::{
    NightSettings, Pairs, RemediationSettings, SETTINGS, Setting, SettingsError, SnapshotSettings,
};
use ports::Arn;
use serde::Serialize;

use simulation::stack::shipped;

/// A setting, its value, and where that comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its name.
    pub name: &'static str,
    /// The functions that read it.
    pub functions: Vec<&'static str>,
    /// Its value; what holds without one where none is given.
    pub value: String,
    /// Where that comes from.
    pub origin: Origin,
    /// What the template's parameter for it says when nobody changes that: `SnapshotRetentionDays=30`.
    pub template: Option<String>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It was given, and is not what the template's parameter says by itself.
    Environment,
    /// It was given, and is what the template's parameter says by itself.
    TemplateDefault,
    /// It was not given.
    Default,
    /// It was not given, and has to be.
    Missing,
}

impl Origin {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::TemplateDefault => "environment, the template's default",
            Self::Default => "default",
            Self::Missing => "missing",
        }
    }
}

/// How good what was found is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// It has to be put right.
    Problem,
    /// It could not be found out, or somebody should know.
    Note,
    /// It is as it should be.
    Fine,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// How good it is.
    pub grade: Grade,
    /// In words.
    pub words: String,
}

impl Finding {
    /// Something that has to be put right.
    pub fn problem(words: impl Into<String>) -> Self {
        Self { grade: Grade::Problem, words: words.into() }
    }

    /// Something to know.
    pub fn note(words: impl Into<String>) -> Self {
        Self { grade: Grade::Note, words: words.into() }
    }

    /// Something that is as it should be.
    pub fn fine(words: impl Into<String>) -> Self {
        Self { grade: Grade::Fine, words: words.into() }
    }
}

/// Every setting of some functions.
pub fn lines(pairs: &Pairs, functions: &[Function]) -> Vec<Line> {
    let is_read = |setting: &&Setting| setting.functions.iter().any(|function| functions.contains(function));
    SETTINGS.iter().filter(is_read).map(|setting| line(pairs, setting)).collect()
}

fn line(pairs: &Pairs, setting: &Setting) -> Line {
    let parameter = shipped().parameter_of(setting.name);
    let parameter = parameter.and_then(|name| shipped().default_of(name).map(|default| (name, default)));
    let given = given(pairs, setting.name);
    let origin = match given {
        Some(value) if parameter.as_ref().is_some_and(|(_, default)| default == value) => {
            Origin::TemplateDefault
        }
        Some(_) => Origin::Environment,
        None if setting.default == "required" => Origin::Missing,
        None => Origin::Default,
    };
    Line {
        name: setting.name,
        functions: setting.functions.iter().map(|function| function.binary()).collect(),
        value: given.unwrap_or(setting.default).to_owned(),
        origin,
        template: parameter.map(|(name, default)| format!("{name}={default}")),
    }
}

/// An empty value counts as none, as it does for the functions.
fn given<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// Everything that can be found without looking at an account, each thing once, the worst first.
///
/// # Examples
///
/// ```
/// use cli::doctor::{Grade, examine};
/// use lambda_shims::permission::Function;
///
/// let found = examine(&[("KEEP_DALY".to_owned(), "7".to_owned())].into(), &Function::ALL);
/// assert_eq!(found[0].grade, Grade::Problem);
/// assert!(found.iter().any(|finding| finding.words.contains("`KEEP_DALY` is no setting")));
/// ```
pub fn examine(pairs: &Pairs, functions: &[Function]) -> Vec<Finding> {
    let mut found: BTreeSet<Finding> =
        functions.iter().flat_map(|function| problems(pairs, *function)).collect();
    found.extend(unknown(pairs));
    found.extend(topics(pairs));
    if functions.contains(&Function::NightlyMaintenance) {
        found.extend(retention(pairs));
    }
    if found.iter().all(|finding| finding.grade != Grade::Problem) {
        found.insert(Finding::fine("the settings can be used"));
    }
    if given(pairs, "MODE").is_none_or(|mode| !mode.eq_ignore_ascii_case("act")) {
        found.insert(Finding::note("nothing is changed: `MODE` is not `act`"));
    }
    found.into_iter().collect()
}

fn problems(pairs: &Pairs, function: Function) -> Vec<Finding> {
    let read: Result<(), SettingsError> = match function {
        Function::AutoSnapshot => SnapshotSettings::parse(pairs).map(|_| ()),
        Function::NightlyMaintenance => NightSettings::parse(pairs).map(|_| ()),
        Function::AutoRemediation => RemediationSettings::parse(pairs).map(|_| ()),
    };
    let problems = read.err().map(|error| error.0).unwrap_or_default();
    problems.iter().map(|problem| Finding::problem(problem.to_string())).collect()
}

/// Which snapshots are kept, in the words of the report.
fn retention(pairs: &Pairs) -> Vec<Finding> {
    let Ok(settings) = NightSettings::parse(pairs) else { return Vec::new() };
    let mut found = vec![Finding::fine(format!("snapshots kept {}", policy(&settings.retention)))];
    let spec = settings.retention.spec();
    if given(pairs, "SNAPSHOT_RETENTION_DAYS").is_some() && 1 < spec.rules().count() {
        found.push(Finding::note(
            "`SNAPSHOT_RETENTION_DAYS` keeps every snapshot that is younger, beside what `KEEP_*` keeps: leave it empty \
             (`SnapshotRetentionDays=`) where the rules alone are meant",
        ));
    }
    found
}

/// What the settings' names begin with. A name of a kind that nobody reads is a slip that would go unnoticed.
const KINDS: [&str; 13] = [
    "ACCEPT_",
    "ALARM_",
    "ALERT_",
    "AUTO_SCALING_",
    "DELETE_",
    "KEEP_",
    "LEDGER_",
    "MAX_REMOVE",
    "METRICS_",
    "REPORT_",
    "RESTART_",
    "SCALE_",
    "SNAPSHOT_",
];

fn unknown(pairs: &Pairs) -> Vec<Finding> {
    let is_of_a_kind = |name: &&String| KINDS.iter().any(|kind| name.starts_with(kind));
    let is_read = |name: &String| SETTINGS.iter().any(|setting| setting.name == name);
    let names = pairs.keys().filter(is_of_a_kind).filter(|name| !is_read(name));
    names.map(|name| Finding::problem(format!("`{name}` is no setting: nobody reads it"))).collect()
}

/// What a topic's ARN tells by itself. SNS takes requests for a topic in its own region only, and for a FIFO topic
/// only with a group, which notices have not
/// (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).
fn topics(pairs: &Pairs) -> Vec<Finding> {
    let arn = |name: &str| given(pairs, name).and_then(|text| Arn::new(text).ok());
    let region = given(pairs, "AWS_REGION").or_else(|| given(pairs, "AWS_DEFAULT_REGION"));
    let Some(alerts) = arn("ALERT_TOPIC_ARN") else { return Vec::new() };
    let mut found = Vec::new();
    if arn("ALARM_TOPIC_ARN").as_ref() == Some(&alerts) {
        found.push(Finding::problem("notices would come back as alarms: both topics are the same"));
    }
    if let Some(region) = region.filter(|region| *region != alerts.region()) {
        found.push(Finding::problem(format!("`{alerts}` is not in `{region}`, where the functions run")));
    }
    if alerts.resource().rsplit_once('.').is_some_and(|(_, end)| end == "fifo") {
        found.push(Finding::problem(format!("`{alerts}` is a FIFO topic, which takes no notices")));
    }
    found
}
