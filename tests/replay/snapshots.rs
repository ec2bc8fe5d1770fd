use adapters_aws::sdk::Ec2Snapshots;
use ports::{
    CreateOne, CreateSet, CreatedSnapshot, Deletion, ErrorKind, ImageId, Page, PageToken, PortError,
    Snapshot, SnapshotFilter, SnapshotId, SnapshotState, Snapshots, TagSet, UsedBy,
};

use crate::{
    answer::{ec2, ec2_error},
    script::{Reply, Script},
};

pub(crate) fn set() -> CreateSet {
    CreateSet {
        instance: "i-0a".parse().unwrap(),
        exclude_root: true,
        exclude: vec!["vol-8".parse().unwrap(), "vol-9".parse().unwrap()],
        description: "after a failure".to_owned(),
        tags: TagSet::new([("AutoCreated", "true"), ("caretaker:key", "snap#i-0a#1")]).unwrap(),
    }
}

pub(crate) fn one() -> CreateOne {
    CreateOne {
        volume: "vol-1".parse().unwrap(),
        description: "after a failure".to_owned(),
        tags: TagSet::new([("AutoCreated", "true")]).unwrap(),
    }
}

fn snapshot(fields: &str) -> String {
    format!(
        "<item><snapshotId>snap-1</snapshotId><volumeId>vol-1</volumeId><status>completed</status>
         <startTime>2026-11-23T02:00:00.250Z</startTime><volumeSize>8</volumeSize>{fields}</item>"
    )
}

fn listed(snapshots: &str, next: &str) -> Reply {
    let next = if next.is_empty() { String::new() } else { format!("<nextToken>{next}</nextToken>") };
    ec2("DescribeSnapshots", &format!("<snapshotSet>{snapshots}</snapshotSet>{next}"))
}

async fn page(reply: Reply) -> Result<Page<Snapshot>, PortError> {
    let snapshots = Ec2Snapshots::new(&Script::of([reply]).config().await);
    snapshots.page(&SnapshotFilter::default(), None).await
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_told_whole() {
    let tags = "<description>by night</description>
        <tagSet><item><key>Name</key><value>web</value></item><item><key>Empty</key><value/></item></tagSet>";
    let expected = Snapshot {
        id: "snap-1".parse().unwrap(),
        volume: "vol-1".parse().unwrap(),
        state: SnapshotState::Completed,
        started_at: "2026-11-23T02:00:00.25Z".parse().unwrap(),
        size_gib: 8,
        tags: [("Name", "web"), ("Empty", "")].into_iter().collect(),
        description: "by night".to_owned(),
    };
    assert_eq!(page(listed(&snapshot(tags), "")).await, Ok(Page::last(vec![expected])));
}

#[tokio::test(start_paused = true)]
async fn every_state_of_a_snapshot_is_known() {
    for (name, state) in [
        ("pending", SnapshotState::Pending),
        ("completed", SnapshotState::Completed),
        ("error", SnapshotState::Error),
        ("recoverable", SnapshotState::Recoverable),
        ("recovering", SnapshotState::Recovering),
    ] {
        let reply = listed(&snapshot("").replace("completed", name), "");
        assert_eq!(page(reply).await.unwrap().items[0].state, state);
    }
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_cannot_be_read_is_no_snapshot_less() {
    for (there, instead, field) in [
        ("<snapshotId>snap-1</snapshotId>", "", "snapshotId"),
        ("snap-1", "SNAP 1", "snapshotId"),
        ("<volumeId>vol-1</volumeId>", "", "volumeId"),
        ("<startTime>2026-11-23T02:00:00.250Z</startTime>", "", "startTime"),
        ("<volumeSize>8</volumeSize>", "<volumeSize>-8</volumeSize>", "volumeSize"),
        ("completed", "dreaming", "status"),
    ] {
        let both = snapshot("") + &snapshot("").replace(there, instead);
        let error = page(listed(&both, "")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Lost);
        assert_eq!(error.detail, format!("unreadable answer: `{field}`"));
    }
}

#[tokio::test(start_paused = true)]
async fn snapshots_1_page_lists_own_by_all_tags() {
    let script = Script::of([listed("", "")]);
    let filter = SnapshotFilter::tagged("AutoCreated", "true").and("Name", r"what? *all* c:\temp");
    Ec2Snapshots::new(&script.config().await).page(&filter, None).await.unwrap();
    let form = script.only().form();
    assert_eq!((form["Owner.1"].as_str(), form["MaxResults"].as_str()), ("self", "1000"));
    assert_eq!(
        (form["Filter.1.Name"].as_str(), form["Filter.1.Value.1"].as_str()),
        ("tag:AutoCreated", "true")
    );
    assert_eq!(form["Filter.2.Name"], "tag:Name");
    assert_eq!(form["Filter.2.Value.1"], r"what\? \*all\* c:\\temp");
}

#[tokio::test(start_paused = true)]
async fn snapshots_2_tokens_reach_every_page() {
    let script = Script::of([listed("", "a+b/c="), listed(&snapshot(""), "")]);
    let snapshots = Ec2Snapshots::new(&script.config().await);
    let first = snapshots.page(&SnapshotFilter::default(), None).await.unwrap();
    assert_eq!((first.items.len(), &first.next), (0, &Some(PageToken("a+b/c=".to_owned()))));
    let second = snapshots.page(&SnapshotFilter::default(), first.next).await.unwrap();
    assert_eq!((second.items.len(), second.next), (1, None));
    assert_eq!(script.requests()[0].form().get("NextToken"), None);
    assert_eq!(script.requests()[1].form()["NextToken"], "a+b/c=");
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_worth_another_try() {
    let error = page(ec2_error(400, "InvalidPaginationToken", "expired")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Busy);
}

fn begun(id: &str, volume: &str) -> String {
    format!("<item><snapshotId>{id}</snapshotId><volumeId>{volume}</volumeId><state>pending</state></item>")
}

fn created(id: &str, volume: &str) -> CreatedSnapshot {
    CreatedSnapshot { id: id.parse().unwrap(), volume: volume.parse().unwrap() }
}

#[tokio::test(start_paused = true)]
async fn snapshots_3_set_covers_the_instance() {
    let both = begun("snap-1", "vol-1") + &begun("snap-2", "vol-2");
    let script = Script::of([ec2("CreateSnapshots", &format!("<snapshotSet>{both}</snapshotSet>"))]);
    let begun = Ec2Snapshots::new(&script.config().await).create_set(&set()).await;
    assert_eq!(begun, Ok(vec![created("snap-1", "vol-1"), created("snap-2", "vol-2")]));
    let form = script.only().form();
    assert_eq!(form["InstanceSpecification.InstanceId"], "i-0a");
    assert_eq!(form["InstanceSpecification.ExcludeBootVolume"], "true");
    assert_eq!(form["InstanceSpecification.ExcludeDataVolumeId.1"], "vol-8");
    assert_eq!(form["InstanceSpecification.ExcludeDataVolumeId.2"], "vol-9");
    assert_eq!(form["Description"], "after a failure");
}

#[tokio::test(start_paused = true)]
async fn snapshots_4_tags_are_there_at_birth() {
    let set_made =
        ec2("CreateSnapshots", &format!("<snapshotSet>{}</snapshotSet>", begun("snap-1", "vol-1")));
    let one_made = ec2("CreateSnapshot", "<snapshotId>snap-1</snapshotId><volumeId>vol-1</volumeId>");
    let script = Script::of([set_made, one_made]);
    let snapshots = Ec2Snapshots::new(&script.config().await);
    snapshots.create_set(&set()).await.unwrap();
    snapshots.create_one(&one()).await.unwrap();
    for request in script.requests() {
        let form = request.form();
        assert_eq!(form["TagSpecification.1.ResourceType"], "snapshot");
        assert_eq!(form["TagSpecification.1.Tag.1.Key"], "AutoCreated");
        assert_eq!(form["TagSpecification.1.Tag.1.Value"], "true");
    }
}

#[tokio::test(start_paused = true)]
async fn a_set_without_readable_ids_is_lost() {
    for snapshots in [String::new(), begun("", "vol-1"), begun("snap-1", ""), begun("SNAP", "vol-1")] {
        let reply = ec2("CreateSnapshots", &format!("<snapshotSet>{snapshots}</snapshotSet>"));
        let adapter = Ec2Snapshots::new(&Script::of([reply]).config().await);
        assert_eq!(adapter.create_set(&set()).await.unwrap_err().kind, ErrorKind::Lost, "{snapshots}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_set_with_one_bad_volume_is_refused_in_the_service_s_words() {
    let reply = ec2_error(400, "SnapshotCreationPerVolumeRateExceeded", "The maximum per volume rate.");
    let adapter = Ec2Snapshots::new(&Script::of([reply]).config().await);
    let error = adapter.create_set(&set()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Busy);
    assert_eq!(error.detail, "SnapshotCreationPerVolumeRateExceeded: The maximum per volume rate.");
}

#[tokio::test(start_paused = true)]
async fn snapshots_8_one_snapshot_of_one_volume() {
    let reply = ec2("CreateSnapshot", "<snapshotId>snap-1</snapshotId><volumeId>vol-1</volumeId>");
    let script = Script::of([reply]);
    let begun = Ec2Snapshots::new(&script.config().await).create_one(&one()).await;
    assert_eq!(begun, Ok(created("snap-1", "vol-1")));
    let form = script.only().form();
    assert_eq!((form["Action"].as_str(), form["VolumeId"].as_str()), ("CreateSnapshot", "vol-1"));
}

#[tokio::test(start_paused = true)]
async fn snapshots_9_tag_adds_and_replaces() {
    let script = Script::of([ec2("CreateTags", "<return>true</return>")]);
    let snapshots = Ec2Snapshots::new(&script.config().await);
    let tags = TagSet::new([("Name", "auto-web"), ("Z", "")]).unwrap();
    snapshots.tag(&"snap-1".parse().unwrap(), &tags).await.unwrap();
    let form = script.only().form();
    assert_eq!((form["Action"].as_str(), form["ResourceId.1"].as_str()), ("CreateTags", "snap-1"));
    assert_eq!((form["Tag.1.Key"].as_str(), form["Tag.1.Value"].as_str()), ("Name", "auto-web"));
    assert_eq!((form["Tag.2.Key"].as_str(), form["Tag.2.Value"].as_str()), ("Z", ""));
}

async fn delete(reply: Reply) -> Result<Deletion, PortError> {
    let id = SnapshotId::new("snap-1").unwrap();
    Ec2Snapshots::new(&Script::of([reply]).config().await).delete(&id).await
}

#[tokio::test(start_paused = true)]
async fn a_deleted_snapshot_is_deleted() {
    assert_eq!(delete(ec2("DeleteSnapshot", "<return>true</return>")).await, Ok(Deletion::Deleted));
}

#[tokio::test(start_paused = true)]
async fn snapshots_6_gone_is_already_gone() {
    let reply = ec2_error(400, "InvalidSnapshot.NotFound", "The snapshot 'snap-1' does not exist.");
    assert_eq!(delete(reply).await, Ok(Deletion::AlreadyGone));
}

#[tokio::test(start_paused = true)]
async fn snapshots_7_in_use_is_an_answer() {
    let image = UsedBy::Image(ImageId::new("ami-0b").unwrap());
    for (message, by) in [
        ("The snapshot snap-1 is currently in use by ami-0b", Some(image.clone())),
        ("The snapshot snap-1 is currently in use by ami-0b.", Some(image)),
        ("The snapshot snap-1 is currently in use", None),
        (
            "The snapshot snap-1 is currently enabled for fast restores in eu-west-1b. Fast snapshot restores must be \
             disabled within all Availability Zones before the snapshot may be deleted.",
            None,
        ),
    ] {
        let reply = ec2_error(400, "InvalidSnapshot.InUse", message);
        assert_eq!(delete(reply).await, Ok(Deletion::InUse(by)));
    }
}

#[tokio::test(start_paused = true)]
async fn deleting_without_permission_is_denied() {
    let reply = ec2_error(403, "UnauthorizedOperation", "You are not authorized.");
    assert_eq!(delete(reply).await.unwrap_err().kind, ErrorKind::Denied);
}
