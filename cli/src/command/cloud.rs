//! Snapshots of an account, where the command was built to reach one.

use std::collections::BTreeMap;

use domain::policy::retention::{History, Retention, RetentionPlan};
use domain::workflow::adopt::{Adopted, Orphan};
use domain::workflow::history::Accepting;
use domain::workflow::prune::{Pruned, Unapproved};
use jiff::Timestamp;
use ports::VolumeId;

use super::BadInput;
use crate::adopt::Adoption;
use crate::retention::carry_out::Person;
use crate::retention::source::Source;

#[cfg(feature = "aws")]
mod reached {
    use adapters_aws::sdk::{DynamoLedger, Ec2Inventory, Ec2Snapshots, SystemClock, config};
    use domain::workflow::adopt::AdoptPorts;
    use domain::workflow::gone;
    use domain::workflow::history;
    use domain::workflow::prune::{self, Bonds, PrunePorts};
    use ports::{Clock, Ledger, PortError, SnapshotId};

    use super::{
        Accepting, Adopted, Adoption, BTreeMap, BadInput, History, Orphan, Person, Pruned, Retention,
        RetentionPlan, Source, Timestamp, Unapproved, VolumeId,
    };
    use crate::retention::carry_out;

    pub(in crate::command) fn gather(policy: &Retention, now: Timestamp) -> Result<Source, BadInput> {
        let gathered = with_ports(async |ports| {
            let filter = policy.spec().owned_by.filter();
            let source =
                Source { snapshots: prune::all(ports.snapshots, &filter).await?, ..Source::default() };
            let plan = source.stock().read(policy, None).plan_if_gone(now);
            let candidates: Vec<SnapshotId> = plan.removed().map(|verdict| verdict.id.clone()).collect();
            let Bonds { in_use, locked } = Bonds::of(ports.inventory, &candidates).await?;
            Ok(Source { in_use, locked, ..source })
        })?;
        gathered.map_err(|error: PortError| BadInput::new("AWS", error))
    }

    pub(in crate::command) fn carry_out(
        plan: &RetentionPlan,
        person: Person<'_>,
    ) -> Result<Result<Option<Pruned>, Unapproved>, BadInput> {
        with_ports(async |ports| carry_out::carry_out(ports, plan, person).await)
    }

    pub(in crate::command) fn adopt(
        adoption: &Adoption,
        seen: &(dyn Fn(&Orphan) + Sync),
    ) -> Result<(Vec<Orphan>, Option<Adopted>), BadInput> {
        with_ports(async |ports| {
            adoption.carry_out(&AdoptPorts { clock: ports.clock, snapshots: ports.snapshots }, seen).await
        })?
        .map_err(|error| BadInput::new("AWS", error))
    }

    pub(in crate::command) fn recall(ledger: &str) -> Result<History, BadInput> {
        with_ledger(ledger, async |ledger, _| history::recall(ledger).await)
    }

    pub(in crate::command) fn gone(
        ledger: &str,
        doubtful: &BTreeMap<VolumeId, Timestamp>,
    ) -> Result<BTreeMap<VolumeId, Timestamp>, BadInput> {
        with_ledger(ledger, async |ledger, _| gone::recall(ledger, doubtful).await)
    }

    pub(in crate::command) fn accept(ledger: &str, hash: &str) -> Result<Accepting, BadInput> {
        with_ledger(ledger, async |ledger, clock| history::accept(ledger, clock, hash).await)
    }

    fn with_ports<T>(work: impl AsyncFnOnce(&PrunePorts<'_>) -> T) -> Result<T, BadInput> {
        run(async {
            let config = config::load(None).await;
            let (clock, inventory) = (SystemClock::new(), Ec2Inventory::new(&config));
            let snapshots = Ec2Snapshots::new(&config);
            work(&PrunePorts { clock: &clock, inventory: &inventory, snapshots: &snapshots }).await
        })
    }

    fn with_ledger<T>(
        table: &str,
        work: impl AsyncFnOnce(&dyn Ledger, &dyn Clock) -> Result<T, PortError>,
    ) -> Result<T, BadInput> {
        let done = run(async {
            let ledger = DynamoLedger::new(&config::load(None).await, table);
            work(&ledger, &SystemClock::new()).await
        })?;
        done.map_err(|error| BadInput::new(format!("ledger table `{table}`"), error))
    }

    fn run<T>(work: impl Future<Output = T>) -> Result<T, BadInput> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| BadInput::new("runtime", error))?;
        Ok(runtime.block_on(work))
    }
}

#[cfg(not(feature = "aws"))]
mod reached {
    use super::{
        Accepting, Adopted, Adoption, BTreeMap, BadInput, History, Orphan, Person, Pruned, Retention,
        RetentionPlan, Source, Timestamp, Unapproved, VolumeId,
    };

    pub(in crate::command) fn adopt(
        _: &Adoption,
        _: &(dyn Fn(&Orphan) + Sync),
    ) -> Result<(Vec<Orphan>, Option<Adopted>), BadInput> {
        Err(out_of_reach())
    }

    fn out_of_reach() -> BadInput {
        BadInput::new("--aws", "this command was built without AWS: build it with `--features aws`")
    }

    pub(in crate::command) fn gather(_: &Retention, _: Timestamp) -> Result<Source, BadInput> {
        Err(out_of_reach())
    }

    pub(in crate::command) fn carry_out(
        _: &RetentionPlan,
        _: Person<'_>,
    ) -> Result<Result<Option<Pruned>, Unapproved>, BadInput> {
        Err(out_of_reach())
    }

    pub(in crate::command) fn recall(_: &str) -> Result<History, BadInput> {
        Err(out_of_reach())
    }

    pub(in crate::command) fn gone(
        _: &str,
        _: &BTreeMap<VolumeId, Timestamp>,
    ) -> Result<BTreeMap<VolumeId, Timestamp>, BadInput> {
        Err(out_of_reach())
    }

    pub(in crate::command) fn accept(_: &str, _: &str) -> Result<Accepting, BadInput> {
        Err(out_of_reach())
    }
}

pub(super) use reached::{accept, adopt, carry_out, gather, gone, recall};
