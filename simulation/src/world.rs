//! A small world for one event: read from a file, or made to fit the event.

mod instance;
mod record;

pub use instance::{InstanceSpec, RootDeviceType};

use std::collections::BTreeMap;

use adapters_aws::inbound;
use adapters_sim::Names;
use cloud_sim::Sim;
use cloud_sim::cloud::{Cloud, Place};
use jiff::{SignedDuration, Timestamp};
use lambda_shims::settings::Pairs;
use ports::trigger::{AlarmTrigger, InstanceTrigger, NightTrigger};
use ports::{GroupName, InstanceState, Record, Snapshot, SnapshotId, SnapshotState, Tags, VolumeId, time};
use serde::Deserialize;

use crate::stack::FunctionName;

/// What there is when the event arrives. Everything may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// The present; by default a moment after the event.
    pub now: Option<Timestamp>,
    /// Settings, over those of a stack that acts.
    pub settings: Pairs,
    /// The instances.
    pub instances: Vec<InstanceSpec>,
    /// The scaling groups.
    pub groups: Vec<GroupSpec>,
    /// The snapshots.
    pub snapshots: Vec<SnapshotSpec>,
    /// The records of the metrics table, as `aws dynamodb scan` prints them, or a list of them in DynamoDB's JSON:
    /// `{"id": {"S": "a"}, "cpu": {"N": "0.5"}}`.
    #[serde(deserialize_with = "record::records")]
    pub records: Vec<Record>,
    /// Images and the snapshots they are made of.
    pub images: Vec<Vec<SnapshotId>>,
}

/// A scaling group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSpec {
    /// Its name.
    pub name: GroupName,
    /// How many instances it should have, and has.
    pub desired: u32,
    /// The fewest it may have.
    #[serde(default)]
    pub min: u32,
    /// The most it may have.
    pub max: u32,
    /// Its tags.
    #[serde(default)]
    pub tags: Tags,
    /// Its suspended processes.
    #[serde(default)]
    pub suspended: Vec<String>,
}

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotSpec {
    /// Its id.
    pub id: SnapshotId,
    /// Its volume.
    pub volume: VolumeId,
    /// The moment it stands for.
    pub started_at: Timestamp,
    /// Its state.
    #[serde(default = "completed")]
    pub state: SnapshotState,
    /// Its tags; by default those that make it ours.
    #[serde(default = "crate::stack::ours")]
    pub tags: Tags,
    /// The size of its volume in GiB.
    #[serde(default)]
    pub size_gib: u32,
}

fn completed() -> SnapshotState {
    SnapshotState::Completed
}

/// A world and the place it is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Located {
    /// Where.
    pub place: Place,
    /// What.
    pub world: World,
}

/// Makes a world in which an event makes sense: the instance it names is there and opted in, the group its alarm is
/// about can grow, there are old snapshots and yesterday's records. An event that will be ignored gets an empty one.
pub fn fitting(function: FunctionName, payload: &[u8]) -> Located {
    match function {
        FunctionName::AutoSnapshot => {
            let triggers: Vec<InstanceTrigger> =
                inbound::instances(payload).into_iter().filter_map(Result::ok).collect();
            of_instances(&triggers)
        }
        FunctionName::NightlyMaintenance => {
            let world = inbound::night(payload).map(|t| of_night(&t)).unwrap_or_default();
            Located { place: Place::default(), world }
        }
        FunctionName::AutoRemediation => {
            let alarm = inbound::alarms(payload).into_iter().find_map(Result::ok);
            alarm.map(|alarm| of_alarm(&alarm)).unwrap_or_default()
        }
    }
}

fn soon(at: Timestamp) -> Timestamp {
    time::later(at, SignedDuration::from_secs(5))
}

fn of_instances(triggers: &[InstanceTrigger]) -> Located {
    let Some(first) = triggers.first() else { return Located::default() };
    let place = Place { account: first.account.clone(), region: first.region.clone() };
    let instances = triggers.iter().map(of_instance).collect();
    Located { place, world: World { now: Some(soon(first.at)), instances, ..World::default() } }
}

fn of_instance(trigger: &InstanceTrigger) -> InstanceSpec {
    let state = trigger.what.state().unwrap_or(InstanceState::Running);
    let tags = Tags::from_iter([("Name", "example"), ("AutoSnapshot", "true")]);
    let volumes = vec!["/dev/xvda".to_owned(), "/dev/sdf".to_owned()];
    let reason = Some("Server.InternalError".to_owned());
    InstanceSpec { reason, ..InstanceSpec::new(trigger.instance.clone(), state, tags, volumes) }
}

fn of_night(trigger: &NightTrigger) -> World {
    let days_ago = |days: i64| time::earlier(trigger.at, SignedDuration::from_hours(24 * days));
    let snapshot = |id: &str, days: i64| -> Option<SnapshotSpec> {
        Some(SnapshotSpec {
            id: id.parse().ok()?,
            volume: "vol-0a1b2c3d".parse().ok()?,
            started_at: days_ago(days),
            state: SnapshotState::Completed,
            tags: crate::stack::ours(),
            size_gib: 8,
        })
    };
    let record = |n: u32| -> Record {
        let at = time::later(days_ago(1), SignedDuration::from_hours(i64::from(n)));
        [
            ("id", ports::Attribute::S(format!("record-{n}"))),
            ("timestamp", ports::Attribute::S(at.to_string())),
            ("cpu", ports::Attribute::N(format!("{n}.5"))),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    };
    let snapshots = [("snap-0000aged", 40), ("snap-0000mid", 35), ("snap-0000young", 3)];
    World {
        now: Some(soon(trigger.at)),
        snapshots: snapshots.into_iter().filter_map(|(id, days)| snapshot(id, days)).collect(),
        records: (0..3).map(record).collect(),
        ..World::default()
    }
}

fn of_alarm(alarm: &AlarmTrigger) -> Located {
    let place = Place { account: alarm.account.clone(), region: alarm.region.clone() };
    let group = alarm.group().or_else(|| "web".parse().ok()).map(|name| GroupSpec {
        name,
        desired: 2,
        min: 1,
        max: 10,
        tags: Tags::from_iter([("AutoRemediate", "true")]),
        suspended: Vec::new(),
    });
    let world =
        World { now: Some(soon(alarm.changed_at)), groups: group.into_iter().collect(), ..World::default() };
    Located { place, world }
}

impl World {
    /// Puts everything into a simulated cloud.
    ///
    /// # Errors
    ///
    /// What cannot be.
    pub fn fill(&self, sim: &Sim, place: &Place) -> Result<(), String> {
        let now = sim.now();
        sim.cloud(|cloud| {
            cloud.place = place.clone();
            for instance in &self.instances {
                instance.fill(cloud, now)?;
            }
            for group in &self.groups {
                group.fill(cloud);
            }
            for snapshot in &self.snapshots {
                cloud.snapshots.put(snapshot.built());
            }
            for image in &self.images {
                cloud.ec2.register_image(image.clone(), false);
            }
            Ok(())
        })
    }

    /// Puts the records into their table, which must be there.
    ///
    /// # Errors
    ///
    /// What is wrong with a record.
    pub fn fill_records(&self, sim: &Sim) -> Result<(), String> {
        let table = self.settings.get("METRICS_TABLE").cloned().unwrap_or(Names::default().metrics);
        sim.cloud(|cloud| {
            for record in &self.records {
                let put = cloud.dynamodb.table(&table).and_then(|table| table.put(record.clone()));
                put.map_err(|error| format!("a record of the world: {}", error.message))?;
            }
            Ok(())
        })
    }
}

impl GroupSpec {
    fn fill(&self, cloud: &mut Cloud) {
        cloud.autoscaling.add_group(self.name.clone(), self.desired, self.min, self.max);
        if let Some(fleet) = cloud.autoscaling.fleet(&self.name) {
            fleet.tags = self.tags.clone();
            fleet.suspended = self.suspended.iter().cloned().collect();
        }
    }
}

impl SnapshotSpec {
    fn built(&self) -> Snapshot {
        Snapshot {
            id: self.id.clone(),
            volume: self.volume.clone(),
            state: self.state,
            started_at: self.started_at,
            size_gib: self.size_gib,
            tags: self.tags.clone(),
            description: String::new(),
        }
    }
}

/// The settings of a world: those of a stack that acts, and over them its own.
pub fn settings(usual: Pairs, own: &BTreeMap<String, String>) -> Pairs {
    let mut settings = usual;
    settings.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
    settings
}
