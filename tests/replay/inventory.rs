use adapters_aws::sdk::Ec2Inventory;
use ports::{
    ErrorKind, GroupName, ImageId, Instance, InstanceId, InstanceState, Inventory, PortError, Presence,
    SnapshotId, SnapshotLock, SnapshotUse, StateReason, UsedBy, Volume, VolumeId,
};
use support::contract::all_pages;

use crate::{
    answer::{ec2, ec2_error},
    script::{Reply, Script},
};

fn id() -> InstanceId {
    InstanceId::new("i-0a").unwrap()
}

fn instances(fields: &str) -> Reply {
    ec2(
        "DescribeInstances",
        &format!(
            "<reservationSet><item><reservationId>r-1</reservationId><instancesSet><item>
             <instanceId>i-0a</instanceId>{fields}</item></instancesSet></item></reservationSet>"
        ),
    )
}

async fn instance(reply: Reply) -> Result<Option<Instance>, PortError> {
    Ec2Inventory::new(&Script::of([reply]).config().await).instance(&id()).await
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_told_whole() {
    let reply = instances(
        "<instanceState><code>80</code><name>stopped</name></instanceState>
         <reason>User initiated (2026-11-23 14:27:11 GMT)</reason>
         <stateReason><code>Client.UserInitiatedShutdown</code><message>in words</message></stateReason>
         <launchTime>2026-11-20T08:00:00.000Z</launchTime><instanceType>m5d.large</instanceType>
         <rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName>
         <tagSet><item><key>Name</key><value>web</value></item>
         <item><key>aws:autoscaling:groupName</key><value>web-group</value></item></tagSet>",
    );
    let expected = Instance {
        id: id(),
        state: InstanceState::Stopped,
        tags: [("Name", "web"), ("aws:autoscaling:groupName", "web-group")].into_iter().collect(),
        state_reason: Some(StateReason {
            code: "Client.UserInitiatedShutdown".to_owned(),
            message: "in words".to_owned(),
        }),
        transition: Some("User initiated (2026-11-23 14:27:11 GMT)".to_owned()),
        group: Some(GroupName::new("web-group").unwrap()),
        launched_at: Some("2026-11-20T08:00:00Z".parse().unwrap()),
        root_device: Some("/dev/xvda".to_owned()),
        root_on_instance_store: false,
        instance_type: Some("m5d.large".to_owned()),
    };
    assert_eq!(instance(reply).await, Ok(Some(expected)));
}

#[tokio::test(start_paused = true)]
async fn an_instance_without_much_is_told_without_it() {
    let reply = instances(
        "<instanceState><code>16</code><name>running</name></instanceState><reason/>
         <rootDeviceType>instance-store</rootDeviceType>",
    );
    let found = instance(reply).await.unwrap().unwrap();
    assert_eq!((found.state, found.transition, found.state_reason), (InstanceState::Running, None, None));
    assert_eq!((found.group, found.launched_at, found.root_device), (None, None, None));
    assert!(found.root_on_instance_store && found.tags.is_empty());
}

#[tokio::test(start_paused = true)]
async fn inventory_1_unknown_instance_is_none() {
    let gone = ec2_error(400, "InvalidInstanceID.NotFound", "The instance ID 'i-0a' does not exist");
    assert_eq!(instance(gone).await, Ok(None));
    assert_eq!(instance(ec2("DescribeInstances", "<reservationSet/>")).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn an_instance_in_no_known_state_is_unreadable() {
    let error =
        instance(instances("<instanceState><name>dreaming</name></instanceState>")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Lost);
    assert_eq!(error.detail, "unreadable answer: `instanceState`");
}

fn volume(id: &str, attachments: &str) -> String {
    format!(
        "<item><volumeId>{id}</volumeId><size>8</size><status>in-use</status>
         <attachmentSet>{attachments}</attachmentSet>
         <tagSet><item><key>Name</key><value>data</value></item></tagSet></item>"
    )
}

fn attachment(instance: &str, device: &str, state: &str) -> String {
    format!(
        "<item><instanceId>{instance}</instanceId><device>{device}</device><status>{state}</status>
         <deleteOnTermination>true</deleteOnTermination></item>"
    )
}

fn volumes(volumes: &str, next: &str) -> Reply {
    ec2("DescribeVolumes", &format!("<volumeSet>{volumes}</volumeSet><nextToken>{next}</nextToken>"))
}

#[tokio::test(start_paused = true)]
async fn inventory_2_volumes_are_those_attached() {
    let reply = volumes(
        &(volume("vol-3", &attachment("i-0a", "/dev/sdg", "attached"))
            + &volume("vol-2", &attachment("i-0a", "/dev/sdf", "attaching"))
            + &volume("vol-4", &attachment("i-0a", "/dev/sdh", "detaching"))
            + &volume("vol-5", &attachment("i-0a", "/dev/sdi", "detached"))
            + &volume("vol-6", &attachment("i-0b", "/dev/sdf", "attached"))),
        "",
    );
    let script = Script::of([reply]);
    let found = Ec2Inventory::new(&script.config().await).volumes(&id()).await.unwrap();
    let devices: Vec<_> = found.iter().map(|it| (it.id.as_str(), it.device.as_str())).collect();
    assert_eq!(devices, [("vol-2", "/dev/sdf"), ("vol-3", "/dev/sdg")]);
    let form = script.only().form();
    assert_eq!(form["Filter.1.Name"], "attachment.instance-id");
    assert_eq!(form["Filter.1.Value.1"], "i-0a");
}

#[tokio::test(start_paused = true)]
async fn s21_a_volume_that_instances_share_has_its_device_at_this_one() {
    let shared = attachment("i-0b", "/dev/sdz", "attached") + &attachment("i-0a", "/dev/sdg", "attached");
    let script = Script::of([volumes(&volume("vol-3", &shared), "")]);
    let found = Ec2Inventory::new(&script.config().await).volumes(&id()).await.unwrap();
    let devices: Vec<_> = found.iter().map(|it| (it.id.as_str(), it.device.as_str())).collect();
    assert_eq!(devices, [("vol-3", "/dev/sdg")]);
}

#[tokio::test(start_paused = true)]
async fn volumes_of_every_page_are_told() {
    let first = volumes(&volume("vol-1", &attachment("i-0a", "/dev/sdb", "attached")), "more");
    let second = volumes(&volume("vol-2", &attachment("i-0a", "/dev/sda", "attached")), "");
    let script = Script::of([first, volumes("", "yet-more"), second]);
    let found = Ec2Inventory::new(&script.config().await).volumes(&id()).await.unwrap();
    let expected = Volume {
        id: "vol-2".parse().unwrap(),
        device: "/dev/sda".to_owned(),
        tags: [("Name", "data")].into_iter().collect(),
        size_gib: 8,
        delete_on_termination: true,
    };
    assert_eq!((found.len(), &found[0]), (2, &expected));
    let tokens: Vec<_> = script.requests().iter().map(|it| it.form().get("NextToken").cloned()).collect();
    assert_eq!(tokens, [None, Some("more".to_owned()), Some("yet-more".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_volume_without_a_size_is_unreadable() {
    let attached = attachment("i-0a", "/dev/sdf", "attached");
    let bare = format!("<item><volumeId>vol-1</volumeId><attachmentSet>{attached}</attachmentSet></item>");
    let inventory = Ec2Inventory::new(&Script::of([volumes(&bare, "")]).config().await);
    assert_eq!(inventory.volumes(&id()).await.unwrap_err().kind, ErrorKind::Lost);
}

#[tokio::test(start_paused = true)]
async fn pages_without_end_end_before_the_limit() {
    let script = Script::always(volumes("", "more").late(3));
    let inventory = Ec2Inventory::new(&script.config().await);
    let begin = tokio::time::Instant::now();
    let error = inventory.volumes(&id()).await.unwrap_err();
    assert_eq!((error.kind, error.operation.as_str()), (ErrorKind::Lost, "DescribeVolumes"));
    assert_eq!((error.detail.as_str(), begin.elapsed().as_secs()), ("not done after 9.5s", 9));
    assert_eq!(script.requests().len(), 4);
}

fn ids(numbers: std::ops::Range<u32>) -> Vec<SnapshotId> {
    numbers.map(|number| SnapshotId::new(format!("snap-{number}")).unwrap()).collect()
}

fn used(snapshot: &str, image: &str) -> SnapshotUse {
    let by = UsedBy::Image(ImageId::new(image).unwrap());
    SnapshotUse { snapshot: SnapshotId::new(snapshot).unwrap(), by }
}

fn images(images: &[(&str, &[&str])], next: &str) -> Reply {
    let device = |snapshot: &&str| format!("<item><ebs><snapshotId>{snapshot}</snapshotId></ebs></item>");
    let image = |(id, snapshots): &(&str, &[&str])| {
        let devices: String = snapshots.iter().map(device).collect();
        format!(
            "<item><imageId>{id}</imageId><blockDeviceMapping>{devices}
             <item><deviceName>/dev/sdb</deviceName><virtualName>ephemeral0</virtualName></item>
             </blockDeviceMapping></item>"
        )
    };
    let images: String = images.iter().map(image).collect();
    ec2("DescribeImages", &format!("<imagesSet>{images}</imagesSet><nextToken>{next}</nextToken>"))
}

#[tokio::test(start_paused = true)]
async fn inventory_3_uses_name_every_image() {
    let script = Script::of([
        images(&[("ami-2", &["snap-7", "snap-9999"])], "more"),
        images(&[("ami-1", &["snap-7", "snap-7"])], ""),
        images(&[("ami-1", &["snap-203"])], ""),
    ]);
    let uses = Ec2Inventory::new(&script.config().await).uses(&ids(1..205)).await.unwrap();
    assert_eq!(uses, [used("snap-203", "ami-1"), used("snap-7", "ami-1"), used("snap-7", "ami-2")]);
    let forms: Vec<_> = script.requests().iter().map(super::script::Request::form).collect();
    let value = |n: usize, value: &str| forms[n].get(&format!("Filter.1.Value.{value}")).cloned();
    assert_eq!(forms[0]["Owner.1"], "self");
    assert_eq!(forms[0]["IncludeDisabled"], "true");
    assert_eq!(forms[0]["Filter.1.Name"], "block-device-mapping.snapshot-id");
    assert_eq!((value(0, "200"), value(0, "201")), (Some("snap-200".to_owned()), None));
    assert_eq!(forms[1]["NextToken"], "more");
    assert_eq!((value(2, "1"), value(2, "4")), (Some("snap-201".to_owned()), Some("snap-204".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn uses_of_nothing_ask_for_nothing() {
    let script = Script::of([]);
    let uses = Ec2Inventory::new(&script.config().await).uses(&[]).await;
    assert_eq!((uses, script.requests().len()), (Ok(Vec::new()), 0));
}

fn resting(ids: &[&str], next: &str) -> Reply {
    let instance = |id: &&str| {
        format!(
            "<item><reservationId>r-1</reservationId><instancesSet><item><instanceId>{id}</instanceId>
             <instanceState><code>80</code><name>stopped</name></instanceState></item></instancesSet></item>"
        )
    };
    let reservations: String = ids.iter().map(instance).collect();
    let body = format!("<reservationSet>{reservations}</reservationSet><nextToken>{next}</nextToken>");
    ec2("DescribeInstances", &body)
}

#[tokio::test(start_paused = true)]
async fn inventory_4_not_running_tells_every_tagged_one() {
    let script =
        Script::of([resting(&["i-0a", "i-0b"], "more"), resting(&[], "yet-more"), resting(&["i-0c"], "")]);
    let inventory = Ec2Inventory::new(&script.config().await);
    let found = all_pages(|from| inventory.not_running("AutoSnapshot", from)).await;
    assert_eq!(found.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["i-0a", "i-0b", "i-0c"]);
    let forms: Vec<_> = script.requests().iter().map(super::script::Request::form).collect();
    assert_eq!(
        (&forms[0]["Filter.1.Name"], &forms[0]["Filter.1.Value.1"]),
        (&"tag-key".to_owned(), &"AutoSnapshot".to_owned())
    );
    assert_eq!(forms[0]["Filter.2.Name"], "instance-state-name");
    let states: Vec<_> = (1..=4).map(|n| forms[0][&format!("Filter.2.Value.{n}")].clone()).collect();
    assert_eq!(states, ["shutting-down", "stopped", "stopping", "terminated"]);
    assert_eq!((forms[0].get("NextToken"), forms[1]["NextToken"].as_str()), (None, "more"));
    assert_eq!(forms[2]["NextToken"], "yet-more");
}

#[tokio::test(start_paused = true)]
async fn an_instance_at_rest_without_an_id_is_unreadable() {
    let script = Script::of([resting(&["?"], "")]);
    let error =
        Ec2Inventory::new(&script.config().await).not_running("AutoSnapshot", None).await.unwrap_err();
    assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::Lost, "unreadable answer: `instanceId`"));
}

fn locks(items: &str, next: &str) -> Reply {
    let snapshots = format!("<snapshotSet>{items}</snapshotSet><nextToken>{next}</nextToken>");
    ec2("DescribeLockedSnapshots", &snapshots)
}

#[tokio::test(start_paused = true)]
async fn inventory_6_locks_name_every_locked_snapshot() {
    let whole = "<item><ownerId>123456789012</ownerId><snapshotId>snap-1</snapshotId><lockState>governance</lockState>
                 <lockDuration>30</lockDuration><lockExpiresOn>2026-12-23T14:00:00.000Z</lockExpiresOn></item>";
    let bare = "<item><snapshotId>snap-2</snapshotId><lockState>compliance</lockState></item>";
    let over = "<item><snapshotId>snap-3</snapshotId><lockState>expired</lockState></item>
                <item><snapshotId>snap-4</snapshotId><lockState>expired</lockState>
                <lockExpiresOn>2026-11-22T14:00:00.000Z</lockExpiresOn></item>";
    let script = Script::of([locks(whole, "more"), locks(&format!("{bare}{over}"), "")]);
    let inventory = Ec2Inventory::new(&script.config().await);
    let first = inventory.locks(None).await.unwrap();
    let until = Some("2026-12-23T14:00:00Z".parse().unwrap());
    assert_eq!(first.items, [SnapshotLock { snapshot: SnapshotId::new("snap-1").unwrap(), until }]);
    let last = inventory.locks(first.next).await.unwrap();
    let ended = Some("2026-11-22T14:00:00Z".parse().unwrap());
    let lock = |id, until| SnapshotLock { snapshot: SnapshotId::new(id).unwrap(), until };
    assert_eq!(last.items, [lock("snap-2", None), lock("snap-4", ended)]);
    assert_eq!(last.next, None);
    let asked = script.requests();
    assert_eq!(asked[1].form()["NextToken"], "more");
}

async fn presence(reply: Reply) -> (Result<Presence, PortError>, Script) {
    let script = Script::of([reply]);
    let id = VolumeId::new("vol-0a").unwrap();
    (Ec2Inventory::new(&script.config().await).presence(&id).await, script)
}

#[tokio::test(start_paused = true)]
async fn inventory_7_a_volume_is_absent_only_where_ec2_says_so() {
    let named = |id: &str| {
        let item = format!("<item><volumeId>{id}</volumeId><size>8</size><status>available</status></item>");
        ec2("DescribeVolumes", &format!("<volumeSet>{item}</volumeSet>"))
    };
    let (told, script) = presence(named("vol-0a")).await;
    assert_eq!(told, Ok(Presence::There));
    let form = script.requests()[0].form();
    assert_eq!((form["VolumeId.1"].as_str(), form.contains_key("MaxResults")), ("vol-0a", false));
    let denied = ec2_error(400, "InvalidVolume.NotFound", "The volume 'vol-0a' does not exist.");
    assert_eq!(presence(denied).await.0, Ok(Presence::NotFound));
    // A list without it, or of others, proves nothing; nor does any other error.
    for reply in [ec2("DescribeVolumes", "<volumeSet/>"), named("vol-0b")] {
        let error = presence(reply).await.0.unwrap_err();
        assert_eq!((error.kind, error.detail.as_str()), (ErrorKind::Lost, "unreadable answer: `volumeId`"));
    }
    let malformed =
        ec2_error(400, "InvalidParameterValue", "Value (vol-0a) for parameter volumeId is invalid.");
    assert_eq!(presence(malformed).await.0.unwrap_err().kind, ErrorKind::Rejected);
}
