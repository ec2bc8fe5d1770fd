//! What the environment says, parsed once, every problem told at once.

mod catalogue;
mod night;
mod reader;
mod remediation;
mod retention;
mod routes;
mod snapshot;

pub use catalogue::{SETTINGS, Setting};
pub use night::NightSettings;
pub use reader::{Problem, SettingsError};
pub use remediation::RemediationSettings;
pub use snapshot::SnapshotSettings;

use domain::policy::mode::Mode;
use domain::policy::ownership::{FORM, OwnerName};
use ports::Arn;

use reader::Reader;

/// The settings as they come: pairs of names and values.
pub type Pairs = std::collections::BTreeMap<String, String>;

/// What every function is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    /// `ALERT_TOPIC_ARN`: the topic that notices go to.
    pub alert_topic: Arn,
    /// `LEDGER_TABLE`: the table that remembers what was done.
    pub ledger_table: String,
}

fn mode(reader: &mut Reader<'_>) -> Mode {
    reader.one_of("MODE", &[("observe", Mode::Observe), ("act", Mode::Act)], Mode::Observe)
}

/// `OWNER`: whose the snapshots are.
fn owner(reader: &mut Reader<'_>) -> OwnerName {
    reader.optional("OWNER", FORM, |text| text.parse().ok()).unwrap_or_default()
}

fn common(reader: &mut Reader<'_>) -> Option<Common> {
    let topic = reader.required("ALERT_TOPIC_ARN", "the ARN of an SNS topic", |text| {
        Arn::new(text).ok().filter(|arn| arn.service() == "sns")
    });
    let table = reader.required("LEDGER_TABLE", "the name of a DynamoDB table", table_name);
    Some(Common { alert_topic: topic?, ledger_table: table? })
}

/// Names of tables (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>).
fn table_name(text: &str) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    ((3..=255).contains(&text.len()) && text.chars().all(legal)).then(|| text.to_owned())
}
