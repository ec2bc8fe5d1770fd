//! The stack that ships, in a simulated cloud: its template, and the same handlers that Lambda runs.

mod handler;
mod template;

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use adapters_sim::Names;
use cloud_sim::Sim;
use cloud_sim::cloud::Place;
use cloud_sim::cloud::sns::Subscriber;
use cloud_sim::deploy::{DeployError, Plan, Template};
use cloud_sim::kernel::Handler;
use domain::policy::ownership::OwnerName;
use lambda_shims::permission::Function;
use lambda_shims::settings::{NightSettings, Pairs, RemediationSettings, SettingsError, SnapshotSettings};
use ports::Tags;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use template::resource;
pub use template::{NAME, shipped};

/// One of Caretaker's functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
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
        Function::from(self).binary()
    }

    /// The queue that requests which it gave up leave their records in.
    pub fn failures(self) -> String {
        format!("{}-failures", self.as_str())
    }
}

impl From<FunctionName> for Function {
    fn from(name: FunctionName) -> Self {
        match name {
            FunctionName::AutoSnapshot => Self::AutoSnapshot,
            FunctionName::NightlyMaintenance => Self::NightlyMaintenance,
            FunctionName::AutoRemediation => Self::AutoRemediation,
        }
    }
}

/// The event that asks the nightly function to reconcile.
pub const RECONCILE: &str = r#"{"task": "reconcile"}"#;

/// The rule that asks for it.
const RECONCILES: &str = "reconcile";

/// The topic that alarms go to.
pub const ALARM_TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:alarms";

/// Why a stack cannot be deployed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StackError {
    /// The functions would not take their settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The template, or what its parameters may be.
    #[error("the template cannot be deployed: {0}")]
    Template(#[from] DeployError),
}

/// The settings of the usual simulated stack, which acts.
pub fn usual_settings() -> Pairs {
    settings_of(NAME)
}

/// The settings of a simulated stack of this name, which acts.
pub fn settings_of(stack: &str) -> Pairs {
    let own = |name: &str| resource(stack, name);
    let usual = Names::default();
    [
        ("MODE", "act".to_owned()),
        ("OWNER", stack.to_owned()),
        ("ALERT_TOPIC_ARN", Place::default().arn("sns", &own("alerts"))),
        ("LEDGER_TABLE", own(&usual.ledger)),
        ("METRICS_TABLE", own(&usual.metrics)),
        ("REPORT_BUCKET", own(&usual.bucket)),
        ("AUTO_SCALING_GROUP_NAME", "web".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The tags that make a snapshot the usual simulated stack's.
pub fn ours() -> Tags {
    tags_of(NAME)
}

/// The tags that make a snapshot this owner's.
pub fn tags_of(owner: &str) -> Tags {
    known::<OwnerName>(owner).tags().into_iter().collect()
}

/// Deploys the functions with all that sets them off, but for the schedule of reconciling.
///
/// # Errors
///
/// Everything that is wrong with the settings.
pub fn deploy(sim: &Sim, settings: &Pairs) -> Result<(), StackError> {
    let stack = Stack::new(settings)?;
    stack.install(sim);
    stack.connect(sim, |rule| rule != RECONCILES);
    Ok(())
}

/// Lets the nightly function reconcile every quarter of an hour as well.
///
/// # Errors
///
/// When the template cannot be deployed.
pub fn reconcile_regularly(sim: &Sim) -> Result<(), StackError> {
    Stack::new(&usual_settings())?.connect(sim, |rule| rule == RECONCILES);
    Ok(())
}

/// The stack, ready to be installed.
#[derive(Clone)]
pub struct Stack {
    name: String,
    handlers: Vec<(FunctionName, Handler)>,
    names: Names,
    settings: Pairs,
    parameters: Pairs,
    template: Template,
    place: Place,
    /// What is there before anything sets a function off, and what does.
    plan: Arc<Plan>,
    /// What is there before.
    resting: Arc<Plan>,
}

impl Stack {
    /// The stack that ships with these settings. A setting that the template takes from a parameter is given as that
    /// parameter, so that permissions, alarms and the like follow it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the settings.
    pub fn new(settings: &Pairs) -> Result<Self, StackError> {
        Self::of(shipped(), settings, &Pairs::new())
    }

    /// A further stack of the template that ships, whose resources have its name before their own.
    ///
    /// # Errors
    ///
    /// As [`Stack::new`].
    pub fn named(name: &str, settings: &Pairs) -> Result<Self, StackError> {
        Self::planned((shipped(), name), settings, &Pairs::new())
    }

    /// The stack of another template with these settings, and these parameters beside them.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the settings, or with the template.
    pub fn of(template: &Template, settings: &Pairs, parameters: &Pairs) -> Result<Self, StackError> {
        Self::planned((template, NAME), settings, parameters)
    }

    fn planned(
        (template, name): (&Template, &str),
        settings: &Pairs,
        parameters: &Pairs,
    ) -> Result<Self, StackError> {
        let place = Place::default();
        let plan = match template::plan((template, name), &place, (settings, parameters)) {
            Ok(plan) => plan,
            // What a function itself says of a setting is more use than what its parameter may be.
            Err(error) => {
                SnapshotSettings::parse(settings)?;
                NightSettings::parse(settings)?;
                RemediationSettings::parse(settings)?;
                return Err(error.into());
            }
        };
        let environment = |function: FunctionName| {
            template::environment(&plan, &resource(name, function.as_str()), settings)
        };
        let names = handler::names(&NightSettings::parse(&environment(FunctionName::NightlyMaintenance))?);
        let mut handlers = Vec::new();
        for function in FunctionName::ALL {
            handlers.push((function, handler::of(function, &environment(function))?));
        }
        let (settings, parameters) = (settings.clone(), parameters.clone());
        let (template, name) = (template.clone(), name.to_owned());
        let (resting, plan) = (Arc::new(resting(&plan)), Arc::new(plan));
        Ok(Self { name, handlers, names, settings, parameters, template, place, plan, resting })
    }

    /// What its resources are called.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// What the template is with these settings.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Deploys all that the template has, with the functions.
    pub fn deploy(&self, sim: &Sim) {
        self.install(sim);
        self.connect(sim, |_| true);
    }

    /// Installs the functions and what they use: topics, tables, the bucket. Nothing sets them off yet.
    pub fn install(&self, sim: &Sim) {
        for (function, handler) in &self.handlers {
            sim.install(&resource(&self.name, function.as_str()), Arc::clone(handler));
        }
        let elsewhere = self.plan_for(sim);
        let is_here = Arc::ptr_eq(&elsewhere, &self.plan);
        let plan = if is_here { Arc::clone(&self.resting) } else { Arc::new(resting(&elsewhere)) };
        let Names { topic, metrics, .. } = &self.names;
        sim.act(|cloud, context| {
            cloud.deploy(&plan, context);
            // What is not the stack's own was there before.
            if !plan.topics.contains(topic) {
                cloud.sns.subscribe(topic, Subscriber::Mail(template::PERSON.to_owned()));
            }
            if cloud.dynamodb.look(metrics).is_none() {
                cloud.dynamodb.add_table(metrics, "id");
            }
        });
    }

    /// Puts these functions, with their settings and roles, in the place of those that are there, as an update of the stack
    /// does: what they remember stays.
    pub fn update(&self, sim: &Sim) {
        for (function, handler) in &self.handlers {
            sim.install(function.as_str(), Arc::clone(handler));
        }
        let plan = self.plan_for(sim);
        sim.act(|cloud, _| {
            for planned in &plan.functions {
                cloud.iam.put_role(&planned.name, Arc::clone(&planned.role));
            }
        });
    }

    /// Connects the functions with what sets them off: the rules that are wanted and the alarm topic.
    pub fn connect(&self, sim: &Sim, wanted: impl Fn(&str) -> bool) {
        let plan = self.plan_for(sim);
        let is_first = wanted(crate::rule::NIGHT);
        let subscriptions = plan.subscriptions.iter().filter(|_| is_first);
        let functions = subscriptions.filter(|(_, one)| matches!(one.to, Subscriber::Function(_)));
        sim.act(|cloud, context| {
            for (topic, function) in functions {
                cloud.sns.add_subscription(topic, function.clone());
            }
            for (name, rule) in plan.rules.iter().filter(|(name, _)| wanted(name)) {
                cloud.add_rule(name, rule.clone(), context);
            }
        });
    }

    /// The plan for the place that a cloud is in.
    fn plan_for(&self, sim: &Sim) -> Arc<Plan> {
        let place = sim.cloud(|cloud| cloud.place.clone());
        if place == self.place {
            return Arc::clone(&self.plan);
        }
        let elsewhere =
            template::plan((&self.template, &self.name), &place, (&self.settings, &self.parameters));
        elsewhere.map_or_else(|_| Arc::clone(&self.plan), Arc::new)
    }
}

/// What a plan has that sets no function off.
fn resting(plan: &Plan) -> Plan {
    let mut resting = plan.clone();
    resting.rules.clear();
    resting.documents.clear();
    resting.subscriptions.retain(|(_, one)| !matches!(one.to, Subscriber::Function(_)));
    resting
}

impl std::fmt::Debug for Stack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stack").field("names", &self.names).finish_non_exhaustive()
    }
}

/// What is written in this crate and is of its form: a name, an instant, a pattern, a schedule.
pub(crate) fn known<T: FromStr<Err: Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| unreachable!("{error}"))
}
