//! What of a cloud outlives the code that runs in it, as text.

use std::collections::BTreeMap;

use cloud_sim::cloud::Cloud;
use cloud_sim::cloud::ec2::Machine;
use cloud_sim::cloud::s3::Object;
use cloud_sim::kernel::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use ports::{Capacity, GroupName, InstanceId, InstanceState, ObjectKey, Record, Snapshot, StateReason, Tags};
use serde::{Deserialize, Serialize};

/// What there is: everything in it is read by another version, so it is in AWS's terms and not in ours.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    pub instances: BTreeMap<InstanceId, Instance>,
    pub snapshots: Vec<Snapshot>,
    pub groups: BTreeMap<GroupName, Group>,
    /// The items of each table.
    pub tables: BTreeMap<String, Vec<Record>>,
    /// The objects of each bucket: type and content, in base64.
    pub buckets: BTreeMap<String, BTreeMap<ObjectKey, (String, String)>>,
}

/// An instance with a root volume.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    pub state: InstanceState,
    #[serde(default)]
    pub tags: Tags,
    #[serde(default)]
    pub reason: Option<StateReason>,
    #[serde(default)]
    pub transition: String,
    pub launched_at: Timestamp,
    /// How many volumes it has beside its root.
    #[serde(default)]
    pub data_volumes: u32,
}

/// A scaling group; all its instances serve.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub desired: u32,
    pub min: u32,
    pub max: u32,
    #[serde(default)]
    pub tags: Tags,
}

impl World {
    /// Puts instances and groups into an empty cloud. Volumes are numbered as they come, so they get the same ids each time.
    pub fn put_machines(&self, cloud: &mut Cloud) {
        for (id, instance) in &self.instances {
            let mut machine = Machine::running(instance.tags.clone(), instance.launched_at);
            machine.state = instance.state;
            machine.reason.clone_from(&instance.reason);
            machine.transition.clone_from(&instance.transition);
            cloud.ec2.put_machine(id, machine, instance.data_volumes);
        }
        for (name, group) in &self.groups {
            cloud.autoscaling.add_group(name.clone(), group.desired, group.min, group.max);
            if let Some(fleet) = cloud.autoscaling.fleet(name) {
                fleet.tags = group.tags.clone();
            }
        }
    }

    /// Puts the rest into the tables and buckets of a stack, and beside them.
    pub fn put_rest(&self, cloud: &mut Cloud, context: &mut Context<'_>) {
        for snapshot in &self.snapshots {
            // So that ids go on where they had come to.
            let _ = cloud.snapshots.new_id();
            cloud.snapshots.put(snapshot.clone());
        }
        for (name, items) in &self.tables {
            for item in items {
                let table = cloud.dynamodb.table(name).unwrap_or_else(|error| panic!("table {name}: {error:?}"));
                table.put(item.clone()).unwrap_or_else(|error| panic!("an item of {name}: {error:?}"));
            }
        }
        for (name, objects) in &self.buckets {
            for (key, (content_type, text)) in objects {
                let bytes = Bytes::from(STANDARD.decode(text).expect("base64"));
                let object = Object { bytes, content_type: content_type.clone() };
                let bucket = cloud.s3.bucket(name).unwrap_or_else(|error| panic!("bucket {name}: {error:?}"));
                bucket.put(key, object, context);
            }
        }
    }

    /// What there is in a cloud.
    pub fn of(cloud: &mut Cloud) -> Self {
        let instances = cloud.ec2.machines().map(|(id, machine)| (id.clone(), instance(cloud, id, machine)));
        let groups = cloud.autoscaling.fleets().map(|(name, fleet)| {
            let (Capacity(desired), Capacity(min), Capacity(max)) = (fleet.desired, fleet.min, fleet.max);
            (name.clone(), Group { desired, min, max, tags: fleet.tags.clone() })
        });
        let tables = ["ledger", "metrics"].into_iter().map(|name| {
            let table = cloud.dynamodb.look(name).unwrap_or_else(|| panic!("table {name}"));
            (name.to_owned(), table.items().cloned().collect())
        });
        let buckets = cloud.s3.buckets().map(|(name, bucket)| {
            let object = |(key, object): (&ObjectKey, &Object)| {
                (key.clone(), (object.content_type.clone(), STANDARD.encode(&object.bytes)))
            };
            (name.to_owned(), bucket.objects().map(object).collect())
        });
        Self {
            instances: instances.collect(),
            snapshots: cloud.snapshots.all().cloned().collect(),
            groups: groups.collect(),
            tables: tables.collect(),
            buckets: buckets.collect(),
        }
    }
}

fn instance(cloud: &Cloud, id: &InstanceId, machine: &Machine) -> Instance {
    Instance {
        state: machine.state,
        tags: machine.tags.clone(),
        reason: machine.reason.clone(),
        transition: machine.transition.clone(),
        launched_at: machine.launched_at,
        data_volumes: u32::try_from(cloud.ec2.attached(id).count().saturating_sub(1)).unwrap_or_default(),
    }
}
