//! Snapshots and policies: some written down, some generated.

use std::collections::{BTreeMap, BTreeSet};

use domain::policy::naming::{HOLD, KEEP_DAYS};
use domain::policy::ownership::OwnerName;
use domain::policy::retention::{
    Cap, Floor, GroupBy, Owner, Retention, RetentionPlan, RetentionSpec, Stock, WithinFrom,
};
use jiff::{SignedDuration, Timestamp};
use ports::{Snapshot, SnapshotId, SnapshotState, Tags, UsedBy, VolumeId, time};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// When every plan is made: a Monday, shortly after midnight.
pub(crate) fn now() -> Timestamp {
    at("2026-11-23T02:00:00Z")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn id(text: &str) -> SnapshotId {
    text.parse().unwrap()
}

/// The snapshots of an account, and what is known of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) in_use: BTreeMap<SnapshotId, UsedBy>,
    pub(crate) locked: BTreeMap<SnapshotId, Option<Timestamp>>,
    pub(crate) shared_in: BTreeSet<SnapshotId>,
    pub(crate) gone: BTreeMap<VolumeId, Timestamp>,
}

impl World {
    /// Completed snapshots of ours, of one volume, by id and start.
    pub(crate) fn of<const N: usize>(snapshots: [(&str, &str); N]) -> Self {
        let ours = snapshots.into_iter().map(|(id, start)| ours(id, "vol-1", at(start)));
        Self { snapshots: ours.collect(), ..Self::default() }
    }

    /// One completed snapshot of ours a day of one volume, the youngest of them today: `snap-0`, `snap-1` and so on.
    pub(crate) fn daily(days: i64) -> Self {
        let of = |n: i64| ours(&format!("snap-{n}"), "vol-1", ago(24 * n));
        Self { snapshots: (0..days).map(of).collect(), ..Self::default() }
    }

    pub(crate) fn stock(&self) -> Stock<'_> {
        let Self { snapshots, in_use, locked, shared_in, gone } = self;
        Stock { snapshots, in_use, locked, shared_in, gone }
    }

    pub(crate) fn plan(&self, spec: &RetentionSpec) -> RetentionPlan {
        Retention::new(spec.clone()).unwrap().plan(&self.stock(), now())
    }

    /// What the same policy decides once more, after a part of a plan was carried out.
    pub(crate) fn again(&self, before: &RetentionPlan) -> RetentionPlan {
        self.stock().read(&before.policy, None).plan_again(before)
    }

    pub(crate) fn tag(&mut self, id: &str, key: &str, value: &str) {
        self.get(id).tags.insert(key, value);
    }

    pub(crate) fn get(&mut self, id: &str) -> &mut Snapshot {
        self.snapshots.iter_mut().find(|s| s.id.as_str() == id).unwrap()
    }

    pub(crate) fn without(&self, gone: &BTreeSet<SnapshotId>) -> Self {
        let left = self.snapshots.iter().filter(|s| !gone.contains(&s.id)).cloned().collect();
        Self { snapshots: left, ..self.clone() }
    }
}

/// So many hours before now.
pub(crate) fn ago(hours: i64) -> Timestamp {
    time::earlier(now(), SignedDuration::from_hours(hours))
}

pub(crate) fn ours(id: &str, volume: &str, start: Timestamp) -> Snapshot {
    Snapshot {
        id: id.parse().unwrap(),
        volume: volume.parse().unwrap(),
        state: SnapshotState::Completed,
        started_at: start,
        size_gib: 8,
        tags: OwnerName::default().tags().into_iter().collect(),
        description: String::new(),
    }
}

/// A policy of these options, written as on the command line.
pub(crate) fn spec(options: &str) -> RetentionSpec {
    let mut spec = RetentionSpec { max_remove: Cap { percent: 100, number: 0 }, ..RetentionSpec::default() };
    let words: Vec<&str> = options.split_whitespace().collect();
    for pair in words.chunks(2) {
        let value = pair[1];
        match pair[0] {
            "last" => spec.keep_last = Some(value.parse().unwrap()),
            "hourly" => spec.keep_hourly = Some(value.parse().unwrap()),
            "daily" => spec.keep_daily = Some(value.parse().unwrap()),
            "weekly" => spec.keep_weekly = Some(value.parse().unwrap()),
            "monthly" => spec.keep_monthly = Some(value.parse().unwrap()),
            "yearly" => spec.keep_yearly = Some(value.parse().unwrap()),
            "within" => spec.keep_within = Some(value.parse().unwrap()),
            "within-hourly" => spec.keep_within_hourly = Some(value.parse().unwrap()),
            "within-daily" => spec.keep_within_daily = Some(value.parse().unwrap()),
            "within-weekly" => spec.keep_within_weekly = Some(value.parse().unwrap()),
            "within-monthly" => spec.keep_within_monthly = Some(value.parse().unwrap()),
            "within-yearly" => spec.keep_within_yearly = Some(value.parse().unwrap()),
            "tag" => spec.keep_tag.push(value.parse().unwrap()),
            "from" => spec.within_from = value.parse().unwrap(),
            "by" => spec.group_by = value.parse().unwrap(),
            "owned" => spec.owned_by = value.parse().unwrap(),
            "floor" => spec.floor = Floor(value.parse().unwrap()),
            "dead" => spec.keep_dead_days = Some(value.parse().unwrap()),
            other => panic!("no option `{other}`"),
        }
    }
    spec
}

pub(crate) fn ids<'a, V: 'a>(
    list: impl IntoIterator<Item = &'a V>,
    of: fn(&V) -> &SnapshotId,
) -> BTreeSet<SnapshotId> {
    list.into_iter().map(|item| of(item).clone()).collect()
}

pub(crate) fn removed(plan: &RetentionPlan) -> BTreeSet<SnapshotId> {
    ids(plan.removed(), |verdict| &verdict.id)
}

pub(crate) fn kept(plan: &RetentionPlan) -> BTreeSet<SnapshotId> {
    ids(plan.kept(), |verdict| &verdict.id)
}

/// The reasons for a snapshot, as words.
pub(crate) fn reasons(plan: &RetentionPlan, id: &str) -> String {
    let verdict = plan.kept().chain(plan.removed()).find(|v| v.id.as_str() == id).unwrap();
    verdict.reasons.to_string()
}

/// Any world of up to so many snapshots.
pub(crate) fn worlds(most: usize) -> impl Strategy<Value = World> {
    let some = |most| vec(any::<Index>(), 0..most);
    let gone =
        btree_map(volume_id(), any::<bool>().prop_map(|known| if known { now() } else { ago(-1) }), 0..3);
    let parts = (vec(snapshot(), 0..most), some(3), some(2), some(2), gone);
    parts.prop_map(|(mut snapshots, used, shared, locked, gone)| {
        for (n, snapshot) in snapshots.iter_mut().enumerate() {
            snapshot.id = id(&format!("snap-{n:03}"));
        }
        let some = |picks: Vec<Index>| -> BTreeSet<SnapshotId> {
            let picks = picks.iter().filter(|_| !snapshots.is_empty());
            picks.map(|pick| pick.get(&snapshots).id.clone()).collect()
        };
        let image = UsedBy::Image("ami-1".parse().unwrap());
        let in_use = some(used).into_iter().map(|id| (id, image.clone())).collect();
        let locked = some(locked).into_iter().map(|id| (id, Some(ago(-24)))).collect();
        World { shared_in: some(shared), in_use, locked, gone, snapshots }
    })
}

fn volume_id() -> impl Strategy<Value = VolumeId> {
    select(vec!["vol-1", "vol-2", "vol-3", "vol-ffffffff"]).prop_map(|id| id.parse().unwrap())
}

fn snapshot() -> impl Strategy<Value = Snapshot> {
    let minutes = prop_oneof![
        4 => (0..200_i64).prop_map(|n| n * 20),
        4 => (0..400_i64).prop_map(|n| n * 60 * 13),
        2 => (0..60_i64).prop_map(|n| n * 60 * 24 * 30),
        1 => (-100..=0_i64).prop_map(|n| n * 20),
    ];
    let state = prop_oneof![
        8 => Just(SnapshotState::Completed),
        1 => Just(SnapshotState::Pending),
        1 => Just(SnapshotState::Error),
        1 => select(vec![SnapshotState::Recoverable, SnapshotState::Recovering]),
    ];
    let description = prop_oneof![
        12 => Just(""),
        1 => Just("Created for policy: policy-0a1 schedule: Daily"),
        1 => Just("This snapshot is created by the AWS Backup service."),
    ];
    let parts = (minutes, state, volume_id(), description, tags());
    parts.prop_map(|(minutes, state, volume, description, tags)| Snapshot {
        state,
        volume,
        tags,
        description: description.to_owned(),
        ..ours("snap-0", "vol-1", time::earlier(now(), SignedDuration::from_mins(minutes)))
    })
}

/// What makes a snapshot the usual owner's, written out.
pub(crate) const MARKS: [(&str, &str); 4] = [
    ("AutoCreated", "true"),
    ("CreatedBy", "caretaker"),
    ("caretaker:owner", "default"),
    ("caretaker:scheme", "2"),
];

fn tags() -> impl Strategy<Value = Tags> {
    let owner = prop_oneof![
        12 => Just(MARKS.to_vec()),
        1 => Just(MARKS[..2].to_vec()),
        1 => Just(vec![("AutoCreated", "true"), ("CreatedBy", "somebody"), MARKS[2], MARKS[3]]),
        1 => Just(vec![MARKS[0], MARKS[1], ("caretaker:owner", "another"), MARKS[3]]),
        1 => Just(vec![MARKS[0], MARKS[1], MARKS[2], ("caretaker:scheme", "3")]),
        1 => Just(MARKS[1..].to_vec()),
        1 => Just(vec![("team", "db")]),
    ];
    let rare = |key: &'static str, values: &'static [&'static str]| prop_oneof![7 => Just(None), 1 => select(values).prop_map(move |value| Some((key, value)))];
    let often = |key: &'static str, values: &'static [&'static str]| prop_oneof![2 => Just(None), 1 => select(values).prop_map(move |value| Some((key, value)))];
    (
        owner,
        often("InstanceId", &["i-1", "i-2"]),
        often("caretaker:key", &["k1", "k2", "k3", "k4"]),
        often("env", &["prod", "test"]),
        rare("gold", &[""]),
        rare(
            HOLD,
            &[
                "",
                "true",
                "False",
                "2026-11-22",
                "2026-11-23",
                "2026-11-23T02:00:01Z",
                "2026-11-23T02:00:00Z",
                " 2026-11-22",
                "2026-11-22 or so",
                " false ",
                "1999-11-22",
                "soon",
            ],
        ),
        rare(KEEP_DAYS, &["5", "400", "0", "-1", "soon"]),
        rare("aws:backup:source-resource", &["x"]),
    )
        .prop_map(|(owner, a, b, c, d, e, f, g)| {
            owner.into_iter().chain([a, b, c, d, e, f, g].into_iter().flatten()).collect()
        })
}

/// Any policy that keeps anything.
pub(crate) fn specs() -> impl Strategy<Value = RetentionSpec> {
    let frame = (
        select(vec![WithinFrom::Now, WithinFrom::Newest]),
        select(vec![
            GroupBy::Volume,
            GroupBy::Instance,
            GroupBy::Set,
            GroupBy::Nothing,
            GroupBy::Tag("env".to_owned()),
        ]),
        select(vec![
            Owner::default(),
            Owner::default(),
            Owner::Any,
            Owner::Tag("team".to_owned(), "db".to_owned()),
        ]),
        0..3_u32,
        select(vec![None, Some("20"), Some("400")]),
    );
    (vec(rule(), 1..5), frame).prop_map(|(rules, (within_from, group_by, owned_by, floor, dead))| {
        RetentionSpec {
            within_from,
            group_by,
            owned_by,
            floor: Floor(floor),
            keep_dead_days: dead.map(|days| days.parse().unwrap()),
            ..spec(&rules.join(" "))
        }
    })
}

/// Any rule, as [`spec`] reads it.
pub(crate) fn rule() -> impl Strategy<Value = String> {
    let counted = select(vec!["last", "hourly", "daily", "weekly", "monthly", "yearly"]);
    let counts = select(vec!["1", "2", "3", "5", "unlimited"]);
    let aged = select(vec![
        "within",
        "within-hourly",
        "within-daily",
        "within-weekly",
        "within-monthly",
        "within-yearly",
    ]);
    let ages = select(vec!["1h", "5h", "2d", "10d", "1m", "3m2d", "1y", "2y1m1d1h", "9999y"]);
    prop_oneof![
        4 => (counted, counts).prop_map(|(rule, count)| format!("{rule} {count}")),
        4 => (aged, ages).prop_map(|(rule, age)| format!("{rule} {age}")),
        1 => select(vec!["tag env", "tag env=prod", "tag env=prod,gold", "tag gold"]).prop_map(str::to_owned),
    ]
}
