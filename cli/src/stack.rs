//! The functions and what they need, in a simulated cloud: the same handlers that Lambda runs.

use std::fmt::Display;
use std::future::Future;
use std::str::FromStr;
use std::sync::Arc;

use adapters_sim::cloud::eventbridge::{On, Rule};
use adapters_sim::cloud::lambda::Function;
use adapters_sim::cloud::sns::Subscriber;
use adapters_sim::invariant::NIGHT;
use adapters_sim::kernel::{FunctionError, Handler};
use adapters_sim::port::Names;
use adapters_sim::{Invocation, Sim, SimPorts};
use futures::FutureExt;
use jiff::SignedDuration;
use lambda_shims::Ports;
use lambda_shims::handler::{self, Context, Failure, Reply};
use lambda_shims::settings::{
    Common, NightSettings, Pairs, RemediationSettings, SettingsError, SnapshotSettings,
};
use ports::{AccountId, Region};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One of Caretaker's functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum FunctionName {
    /// Snapshots an instance that failed.
    AutoSnapshot,
    /// Cleans up, archives and reports.
    NightlyMaintenance,
    /// Answers alarms.
    AutoRemediation,
}

impl FunctionName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AutoSnapshot, Self::NightlyMaintenance, Self::AutoRemediation];

    /// The name it is deployed under.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AutoSnapshot => "auto-snapshot",
            Self::NightlyMaintenance => "nightly-maintenance",
            Self::AutoRemediation => "auto-remediation",
        }
    }

    /// How long it may run.
    fn timeout(self) -> SignedDuration {
        match self {
            Self::AutoSnapshot | Self::AutoRemediation => SignedDuration::from_mins(2),
            Self::NightlyMaintenance => SignedDuration::from_mins(15),
        }
    }
}

/// The event that asks the nightly function to reconcile.
pub const RECONCILE: &str = r#"{"task": "reconcile"}"#;

/// The topic that alarms go to.
pub const ALARM_TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:alarms";
/// Where requests that were given up leave their records.
pub const FAILURES: &str = "caretaker-failures";

const INSTANCE_STATE: &str =
    r#"{"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"]}"#;
const ALARM_STATE: &str =
    r#"{"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}"#;

/// The settings of a simulated stack that acts.
pub fn usual_settings() -> Pairs {
    let names = Names::default();
    [
        ("MODE", "act"),
        ("ALERT_TOPIC_ARN", &names.topic),
        ("LEDGER_TABLE", &names.ledger),
        ("METRICS_TABLE", &names.metrics),
        ("REPORT_BUCKET", &names.bucket),
        ("AUTO_SCALING_GROUP_NAME", "web"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// Deploys the functions with all that sets them off.
///
/// # Errors
///
/// Everything that is wrong with the settings.
pub fn deploy(sim: &Sim, settings: &Pairs) -> Result<(), SettingsError> {
    Stack::new(settings)?.install(sim);
    connect(sim);
    Ok(())
}

/// The functions, ready to be installed.
#[derive(Clone)]
pub struct Stack {
    handlers: [(FunctionName, Handler); 3],
    names: Names,
}

impl Stack {
    /// The functions with these settings.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the settings.
    pub fn new(settings: &Pairs) -> Result<Self, SettingsError> {
        let night = NightSettings::parse(settings)?;
        let names = names(&night);
        let handlers = [
            (FunctionName::AutoSnapshot, snapshot_handler(SnapshotSettings::parse(settings)?)),
            (FunctionName::NightlyMaintenance, night_handler(night)),
            (FunctionName::AutoRemediation, remediation_handler(RemediationSettings::parse(settings)?)),
        ];
        Ok(Self { handlers, names })
    }

    /// Installs the functions and what they use: topics, tables, the bucket. Nothing sets them off yet.
    pub fn install(&self, sim: &Sim) {
        for (function, handler) in &self.handlers {
            sim.install(function.as_str(), Arc::clone(handler));
        }
        let names = &self.names;
        sim.cloud(|cloud| {
            for (function, _) in &self.handlers {
                let configured = Function::new(&cloud.place, function.as_str(), function.timeout());
                cloud.lambda.add_function(function.as_str(), configured.on_failure(FAILURES));
            }
            cloud.sns.add_topic(&names.topic);
            cloud.sns.subscribe(&names.topic, Subscriber::Mail("on-call@example.com".to_owned()));
            cloud.dynamodb.add_table(&names.ledger, "key");
            cloud.dynamodb.add_table(&names.metrics, "id");
            cloud.s3.add_bucket(&names.bucket);
        });
    }
}

impl std::fmt::Debug for Stack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stack").field("names", &self.names).finish_non_exhaustive()
    }
}

/// Connects the functions with what sets them off: rules, the schedule, the alarm topic.
fn connect(sim: &Sim) {
    sim.act(|cloud, context| {
        let remediation = FunctionName::AutoRemediation.as_str().to_owned();
        cloud.sns.subscribe(ALARM_TOPIC, Subscriber::Function(remediation));
        for (name, rule) in rules() {
            cloud.add_rule(name, rule, context);
        }
    });
}

/// Lets the nightly function reconcile every quarter of an hour as well.
pub fn reconcile_regularly(sim: &Sim) {
    let rule = nightly("rate(15 minutes)").with_input(RECONCILE);
    sim.act(|cloud, context| cloud.add_rule("reconcile", rule, context));
}

fn nightly(schedule: &str) -> Rule {
    Rule::new(On::Schedule(known(schedule)), FunctionName::NightlyMaintenance.as_str())
}

/// The rules there are.
fn rules() -> [(&'static str, Rule); 3] {
    let events =
        |pattern: &str, function: FunctionName| Rule::new(On::Events(known(pattern)), function.as_str());
    let nightly =
        |schedule: &str| Rule::new(On::Schedule(known(schedule)), FunctionName::NightlyMaintenance.as_str());
    [
        ("instance-state", events(INSTANCE_STATE, FunctionName::AutoSnapshot)),
        ("alarm-state", events(ALARM_STATE, FunctionName::AutoRemediation)),
        (NIGHT, nightly("cron(0 2 * * ? *)")),
    ]
}

/// What is written in this crate and is of its form: a name, an instant, a pattern, a schedule.
pub(crate) fn known<T: FromStr<Err: Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| unreachable!("{error}"))
}

fn names(settings: &NightSettings) -> Names {
    let usual = Names::default();
    Names {
        metrics: settings.source.as_ref().map_or(usual.metrics, |source| source.table.clone()),
        bucket: settings.bucket.clone().unwrap_or(usual.bucket),
        ..names_of(&settings.common)
    }
}

fn names_of(common: &Common) -> Names {
    Names { topic: common.alert_topic.to_string(), ledger: common.ledger_table.clone(), ..Names::default() }
}

fn snapshot_handler(settings: SnapshotSettings) -> Handler {
    let names = names_of(&settings.common);
    handler(names, Arc::new(settings), |ports, settings, payload, context| async move {
        handler::auto_snapshot(&move |_| ports.clone(), &settings, &payload, &context).await
    })
}

fn night_handler(settings: NightSettings) -> Handler {
    let names = names(&settings);
    handler(names, Arc::new(settings), |ports, settings, payload, context| async move {
        handler::nightly_maintenance(&move |_| ports.clone(), &settings, &payload, &context).await
    })
}

fn remediation_handler(settings: RemediationSettings) -> Handler {
    let names = names_of(&settings.common);
    handler(names, Arc::new(settings), |ports, settings, payload, context| async move {
        handler::auto_remediation(&move |_| ports.clone(), &settings, &payload, &context).await
    })
}

/// What a handler is called with and answers, as the simulator's functions are.
fn handler<S, F>(
    names: Names,
    settings: Arc<S>,
    run: impl Fn(Ports, Arc<S>, Vec<u8>, Context) -> F + Copy + Send + Sync + 'static,
) -> Handler
where
    S: Send + Sync + 'static,
    F: Future<Output = Result<Reply, Failure>> + Send,
{
    Arc::new(move |invocation: Invocation| {
        let (settings, names) = (Arc::clone(&settings), names.clone());
        async move {
            let ports: SimPorts = invocation.ports().bound_to(names);
            let payload = invocation.payload.to_vec();
            answer(run(Ports::of(ports), settings, payload, context(&invocation)?).await)
        }
        .boxed()
    })
}

fn context(invocation: &Invocation) -> Result<Context, FunctionError> {
    let request = invocation.request.parse().map_err(|error: ports::IdError| FunctionError {
        error_type: "Context".to_owned(),
        message: error.to_string(),
    })?;
    Ok(Context {
        request,
        nonce: invocation.id.0.to_string(),
        function: invocation.function.clone(),
        account: invocation.arn.split(':').nth(4).and_then(|account| AccountId::new(account).ok()),
        region: invocation.arn.split(':').nth(3).and_then(|region| Region::new(region).ok()),
        deadline: invocation.deadline,
    })
}

fn answer(outcome: Result<Reply, Failure>) -> Result<Value, FunctionError> {
    outcome.map(|reply| reply.body).map_err(|failure| FunctionError {
        error_type: failure.error_type.to_owned(),
        message: failure.message,
    })
}
