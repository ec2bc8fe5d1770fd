//! What AWS answers.

use std::collections::BTreeMap;

use crate::Error;
use crate::http::Request;

/// The most snapshots on a page.
const PAGE: usize = 1_000;
/// How many old snapshots each volume has, beside a young one.
const PER_VOLUME: usize = 20;
/// DynamoDB's pages hold a megabyte.
const MEGABYTE: usize = 1024 * 1024;

/// An answer.
pub(crate) struct StubAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl StubAnswer {
    fn with(kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type", kind.to_owned()), ("x-amzn-RequestId", "stub".to_owned())];
        Self { status: 200, headers, body: body.into() }
    }

    fn xml(body: impl Into<Vec<u8>>) -> Self {
        Self::with("text/xml;charset=UTF-8", body)
    }

    fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::with("application/x-amz-json-1.0", body)
    }
}

/// Everything there is, written down.
pub(crate) struct Cloud {
    /// The day whose records are not archived yet.
    day: String,
    snapshots: Vec<String>,
    records: Vec<Vec<u8>>,
}

impl Cloud {
    pub(crate) fn new(arguments: &BTreeMap<&str, &str>) -> Result<Self, Error> {
        let number = |name| arguments.get(name).map_or(Ok(0), |text| text.parse::<usize>());
        let day = (*arguments.get("--day").unwrap_or(&"2026-11-23")).to_owned();
        let young = arguments.get("--young").unwrap_or(&"2026-11-24T00:00:00Z");
        let snapshots = pages_of_snapshots(number("--snapshots")?, young);
        let records = pages_of_records(number("--records")?, &day);
        Ok(Self { day, snapshots, records })
    }

    pub(crate) fn answer(&self, operation: &str, request: &Request) -> StubAnswer {
        match operation {
            "DescribeSnapshots" => StubAnswer::xml(self.snapshots(request.text())),
            "DescribeInstances" => StubAnswer::xml(instances(request.text())),
            "DescribeVolumes" => StubAnswer::xml(described("DescribeVolumes", "volumeSet", &volumes())),
            "DescribeImages" => StubAnswer::xml(described("DescribeImages", "imagesSet", "")),
            "DescribeLockedSnapshots" => StubAnswer::xml(described(operation, "snapshotSet", "")),
            "CreateSnapshots" => StubAnswer::xml(described("CreateSnapshots", "snapshotSet", &created())),
            "CreateSnapshot" => StubAnswer::xml(one_created()),
            "DeleteSnapshot" | "CreateTags" => StubAnswer::xml(done(operation)),
            "DescribeAutoScalingGroups" => StubAnswer::xml(result(operation, GROUP)),
            "DescribeInstanceRefreshes" => StubAnswer::xml(result(operation, "<InstanceRefreshes/>")),
            "SetDesiredCapacity" => StubAnswer::xml(result(operation, "")),
            "Publish" => StubAnswer::xml(result(
                operation,
                "<MessageId>95df01b4-ee98-5cb9-9903-4c221d41eb5e</MessageId>",
            )),
            "GetItem" | "UpdateItem" => StubAnswer::json("{}"),
            "Scan" | "Query" => StubAnswer::json(self.records(request.text())),
            "GetObject" => self.object(&request.path),
            "CreateMultipartUpload" => StubAnswer::xml(
                "<InitiateMultipartUploadResult><UploadId>stub</UploadId></InitiateMultipartUploadResult>",
            ),
            "CompleteMultipartUpload" => StubAnswer::xml(
                "<CompleteMultipartUploadResult><ETag>\"stub\"</ETag></CompleteMultipartUploadResult>",
            ),
            "PutObject" | "UploadPart" => {
                let mut answer = StubAnswer::xml("");
                answer.headers.push(("ETag", "\"stub\"".to_owned()));
                answer
            }
            _ => StubAnswer { status: 400, ..StubAnswer::xml("<Error><Code>InvalidAction</Code></Error>") },
        }
    }

    fn snapshots(&self, form: &str) -> String {
        let at = form.split('&').find_map(|pair| pair.strip_prefix("NextToken=")).unwrap_or("0");
        let at: usize = at.parse().unwrap_or_default();
        let next = at.saturating_add(1);
        let token = if next < self.snapshots.len() {
            format!("<nextToken>{next}</nextToken>")
        } else {
            String::new()
        };
        let page = self.snapshots.get(at).map_or("", String::as_str);
        format!("{}{token}</DescribeSnapshotsResponse>", &opened("DescribeSnapshots", "snapshotSet", page))
    }

    /// The ledger is empty; whatever else is scanned holds the records.
    fn records(&self, body: &str) -> Vec<u8> {
        // One client writes blanks after colons, the other does not.
        let key = body.split("\"page\"").nth(1).and_then(|rest| rest.split('}').next()).unwrap_or_default();
        let at: String = key.chars().filter(char::is_ascii_digit).collect();
        let page = self.records.get(at.parse().unwrap_or(0_usize));
        match page {
            Some(page) if !body.contains("ledger") => page.clone(),
            _ => b"{\"Count\":0,\"Items\":[],\"ScannedCount\":0}".to_vec(),
        }
    }

    /// Every day but one is archived already.
    fn object(&self, path: &str) -> StubAnswer {
        let day =
            path.split("metrics-archive/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        if day == self.day || day.is_empty() {
            return StubAnswer {
                status: 404,
                ..StubAnswer::xml("<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
            };
        }
        let manifest = format!(
            "{{\"format\":1,\"day\":\"{day}\",\"table\":\"t\",\"records\":0,\"bytes\":0,\"sha256\":\"\"}}"
        );
        StubAnswer { status: 206, ..StubAnswer::with("application/json", manifest) }
    }
}

fn opened(operation: &str, list: &str, items: &str) -> String {
    format!(
        "<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>stub</requestId>\
         <{list}>{items}</{list}>"
    )
}

fn described(operation: &str, list: &str, items: &str) -> String {
    format!("{}</{operation}Response>", opened(operation, list, items))
}

fn done(operation: &str) -> String {
    format!(
        "<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>stub</requestId>\
         <return>true</return></{operation}Response>"
    )
}

fn result(operation: &str, inner: &str) -> String {
    format!(
        "<{operation}Response><{operation}Result>{inner}</{operation}Result><ResponseMetadata>\
         <RequestId>stub</RequestId></ResponseMetadata></{operation}Response>"
    )
}

const GROUP: &str = "<AutoScalingGroups><member><AutoScalingGroupName>web</AutoScalingGroupName><MinSize>1</MinSize>\
    <MaxSize>10</MaxSize><DesiredCapacity>2</DesiredCapacity><DefaultCooldown>300</DefaultCooldown><Instances>\
    <member><InstanceId>i-abcd1111</InstanceId><LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus>\
    </member>\
    <member><InstanceId>i-abcd1112</InstanceId><LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus>\
    </member></Instances>\
    <SuspendedProcesses/><Tags><member><Key>AutoRemediate</Key><Value>true</Value><ResourceId>web</ResourceId>\
    <ResourceType>auto-scaling-group</ResourceType><PropagateAtLaunch>false</PropagateAtLaunch></member></Tags>\
    </member></AutoScalingGroups>";

fn tag(key: &str, value: &str) -> String {
    format!("<item><key>{key}</key><value>{value}</value></item>")
}

fn volumes() -> String {
    let volume = |id: &str, device: &str| {
        format!(
            "<item><volumeId>{id}</volumeId><size>8</size><status>in-use</status><attachmentSet><item>\
             <volumeId>{id}</volumeId><instanceId>i-abcd1111</instanceId><device>{device}</device>\
             <status>attached</status></item></attachmentSet></item>"
        )
    };
    volume("vol-0a", "/dev/xvda") + &volume("vol-0b", "/dev/sdf")
}

/// One instance, opted in; when tags are asked for, none, because none was lost.
fn instances(form: &str) -> String {
    let item = if form.contains("tag-key") {
        String::new()
    } else {
        format!(
            "<item><instancesSet><item><instanceId>i-abcd1111</instanceId><instanceState><code>80</code>\
             <name>stopped</name></instanceState><reason>User initiated (2026-11-23 14:27:11 UTC)</reason>\
             <stateReason><code>Client.UserInitiatedShutdown</code><message>x</message></stateReason>\
             <rootDeviceName>/dev/xvda</rootDeviceName><rootDeviceType>ebs</rootDeviceType><blockDeviceMapping>\
             <item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-0a</volumeId></ebs></item>\
             <item><deviceName>/dev/sdf</deviceName><ebs><volumeId>vol-0b</volumeId></ebs></item>\
             </blockDeviceMapping><tagSet>{}{}</tagSet></item></instancesSet></item>",
            tag("AutoSnapshot", "true"),
            tag("Name", "web-1"),
        )
    };
    described("DescribeInstances", "reservationSet", &item)
}

fn created() -> String {
    let item = |id: &str, volume: &str| {
        format!(
            "<item><snapshotId>{id}</snapshotId><volumeId>{volume}</volumeId><state>pending</state>\
             <ownerId>123456789012</ownerId><volumeSize>8</volumeSize></item>"
        )
    };
    item("snap-0a", "vol-0a") + &item("snap-0b", "vol-0b")
}

fn one_created() -> String {
    "<CreateSnapshotResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><snapshotId>snap-0a</snapshotId>\
     <volumeId>vol-0a</volumeId><status>pending</status></CreateSnapshotResponse>"
        .to_owned()
}

/// So many old snapshots, and a young one of each volume, which is what lets the others go.
fn pages_of_snapshots(old: usize, young: &str) -> Vec<String> {
    let snapshot = |id: String, volume: usize, start: &str| {
        format!(
            "<item><snapshotId>snap-{id}</snapshotId><volumeId>vol-{volume:017x}</volumeId><status>completed</status>\
             <startTime>{start}</startTime><progress>100%</progress><ownerId>123456789012</ownerId>\
             <volumeSize>8</volumeSize><description>Auto-snapshot of web</description><encrypted>false</encrypted>\
             <storageTier>standard</storageTier><tagSet>{}{}{}{}{}{}</tagSet></item>",
            tag("AutoCreated", "true"),
            tag("CreatedBy", "caretaker"),
            tag("caretaker:owner", "default"),
            tag("caretaker:scheme", "2"),
            tag("InstanceId", "i-abcd1111"),
            tag("CreatedAt", start),
        )
    };
    let volumes = old.div_ceil(PER_VOLUME);
    let olds = (0..old).map(|n| snapshot(format!("{n:017x}"), n / PER_VOLUME, "2020-01-01T00:00:00.000Z"));
    let youngs = (0..volumes).map(|n| snapshot(format!("f{n:016x}"), n, young));
    let all: Vec<String> = olds.chain(youngs).collect();
    all.chunks(PAGE).map(<[String]>::concat).collect()
}

/// So many records of the day, in pages as DynamoDB cuts them.
fn pages_of_records(records: usize, day: &str) -> Vec<Vec<u8>> {
    let record = |n: usize| {
        format!(
            "{{\"id\":{{\"S\":\"metric-{n:08}\"}},\"timestamp\":{{\"S\":\"{day}T{:02}:{:02}:{:02}Z\"}},\
             \"host\":{{\"S\":\"ip-10-0-{}-{}\"}},\"cpu\":{{\"N\":\"{}.{:04}\"}},\"requests\":{{\"N\":\"{n}\"}},\
             \"tags\":{{\"SS\":[\"prod\",\"web\"]}},\"healthy\":{{\"BOOL\":true}}}}",
            n / 3600 % 24,
            n / 60 % 60,
            n % 60,
            n / 250 % 250,
            n % 250,
            n % 100,
            n % 10_000,
        )
    };
    let mut pages: Vec<Vec<String>> = Vec::new();
    let mut size = MEGABYTE;
    for n in 0..records {
        let record = record(n);
        if MEGABYTE <= size {
            pages.push(Vec::new());
            size = 0;
        }
        size = size.saturating_add(record.len());
        if let Some(page) = pages.last_mut() {
            page.push(record);
        }
    }
    let count = pages.len();
    pages.iter().enumerate().map(|(n, page)| page_of_records(n.saturating_add(1), count, page)).collect()
}

fn page_of_records(next: usize, of: usize, page: &[String]) -> Vec<u8> {
    let last = if next < of {
        format!(",\"LastEvaluatedKey\":{{\"page\":{{\"N\":\"{next}\"}}}}")
    } else {
        String::new()
    };
    let count = page.len();
    format!("{{\"Count\":{count},\"Items\":[{}],\"ScannedCount\":{count}{last}}}", page.join(","))
        .into_bytes()
}
