//! The IAM actions that each adapter asks AWS for, by the method of the port that asks.
//!
//! Known without the SDK, so that the template's roles can be compared with them. Where an action goes by another name than
//! the request, the service's list of actions says so
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>).

/// What a method of a port asks AWS for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asks {
    /// The port and its method, such as `Ledger::get`.
    pub method: &'static str,
    /// The actions that it needs.
    pub actions: &'static [&'static str],
}

const fn asks(method: &'static str, actions: &'static [&'static str]) -> Asks {
    Asks { method, actions }
}

/// `Inventory`, over EC2.
pub mod inventory {
    use super::{Asks, asks};

    /// One instance.
    pub const INSTANCE: Asks = asks("Inventory::instance", &["ec2:DescribeInstances"]);
    /// Its volumes.
    pub const VOLUMES: Asks = asks("Inventory::volumes", &["ec2:DescribeVolumes"]);
    /// Whether there is a volume.
    pub const PRESENCE: Asks = asks("Inventory::presence", &["ec2:DescribeVolumes"]);
    /// What disks the hosts of a type have.
    pub const INSTANCE_STORE: Asks = asks("Inventory::instance_store", &["ec2:DescribeInstanceTypes"]);
    /// What images are made of.
    pub const USES: Asks = asks("Inventory::uses", &["ec2:DescribeImages"]);
    /// The snapshots that are locked.
    pub const LOCKS: Asks = asks("Inventory::locks", &["ec2:DescribeLockedSnapshots"]);
    /// The instances that do not run.
    pub const NOT_RUNNING: Asks = asks("Inventory::not_running", &["ec2:DescribeInstances"]);
    /// All of it.
    pub const ALL: &[Asks] = &[INSTANCE, VOLUMES, PRESENCE, INSTANCE_STORE, USES, LOCKS, NOT_RUNNING];
}

/// `Snapshots`, over EC2. Tags that are there from the first moment need `ec2:CreateTags` as well.
pub mod snapshots {
    use super::{Asks, asks};

    /// A page of our own.
    pub const PAGE: Asks = asks("Snapshots::page", &["ec2:DescribeSnapshots"]);
    /// A set.
    pub const CREATE_SET: Asks = asks("Snapshots::create_set", &["ec2:CreateSnapshots", "ec2:CreateTags"]);
    /// One of a volume.
    pub const CREATE_ONE: Asks = asks("Snapshots::create_one", &["ec2:CreateSnapshot", "ec2:CreateTags"]);
    /// Its name.
    pub const TAG: Asks = asks("Snapshots::tag", &["ec2:CreateTags"]);
    /// Its end.
    pub const DELETE: Asks = asks("Snapshots::delete", &["ec2:DeleteSnapshot"]);
    /// All of it.
    pub const ALL: &[Asks] = &[PAGE, CREATE_SET, CREATE_ONE, TAG, DELETE];
}

/// `Instances`, over EC2.
pub mod instances {
    use super::{Asks, asks};

    /// A restart.
    pub const REBOOT: Asks = asks("Instances::reboot", &["ec2:RebootInstances"]);
    /// All of it.
    pub const ALL: &[Asks] = &[REBOOT];
}

/// `ScalingGroups`, over EC2 Auto Scaling.
pub mod scaling {
    use super::{Asks, asks};

    /// A group, and whether a refresh is under way.
    pub const GROUP: Asks = asks(
        "ScalingGroups::group",
        &["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeInstanceRefreshes"],
    );
    /// Its capacity.
    pub const SET_DESIRED: Asks = asks("ScalingGroups::set_desired", &["autoscaling:SetDesiredCapacity"]);
    /// All of it.
    pub const ALL: &[Asks] = &[GROUP, SET_DESIRED];
}

/// `Metrics`, over DynamoDB: a query where there is an index by day, a scan where there is none.
pub mod metrics {
    use super::{Asks, asks};

    /// A page of records.
    pub const PAGE: Asks = asks("Metrics::page", &["dynamodb:Query", "dynamodb:Scan"]);
    /// All of it.
    pub const ALL: &[Asks] = &[PAGE];
}

/// `Archive`, over S3. A HEAD is a `s3:GetObject`, and the parts of an object are a `s3:PutObject`. Without
/// `s3:ListBucket` what is not there would look forbidden.
pub mod archive {
    use super::{Asks, asks};

    /// A new object, in one piece or in parts.
    pub const CREATE: Asks = asks("Archive::create", &["s3:AbortMultipartUpload", "s3:PutObject"]);
    /// What an object is.
    pub const HEAD: Asks = asks("Archive::head", &["s3:GetObject", "s3:ListBucket"]);
    /// A piece of an object.
    pub const READ: Asks = asks("Archive::read", &["s3:GetObject", "s3:ListBucket"]);
    /// All of it.
    pub const ALL: &[Asks] = &[CREATE, HEAD, READ];
}

/// `Notifier`, over SNS.
pub mod notifier {
    use super::{Asks, asks};

    /// A notice.
    pub const PUBLISH: Asks = asks("Notifier::publish", &["sns:Publish"]);
    /// All of it.
    pub const ALL: &[Asks] = &[PUBLISH];
}

/// `Ledger`, over DynamoDB.
pub mod ledger {
    use super::{Asks, asks};

    /// An entry.
    pub const GET: Asks = asks("Ledger::get", &["dynamodb:GetItem"]);
    /// A compare-and-swap.
    pub const SWAP: Asks = asks("Ledger::swap", &["dynamodb:UpdateItem"]);
    /// What is open: a query where there is an index, a scan where there is none.
    pub const OPEN_KEYS: Asks = asks("Ledger::open_keys", &["dynamodb:Query", "dynamodb:Scan"]);
    /// What is open and not in the index.
    pub const UNLISTED_KEYS: Asks = asks("Ledger::unlisted_keys", &["dynamodb:Scan"]);
    /// All of it.
    pub const ALL: &[Asks] = &[GET, SWAP, OPEN_KEYS, UNLISTED_KEYS];
}

/// Every adapter's.
pub const ALL: &[&[Asks]] = &[
    inventory::ALL,
    snapshots::ALL,
    instances::ALL,
    scaling::ALL,
    metrics::ALL,
    archive::ALL,
    notifier::ALL,
    ledger::ALL,
];

/// What topics and objects need besides when they are encrypted with a key of the account
/// (<https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>). Snapshots need none: EBS keeps a
/// volume's key, and asks for it itself.
pub const WITH_A_KEY: &[&str] = &["kms:Decrypt", "kms:GenerateDataKey"];
