use std::io::Write;

use clap::Args;
use domain::policy::ownership::OwnerName;
use domain::workflow::adopt::{Adopted, Orphan};

use super::{BadInput, CommandEnd, bar, cloud};
use crate::adopt::{Adoption, table};

/// `caretaker adopt`.
#[derive(Clone, Debug, Args)]
pub struct Adopt {
    /// Who takes them over: what `OWNER` is for the functions, which the template makes the stack's
    /// name.
    #[arg(long, value_name = "NAME")]
    owner: OwnerName,
    /// In the account, or at the endpoint in `AWS_ENDPOINT_URL`.
    #[arg(long, required = true)]
    aws: bool,
    /// Only what this function made, where several stacks share a region.
    #[arg(long, value_name = "FUNCTION")]
    made_by: Option<String>,
    /// Do it. Without this, what there is is only shown.
    #[arg(long)]
    yes: bool,
}

impl Adopt {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<CommandEnd, BadInput> {
        let bar = bar(0, "{bar:40} {pos} adopted");
        let seen = |_: &Orphan| bar.inc(1);
        let adoption = Adoption { owner: self.owner, made_by: self.made_by, is_meant: self.yes };
        let (orphans, adopted) = cloud::adopt(&adoption, &seen)?;
        bar.finish_and_clear();
        if orphans.is_empty() {
            let _ = writeln!(out, "there is no snapshot that names no owner");
            return Ok(CommandEnd::Done);
        }
        let _ = writeln!(out, "snapshots that name no owner\n{}", table(&orphans));
        let Some(adopted) = adopted else {
            let _ = writeln!(
                out,
                "nothing was changed: with `--yes`, `{}` takes these {} over, and its retention holds for them",
                adoption.owner,
                orphans.len()
            );
            return Ok(CommandEnd::Done);
        };
        Ok(tell(out, &adoption.owner, &adopted))
    }
}

fn tell(out: &mut dyn Write, owner: &OwnerName, told: &Adopted) -> CommandEnd {
    let Adopted { adopted, gone, failed } = told;
    let _ = writeln!(out, "{adopted} adopted by `{owner}`, {gone} gone meanwhile, {} failed", failed.len());
    for (snapshot, error) in failed {
        let _ = writeln!(out, "  {snapshot}: {error}");
    }
    if failed.is_empty() { CommandEnd::Done } else { CommandEnd::Wrong }
}
