//! What wrong handlers have in common with right ones.

use std::fmt::Display;
use std::sync::Arc;

use adapters_sim::{HasPorts, SimPorts};
use cloud_sim::Invocation;
use cloud_sim::kernel::{FunctionError, Handler};
use domain::policy::archive::{RECORDS_TYPE, records_key};
use domain::policy::key;
use domain::policy::naming::{AUTO_CREATED, CARETAKER, CREATED_BY, KEY};
use domain::policy::ownership::{NAMED, OWNER, SCHEME};
use domain::render::jsonl;
use futures::FutureExt;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use ports::{
    Access, Archive, Clock, CreateSet, CreatedSnapshot, ErrorKind, InstanceId, Ledger, LedgerEntry,
    LedgerKey, Metrics, MetricsQuery, Notice, Notifier, PageToken, PortError, Record, Snapshot,
    SnapshotFilter, SnapshotId, SnapshotState, Snapshots, Subject, Swap, TagSet, time,
};
use serde_json::{Value, json};

/// Whatever went wrong, as the function's own error.
#[derive(Debug)]
pub(crate) struct Oops(String);

impl<E: Display> From<E> for Oops {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

pub(crate) type HandlerResult = Result<Value, Oops>;

/// A handler, of what it does with an invocation and all ports.
pub(crate) fn handler<F>(run: impl Fn(Invocation, SimPorts) -> F + Send + Sync + 'static) -> Handler
where
    F: Future<Output = HandlerResult> + Send + 'static,
{
    Arc::new(move |invocation| {
        let ports = invocation.ports();
        let answer = run(invocation, ports);
        let error = |Oops(message)| FunctionError { error_type: "Oops".to_owned(), message };
        async move { answer.await.map_err(error) }.boxed()
    })
}

/// The fields of an event that says that an instance changed its state.
pub(crate) struct Change {
    pub(crate) instance: InstanceId,
    pub(crate) state: String,
    pub(crate) at: Timestamp,
}

impl Change {
    pub(crate) fn read(invocation: &Invocation) -> Result<Self, Oops> {
        let event: Value = serde_json::from_slice(&invocation.payload)?;
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        Ok(Self {
            instance: text("/detail/instance-id").parse()?,
            state: text("/detail/state").to_owned(),
            at: text("/time").parse()?,
        })
    }

    /// The key of its incident, as if no other event told of it.
    pub(crate) fn key(&self) -> Result<LedgerKey, Oops> {
        Ok(key::snapshot(&self.instance, self.at)?)
    }
}

/// A handler that works at night, and does nothing when it is asked for something else.
pub(crate) fn at_night<F>(run: impl Fn(SimPorts, Date) -> F + Copy + Send + Sync + 'static) -> Handler
where
    F: Future<Output = HandlerResult> + Send + 'static,
{
    handler(move |invocation, ports| async move {
        let event: Value = serde_json::from_slice(&invocation.payload)?;
        match event["time"].as_str() {
            Some(at) => run(ports, time::day(at.parse()?)).await,
            None => Ok(skipped("no night")),
        }
    })
}

/// Reports the night, and does nothing else.
pub(crate) fn only_reports() -> Handler {
    at_night(|ports, night| async move { report(&ports, night).await })
}

pub(crate) fn skipped(why: &str) -> Value {
    json!({ "action": "skipped", "reason": why })
}

/// Snapshots an instance, with the tags that make the set ours; waits where EC2 wants a pause.
pub(crate) async fn take(
    ports: &SimPorts,
    instance: &InstanceId,
    key: &LedgerKey,
) -> Result<Vec<CreatedSnapshot>, Oops> {
    let tags = [
        (AUTO_CREATED, "true"),
        (CREATED_BY, CARETAKER),
        (OWNER, simulation::stack::NAME),
        (SCHEME, NAMED),
        (KEY, key.as_str()),
        ("InstanceId", instance.as_str()),
    ];
    let wish = CreateSet {
        instance: instance.clone(),
        exclude_root: false,
        exclude: Vec::new(),
        description: String::new(),
        tags: TagSet::new(tags)?,
    };
    loop {
        match ports.create_set(&wish).await {
            Err(error) if error.kind == ErrorKind::Busy => ports.sleep(SignedDuration::from_secs(15)).await,
            set => return Ok(set?),
        }
    }
}

/// Tells people about something, by its key, unless they have been told.
pub(crate) async fn tell(ports: &SimPorts, subject: &str, key: &LedgerKey) -> Result<(), Oops> {
    let told = key::notice(key)?;
    if ports.get(&told).await?.is_none() {
        publish(ports, subject, key).await?;
        claim(ports, &told, "told", SignedDuration::from_hours(24)).await?;
    }
    Ok(())
}

/// Tells people about something, by its key.
pub(crate) async fn publish(ports: &SimPorts, subject: &str, key: &LedgerKey) -> Result<(), Oops> {
    ports.publish(&Notice::new(Subject::fit(subject), subject, "{}", key.as_str())).await?;
    Ok(())
}

/// Takes a set of an instance that changed its state, and tells people.
pub(crate) async fn protect(ports: &SimPorts, change: &Change) -> HandlerResult {
    let key = change.key()?;
    let set = take(ports, &change.instance, &key).await?;
    tell(ports, &format!("[Auto-Snapshot] {}", change.instance), &key).await?;
    Ok(json!({ "action": "snapshot", "snapshots_created": set }))
}

/// Writes an entry that is not there yet, and that nobody has to come back to; tells whether that was so.
pub(crate) async fn claim(
    ports: &SimPorts,
    key: &LedgerKey,
    state: &str,
    lease: SignedDuration,
) -> Result<bool, Oops> {
    let keep_until = time::later(ports.now(), lease);
    let entry = LedgerEntry { state: state.to_owned(), open: false, keep_until };
    Ok(matches!(ports.swap(key, None, &entry).await?, Swap::Won(_)))
}

/// Every snapshot with a tag.
pub(crate) async fn all(ports: &SimPorts, tag: (&str, &str)) -> Result<Vec<Snapshot>, Oops> {
    let (filter, mut found, mut from) = (SnapshotFilter::tagged(tag.0, tag.1), Vec::new(), None);
    loop {
        let page = Snapshots::page(ports, &filter, from).await?;
        found.extend(page.items);
        from = page.next;
        if from.is_none() {
            return Ok(found);
        }
    }
}

/// Every snapshot of ours.
pub(crate) async fn ours(ports: &SimPorts) -> Result<Vec<Snapshot>, Oops> {
    all(ports, (CREATED_BY, CARETAKER)).await
}

/// Those that are older than thirty days, oldest first, but for the last good one of each volume.
pub(crate) fn expired(snapshots: &[Snapshot], now: Timestamp) -> Vec<SnapshotId> {
    expired_but(snapshots, now, |s, newer| {
        newer.volume == s.volume && newer.state == SnapshotState::Completed
    })
}

/// Those that are older than thirty days, oldest first, and for which a newer one will do.
pub(crate) fn expired_but(
    snapshots: &[Snapshot],
    now: Timestamp,
    will_do: impl Fn(&Snapshot, &Snapshot) -> bool,
) -> Vec<SnapshotId> {
    let cutoff = time::earlier(now, SignedDuration::from_hours(30 * 24));
    let newer = |s: &Snapshot| snapshots.iter().any(|n| s.started_at < n.started_at && will_do(s, n));
    let mut old: Vec<&Snapshot> = snapshots.iter().filter(|s| s.started_at < cutoff && newer(s)).collect();
    old.sort_by_key(|s| s.started_at);
    old.into_iter().map(|s| s.id.clone()).collect()
}

/// A page of a day's records.
pub(crate) async fn records(
    ports: &SimPorts,
    day: Date,
    from: Option<PageToken>,
) -> Result<ports::Page<Record>, PortError> {
    let access = Access::Scan { segment: 0, of: 1 };
    Metrics::page(ports, &MetricsQuery { day, time_attribute: "timestamp".to_owned(), access }, from).await
}

/// Every record of a day.
pub(crate) async fn all_records(ports: &SimPorts, day: Date) -> Result<Vec<Record>, Oops> {
    let (mut found, mut from) = (Vec::new(), None);
    loop {
        let page = records(ports, day, from).await?;
        found.extend(page.items);
        from = page.next;
        if from.is_none() {
            return Ok(found);
        }
    }
}

/// Puts a day's lines into the archive, unless they are there.
pub(crate) async fn store(ports: &SimPorts, day: Date, lines: Vec<u8>) -> Result<(), Oops> {
    let mut upload = ports.create(&records_key(day)?, RECORDS_TYPE).await?;
    upload.write(lines.into()).await?;
    upload.finish().await?;
    Ok(())
}

/// Puts the records of the day before into the archive.
pub(crate) async fn archive(ports: &SimPorts, night: Date) -> Result<(), Oops> {
    let day = time::yesterday(night);
    let mut lines = Vec::new();
    all_records(ports, day).await?.iter().for_each(|record| jsonl::line(record, &mut lines));
    store(ports, day, lines).await
}

/// Reports a night, unless it was reported.
pub(crate) async fn report(ports: &SimPorts, night: Date) -> HandlerResult {
    tell(ports, "[Daily Ops Report]", &report_key(night)?).await?;
    Ok(json!({ "daily_report": { "report_sent": true, "date": night } }))
}

/// The key of a night's report.
pub(crate) fn report_key(night: Date) -> Result<LedgerKey, Oops> {
    Ok(key::night("report", night)?)
}
