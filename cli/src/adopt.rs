//! Snapshots of an earlier version, given to an owner: first shown, and done when that is meant.

use std::collections::BTreeMap;

use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use domain::policy::ownership::OwnerName;
use domain::workflow::adopt::{AdoptPorts, Adopted, Orphan, adopt, orphans};
use jiff::Timestamp;
use ports::PortError;

/// What is to be adopted, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The owner.
    pub owner: OwnerName,
    /// Only what this function made.
    pub made_by: Option<String>,
    /// Whether to do it, or only to show what there is.
    pub is_meant: bool,
}

impl Adoption {
    /// Finds what is nobody's and, if that is meant, gives it to the owner.
    ///
    /// # Errors
    ///
    /// When the snapshots cannot all be listed; then none was adopted.
    pub async fn carry_out(
        &self,
        ports: &AdoptPorts<'_>,
        seen: &(dyn Fn(&Orphan) + Sync),
    ) -> Result<(Vec<Orphan>, Option<Adopted>), PortError> {
        let found = orphans(ports.snapshots, self.made_by.as_deref()).await?;
        let adopted = if self.is_meant { Some(adopt(ports, &self.owner, &found, seen).await?) } else { None };
        Ok((found, adopted))
    }
}

/// How many there are of each function, and of when.
pub fn table(orphans: &[Orphan]) -> String {
    let mut of: BTreeMap<&str, Vec<Timestamp>> = BTreeMap::new();
    for orphan in orphans {
        of.entry(&orphan.function).or_default().push(orphan.started_at);
    }
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["made by", "snapshots", "oldest", "newest"]);
    for (function, starts) in of {
        let instant = |at: Option<&Timestamp>| at.map(ToString::to_string).unwrap_or_default();
        let row = [starts.len().to_string(), instant(starts.iter().min()), instant(starts.iter().max())];
        table.add_row(std::iter::once(function.to_owned()).chain(row));
    }
    table.to_string()
}
