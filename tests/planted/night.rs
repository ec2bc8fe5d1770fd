//! Bugs of the night's work.

use std::io::Write;

use adapters_sim::Names;
use adapters_sim::SimPorts;
use cloud_sim::Scenario;
use cloud_sim::cloud::ec2::Disk;
use cloud_sim::fault::{Fault, FaultPlan};
use cloud_sim::kernel::Handler;
use domain::policy::naming::{CARETAKER, CREATED_BY};
use domain::render::jsonl;
use futures::future::join_all;
use jiff::civil::Date;
use ports::{
    Attribute, Clock, Deletion, Inventory, Presence, Snapshot, SnapshotFilter, SnapshotId, SnapshotState,
    Snapshots, time,
};
use serde_json::{Value, json};
use simulation::rule::{Archived, LastOne, OneNotice, Outlived, Over};
use simulation::stack::FunctionName::NightlyMaintenance;
use simulation::story::story;

use crate::hunt::{Planted, Search, rule};
use crate::part::{
    Oops, all_records, archive, at_night, expired, expired_but, ours, publish, records, report, report_key,
    store,
};
use crate::world::{USUAL, archived, late_night, nights_with, of_a_night_to_come, snapshot};

/// A night whose cleanup is wrong.
fn cleans_up<F>(clean_up: impl Fn(SimPorts) -> F + Copy + Send + Sync + 'static) -> Handler
where
    F: Future<Output = Result<(), Oops>> + Send + 'static,
{
    at_night(move |ports, night| async move {
        clean_up(ports.clone()).await?;
        archive(&ports, night).await?;
        report(&ports, night).await
    })
}

/// A night whose archive is wrong.
fn archives<F>(archive: impl Fn(SimPorts, Date) -> F + Copy + Send + Sync + 'static) -> Handler
where
    F: Future<Output = Result<(), Oops>> + Send + 'static,
{
    at_night(move |ports, night| async move {
        archive(ports.clone(), time::yesterday(night)).await?;
        report(&ports, night).await
    })
}

/// Deletes what is to go, and passes over what cannot.
async fn delete(ports: &SimPorts, doomed: &[SnapshotId]) -> Result<(), Oops> {
    for id in doomed {
        ports.delete(id).await?;
    }
    Ok(())
}

/// Takes the first page of snapshots for all there are.
async fn reads_one_page_of_snapshots(ports: SimPorts) -> Result<(), Oops> {
    let page = Snapshots::page(&ports, &SnapshotFilter::tagged(CREATED_BY, CARETAKER), None).await?;
    delete(&ports, &expired(&page.items, ports.now())).await
}

/// Takes the first page of records for all there are.
async fn reads_one_page_of_records(ports: SimPorts, day: Date) -> Result<(), Oops> {
    let mut lines = Vec::new();
    records(&ports, day, None).await?.items.iter().for_each(|record| jsonl::line(record, &mut lines));
    store(&ports, day, lines).await
}

/// Ends at the first snapshot that is in use.
async fn ends_at_one_in_use(ports: SimPorts) -> Result<(), Oops> {
    for id in expired(&ours(&ports).await?, ports.now()) {
        if let Deletion::InUse(_) = ports.delete(&id).await? {
            break;
        }
    }
    Ok(())
}

/// Lets a newer snapshot stand for an old one, whatever became of it.
async fn counts_failed_ones(ports: SimPorts) -> Result<(), Oops> {
    let doomed = expired_but(&ours(&ports).await?, ports.now(), |s, newer| newer.volume == s.volume);
    delete(&ports, &doomed).await
}

/// Goes by age alone.
async fn goes_by_age(ports: SimPorts) -> Result<(), Oops> {
    let now = ports.now();
    let all = ours(&ports).await?;
    let old: Vec<SnapshotId> = all
        .iter()
        .filter(|s| 30 * 24 < now.duration_since(s.started_at).as_hours())
        .map(|s| s.id.clone())
        .collect();
    delete(&ports, &old).await
}

/// Deletes the last snapshot of a volume, too, that a list of volumes does not name.
async fn takes_an_empty_list_for_gone(ports: SimPorts) -> Result<(), Oops> {
    for snapshot in ours(&ports).await? {
        let instance = snapshot.tags.get("InstanceId").ok_or("no instance")?.parse()?;
        let listed = ports.volumes(&instance).await?;
        if listed.iter().all(|volume| volume.id != snapshot.volume) {
            ports.delete(&snapshot.id).await?;
        }
    }
    Ok(())
}

/// Deletes the last snapshot of a volume as soon as EC2 says that there is no such volume.
async fn believes_the_first_answer(ports: SimPorts) -> Result<(), Oops> {
    for snapshot in ours(&ports).await? {
        if ports.presence(&snapshot.volume).await? == Presence::NotFound {
            ports.delete(&snapshot.id).await?;
        }
    }
    Ok(())
}

/// Deletes everything at once; what did not work this night will the next, it thinks.
async fn deletes_at_once(ports: SimPorts) -> Result<(), Oops> {
    let doomed = expired(&ours(&ports).await?, ports.now());
    let _ = join_all(doomed.iter().map(|id| ports.delete(id))).await;
    Ok(())
}

/// Reads off the clock which day is over.
fn dates_by_the_clock() -> Handler {
    at_night(|ports, night| async move {
        archive(&ports, time::day(ports.now())).await?;
        report(&ports, night).await
    })
}

/// Archives the day before whatever night it is told.
fn believes_any_date() -> Handler {
    at_night(|ports, night| async move {
        archive(&ports, night).await?;
        report(&ports, night).await
    })
}

/// Writes numbers as floats.
async fn writes_floats(ports: SimPorts, day: Date) -> Result<(), Oops> {
    let mut lines = Vec::new();
    for record in all_records(&ports, day).await? {
        let object: Value = record.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
        writeln!(lines, "{object}")?;
    }
    store(&ports, day, lines).await
}

fn plain(value: &Attribute) -> Value {
    if let Attribute::N(digits) = value {
        return json!(digits.parse::<f64>().unwrap_or_default());
    }
    if let Attribute::S(text) = value { json!(text) } else { json!(value) }
}

/// Says at the very end, after the report, that not everything went well.
fn fails_after_the_report() -> Handler {
    at_night(|ports, night| async move {
        let mut stayed = Vec::new();
        for id in expired(&ours(&ports).await?, ports.now()) {
            if let Deletion::InUse(_) = ports.delete(&id).await? {
                stayed.push(id);
            }
        }
        archive(&ports, night).await?;
        publish(&ports, "[Daily Ops Report]", &report_key(night)?).await?;
        if stayed.is_empty() { Ok(json!({})) } else { Err(format!("not deleted: {stayed:?}").into()) }
    })
}

fn planted(bug: &'static str, story: Scenario, wrong: Handler, caught_by: &'static str) -> Planted {
    let wrong = (NightlyMaintenance, wrong);
    Planted { bug, story, wrong, search: Search::Boring, caught_by, budget: 1 }
}

/// A setting that lets go of the last snapshots of volumes that are gone.
const ON: &[(&str, &str)] = &[("MAX_REMOVE_PERCENT", "100"), ("KEEP_DEAD_DAYS", "30")];

/// So many nights over these snapshots.
fn over(count: i64, snapshots: Vec<Snapshot>) -> Scenario {
    over_with(USUAL, count, snapshots)
}

fn over_with(settings: &'static [(&str, &str)], count: i64, snapshots: Vec<Snapshot>) -> Scenario {
    nights_with(settings, count)
        .expects(|| Outlived::days(30))
        .cloud(move |cloud| snapshots.iter().cloned().for_each(|snapshot| cloud.snapshots.put(snapshot)))
}

fn one_page_of_snapshots() -> Planted {
    let young = (1..=6).map(|n| snapshot(n, "vol-0a", 1));
    let rest = [snapshot(7, "vol-0b", 50), snapshot(8, "vol-0b", 40), snapshot(9, "vol-0b", 1)];
    let story = over(4, young.chain(rest).collect()).cloud(|cloud| cloud.snapshots.page_size = 5);
    let wrong = cleans_up(reads_one_page_of_snapshots);
    planted("reads one page only (snapshots)", story, wrong, rule(&Outlived::days(30)))
}

fn one_page_of_records() -> Planted {
    let story = archived(20).cloud(|cloud| cloud.dynamodb.page_bytes(256));
    let caught_by = rule(&Archived::new(Names::default(), "timestamp"));
    planted("reads one page only (scan)", story, archives(reads_one_page_of_records), caught_by)
}

/// An old snapshot that an image uses, and others.
fn one_in_use(nights: i64) -> Scenario {
    let old = [(1, 60), (2, 50), (3, 40), (4, 1)];
    let used = snapshot(1, "vol-0a", 60).id;
    over(nights, old.into_iter().map(|(n, days)| snapshot(n, "vol-0a", days)).collect()).cloud(move |cloud| {
        cloud.ec2.register_image(vec![used.clone()], false);
    })
}

fn one_in_use_ends_the_cleanup() -> Planted {
    let wrong = cleans_up(ends_at_one_in_use);
    planted("one `InUse` ends the cleanup", one_in_use(4), wrong, rule(&Outlived::days(30)))
}

fn failed_snapshots_as_backups() -> Planted {
    let failed = Snapshot { state: SnapshotState::Error, ..snapshot(2, "vol-0a", 1) };
    let story = over(1, vec![snapshot(1, "vol-0a", 40), failed]);
    planted(
        "counts failed snapshots as backups",
        story,
        cleans_up(counts_failed_ones),
        rule(&LastOne::default()),
    )
}

fn last_good_one() -> Planted {
    let story = over(1, vec![snapshot(1, "vol-0a", 40)]);
    planted("deletes the last good one", story, cleans_up(goes_by_age), rule(&LastOne::default()))
}

/// A snapshot of a volume that was never one of the instance it is tagged with, and such a volume.
fn an_old_one_of_a_detached_volume() -> Scenario {
    let mut old = snapshot(1, "vol-0a", 40);
    old.tags.insert("InstanceId", "i-0a");
    over_with(ON, 3, vec![old])
        .cloud(|cloud| cloud.ec2.put_volume("vol-0a".parse().unwrap(), Disk::detached(8)))
}

fn an_empty_list_of_volumes() -> Planted {
    let story = an_old_one_of_a_detached_volume();
    let wrong = cleans_up(takes_an_empty_list_for_gone);
    planted("takes an empty DescribeVolumes page for `gone`", story, wrong, rule(&LastOne::default()))
}

fn one_night_without_a_volume() -> Planted {
    let story = over_with(ON, 1, vec![snapshot(1, "vol-0a", 40)]);
    let wrong = cleans_up(believes_the_first_answer);
    planted("takes a volume for gone that was not found once", story, wrong, rule(&LastOne::default()))
}

fn a_thousand_deletes() -> Planted {
    let old = (0..1000).map(|n| snapshot(n, "vol-0a", 40));
    let story = over(3, old.chain([snapshot(1000, "vol-0a", 1)]).collect());
    planted("1,000 deletes unpaced", story, cleans_up(deletes_at_once), rule(&Outlived::days(30)))
}

fn date_from_the_clock() -> Planted {
    let crashes = vec![Fault::CrashBefore, Fault::CrashLate, Fault::CrashAfter];
    Planted {
        search: Search::Every { preemptions: 0 },
        budget: 20,
        ..planted(
            "date from the wall clock around midnight",
            late_night().faults(FaultPlan::choices(crashes, 1)),
            dates_by_the_clock(),
            rule(&Archived::new(Names::default(), "timestamp")),
        )
    }
}

fn a_night_to_come() -> Planted {
    let story = of_a_night_to_come();
    planted("believes a date that is to come", story, believes_any_date(), rule(&Over))
}

fn digits_through_a_float() -> Planted {
    let story = story(NightlyMaintenance, 1, 0);
    let caught_by = rule(&Archived::new(Names::default(), "timestamp"));
    planted("38 digits through a float", story, archives(writes_floats), caught_by)
}

fn error_after_the_effect() -> Planted {
    let caught_by = rule(&OneNotice::default());
    planted("error after the effect repeats the report", one_in_use(1), fails_after_the_report(), caught_by)
}

pub(crate) fn bugs() -> Vec<Planted> {
    vec![
        one_page_of_snapshots(),
        one_page_of_records(),
        one_in_use_ends_the_cleanup(),
        failed_snapshots_as_backups(),
        last_good_one(),
        an_empty_list_of_volumes(),
        one_night_without_a_volume(),
        a_thousand_deletes(),
        date_from_the_clock(),
        a_night_to_come(),
        digits_through_a_float(),
        error_after_the_effect(),
    ]
}

#[test]
fn reading_one_page_of_snapshots_is_caught() {
    one_page_of_snapshots().check();
}

#[test]
fn reading_one_page_of_records_is_caught() {
    one_page_of_records().check();
}

#[test]
fn ending_the_cleanup_at_one_in_use_is_caught() {
    one_in_use_ends_the_cleanup().check();
}

#[test]
fn counting_failed_snapshots_as_backups_is_caught() {
    failed_snapshots_as_backups().check();
}

#[test]
fn deleting_the_last_good_one_is_caught() {
    last_good_one().check();
}

#[test]
fn taking_an_empty_list_of_volumes_for_gone_is_caught() {
    an_empty_list_of_volumes().check();
}

#[test]
fn taking_a_volume_for_gone_after_one_night_is_caught() {
    one_night_without_a_volume().check();
}

#[test]
fn a_thousand_unpaced_deletes_are_caught() {
    a_thousand_deletes().check();
}

#[test]
fn a_date_from_the_clock_is_caught() {
    date_from_the_clock().check();
}

#[test]
fn archiving_a_day_that_is_not_over_is_caught() {
    a_night_to_come().check();
}

#[test]
fn digits_through_a_float_are_caught() {
    digits_through_a_float().check();
}

#[test]
fn an_error_after_the_effect_is_caught() {
    error_after_the_effect().check();
}
