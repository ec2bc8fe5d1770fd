use std::io::Write;

use clap::Args;
use domain::policy::retention::Asked;
use domain::render::retention::policy;
use domain::workflow::history::Accepting;

use super::{BadInput, CommandEnd, cloud};

/// `caretaker accept`.
#[derive(Clone, Debug, Args)]
pub struct Accept {
    /// The hash of the plan that the report names, or its first 12 digits.
    #[arg(value_name = "HASH")]
    hash: String,
    /// In the account, or at the endpoint in `AWS_ENDPOINT_URL`.
    #[arg(long, required = true)]
    aws: bool,
    #[command(flatten)]
    ledger: LedgerName,
}

/// Which table remembers what was done.
#[derive(Clone, Debug, Args)]
pub(super) struct LedgerName {
    /// The ledger's table; without it what `LEDGER_TABLE` says.
    #[arg(long, value_name = "TABLE")]
    ledger: Option<String>,
}

impl LedgerName {
    /// The table, if one is named.
    pub(super) fn given(&self) -> Option<String> {
        self.ledger.clone().or_else(|| std::env::var("LEDGER_TABLE").ok()).filter(|name| !name.is_empty())
    }
}

impl Accept {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let none = || BadInput::new("--ledger", "which table? The stack's output `LedgerTable` names it");
        let ledger = self.ledger.given().ok_or_else(none)?;
        Ok(tell(out, &self.hash, &cloud::accept(&ledger, &self.hash)?))
    }
}

/// What became of it, for people.
fn tell(out: &mut dyn Write, hash: &str, accepting: &Accepting) -> CommandEnd {
    let (words, verdict) = match accepting {
        Accepting::Accepted(asked) => {
            (format!("accepted, the next night begins with it:\n{}", about(asked)), CommandEnd::Done)
        }
        Accepting::NotAsked(Some(asked)) => (
            format!("nothing is accepted: `{hash}` is not the plan that is asked about, which is\n{}", about(asked)),
            CommandEnd::Wrong,
        ),
        Accepting::NotAsked(None) => (
            "nothing is accepted: no plan waits for it. Either it was accepted, or a night has passed without a question"
                .to_owned(),
            CommandEnd::Wrong,
        ),
    };
    let _ = writeln!(out, "{words}");
    verdict
}

fn about(asked: &Asked) -> String {
    let baseline = &asked.baseline;
    format!(
        "plan {}\nkept {}\nremoves {} of {} snapshots, because {}",
        asked.hash,
        policy(&baseline.policy),
        baseline.left,
        baseline.ours,
        asked.why.join("; ")
    )
}

#[cfg(test)]
mod test {
    use domain::policy::retention::{Baseline, Known, Retention};

    use super::*;
    use crate::retention::source::Source;

    #[test]
    fn whoever_accepts_is_told_what_and_whoever_cannot_is_told_why() {
        let (policy, now) = (Retention::days(1).unwrap(), "2026-11-24T02:00:00Z".parse().unwrap());
        let hash = policy.plan(&Source::default().stock(), now).hash;
        let baseline = Baseline { policy, at: now, ours: 600, left: 580, known: Known::default() };
        let asked = Box::new(Asked { hash, baseline, why: vec!["the policy has changed".to_owned()] });
        let told = |accepting: &Accepting| {
            let mut out = Vec::new();
            let verdict = tell(&mut out, "0123456789ab", accepting);
            (verdict, String::from_utf8(out).unwrap())
        };
        let (verdict, text) = told(&Accepting::Accepted(asked.clone()));
        assert!(
            verdict == CommandEnd::Done && text.contains("removes 580 of 600 snapshots, because the policy"),
            "{text}"
        );
        let (verdict, text) = told(&Accepting::NotAsked(Some(asked)));
        assert!(verdict == CommandEnd::Wrong && text.contains("`0123456789ab` is not the plan"), "{text}");
        assert_eq!(told(&Accepting::NotAsked(None)).0, CommandEnd::Wrong);
    }
}
