use std::io::Write;

use clap::Args;
use domain::render::retention::explanation;
use ports::SnapshotId;

use super::plan::{Input, Output};
use super::{BadInput, CommandEnd, print_json};
use crate::retention::flags::PolicyFlags;

/// `caretaker explain`.
#[derive(Clone, Debug, Args)]
pub struct Explain {
    /// The snapshot.
    snapshot: SnapshotId,
    #[command(flatten)]
    input: Input,
    /// How to print it.
    #[arg(long, value_name = "HOW", default_value = "table")]
    output: Output,
    #[command(flatten)]
    policy: PolicyFlags,
}

impl Explain {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let policy = self.policy.policy().map_err(|error| BadInput::new("policy", error))?;
        let source = self.input.read(&policy)?;
        let told = policy
            .explain(&source.stock(), self.input.now(), &self.snapshot)
            .ok_or_else(|| BadInput::new(format!("snapshot `{}`", self.snapshot), "it is not in the list"))?;
        match self.output {
            Output::Json => print_json(out, &told)?,
            Output::Table => {
                let _ = write!(out, "{}", explanation(&told));
            }
        }
        Ok(CommandEnd::Done)
    }
}
