use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use domain::policy::retention::{Retention, RetentionPlan, Ruling};
use jiff::Timestamp;
use ports::AccountId;
use serde::Deserialize;
use serde_json::json;

use super::accept::LedgerName;
use super::{BadInput, CommandEnd, cloud, print_json};
use crate::input::{self, Bound};
use crate::retention::flags::PolicyFlags;
use crate::retention::source::Source;
use crate::retention::table;

/// `caretaker plan`.
#[derive(Clone, Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    input: Input,
    /// Tell what another policy would remove or keep in addition: its options as one text, or the file of a plan.
    #[arg(long, value_name = "POLICY", allow_hyphen_values = true)]
    compare: Option<String>,
    /// How to print it.
    #[arg(long, value_name = "HOW", default_value = "table")]
    output: Output,
    #[command(flatten)]
    ledger: LedgerName,
    #[command(flatten)]
    policy: PolicyFlags,
}

/// Where the snapshots are.
#[derive(Clone, Debug, Args)]
pub(super) struct Input {
    /// What `aws ec2 describe-snapshots` printed; `-` for the standard input.
    #[arg(long, value_name = "FILE", required_unless_present = "aws", conflicts_with = "aws")]
    snapshots: Option<PathBuf>,
    /// Read them from the account, or the endpoint in `AWS_ENDPOINT_URL`.
    #[arg(long)]
    aws: bool,
    /// What `aws ec2 describe-images --owners self --include-disabled` printed: what images are made of stays.
    #[arg(long, value_name = "FILE", conflicts_with = "aws")]
    images: Option<PathBuf>,
    /// Whose snapshots are ours, when the list has those of several accounts.
    #[arg(long, value_name = "ID", conflicts_with = "aws")]
    account: Option<AccountId>,
    /// The instant to plan for; by default the present.
    #[arg(long, value_name = "T")]
    now: Option<Timestamp>,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people.
    Table,
    /// For machines.
    Json,
}

impl Input {
    pub(super) fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(Timestamp::now)
    }

    pub(super) fn read(&self, policy: &Retention) -> Result<Source, BadInput> {
        match &self.snapshots {
            Some(file) => Source::read(file, self.images.as_deref(), self.account.clone(), policy),
            None => cloud::gather(policy, self.now()),
        }
    }

    fn knows_no_images(&self) -> bool {
        self.snapshots.is_some() && self.images.is_none()
    }
}

impl Plan {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let policy = self.policy.clone().policy().map_err(|error| BadInput::new("policy", error))?;
        let now = self.input.now();
        let mut source = self.input.read(&policy)?;
        let mut plan = policy.plan(&source.stock(), now);
        if let Some(ledger) = self.ledger_of_account().filter(|_| !plan.doubtful_volumes.is_empty()) {
            source.gone = cloud::gone(&ledger, &plan.doubtful_volumes)?;
            plan = policy.plan(&source.stock(), now);
        }
        let ruling = self.judged(&source, &plan)?;
        if let Some(Ruling::Go { .. }) = ruling {
            // What is known of the last nights goes before what its share alone looks like.
            plan.refused = None;
        }
        match self.compare {
            None => {
                print(out, self.output, &plan)?;
                if self.output == Output::Table {
                    let _ = writeln!(out, "{}", table::ruling(&plan, ruling.as_ref()));
                    if self.ledger_of_account().is_none() && !plan.doubtful_volumes.is_empty() {
                        let _ = writeln!(out, "{}", table::unproven(&plan));
                    }
                    if self.input.knows_no_images() {
                        let _ = writeln!(out, "what images use is not known: give `--images` to keep it");
                    }
                }
            }
            Some(other) => {
                let policy = other_policy(&other)?;
                compare(out, self.output, &plan, &policy.plan(&source.stock(), now))?;
            }
        }
        let may_go = plan.refused.is_none() && !matches!(ruling, Some(Ruling::Ask(_)));
        Ok(if may_go { CommandEnd::Done } else { CommandEnd::Wrong })
    }

    /// The ledger that tells of the last nights, where one is named and the account is read.
    fn ledger_of_account(&self) -> Option<String> {
        self.ledger.given().filter(|_| self.input.aws)
    }

    /// What the last nights make of a plan; `None` where nothing tells of them.
    fn judged(&self, source: &Source, plan: &RetentionPlan) -> Result<Option<Ruling>, BadInput> {
        let Some(ledger) = self.ledger_of_account() else { return Ok(None) };
        let last = cloud::recall(&ledger)?.accepted;
        let reading = source.stock().read(&plan.policy, last.as_ref().map(|last| &last.policy));
        Ok(Some(plan.judge(&reading, last.as_ref())))
    }
}

fn print(out: &mut dyn Write, output: Output, plan: &RetentionPlan) -> Result<(), BadInput> {
    match output {
        Output::Json => print_json(out, plan),
        Output::Table => {
            let _ = write!(out, "{}", table::plan(plan));
            Ok(())
        }
    }
}

fn compare(
    out: &mut dyn Write,
    output: Output,
    plan: &RetentionPlan,
    other: &RetentionPlan,
) -> Result<(), BadInput> {
    let found = plan.compare(other);
    match output {
        Output::Json => print_json(
            out,
            &json!({
                "now": plan.now,
                "policy": plan.policy,
                "other": other.policy,
                "removes": found.removes,
                "keeps": found.keeps,
            }),
        ),
        Output::Table => {
            let _ = write!(out, "{}", table::comparison(plan, other, &found));
            Ok(())
        }
    }
}

/// A policy alone, or the plan that was made by it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Other {
    Plan { policy: Retention },
    Policy(Retention),
}

fn other_policy(text: &str) -> Result<Retention, BadInput> {
    if text.trim_start().starts_with('-') {
        return PolicyFlags::read(text).map_err(|error| BadInput::new("--compare", error));
    }
    let read: Result<Other, _> = serde_json::from_slice(&input::text(Path::new(text), Bound::List)?);
    match read {
        Ok(Other::Plan { policy } | Other::Policy(policy)) => Ok(policy),
        Err(_) => Err(BadInput::new(
            text,
            "neither the JSON of a plan nor of a policy; options begin with a `-`, as in `--compare '--keep-last 3'`",
        )),
    }
}
