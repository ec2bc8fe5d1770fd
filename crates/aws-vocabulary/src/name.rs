//! Names of things. Each has one checked constructor; inside, it is trusted. A clone shares the text.

/// A name that is not of its kind's form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{value}`: expected {expected}")]
pub struct IdError {
    /// The kind of name asked for.
    pub what: &'static str,
    /// The text found, cut to 80 characters.
    pub value: String,
    /// The form that would have been right.
    pub expected: &'static str,
}

/// Makes a type of names that have a form: its documentation, its name, what an error calls it, the form in words, and
/// whether a text has it.
#[macro_export]
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize,
        )]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(::std::sync::Arc<str>);

        impl $name {
            /// Checks and takes a name.
            ///
            /// # Errors
            ///
            /// When the text does not have the form that this kind of name has.
            pub fn new(text: impl Into<String>) -> Result<Self, $crate::IdError> {
                text.into().parse()
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::IdError;
            fn try_from(text: String) -> Result<Self, $crate::IdError> {
                text.parse()
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::IdError;
            fn from_str(text: &str) -> Result<Self, $crate::IdError> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.into()))
                } else {
                    Err($crate::IdError { what: $what, value: text.chars().take(80).collect(), expected: $expected })
                }
            }
        }
    };
}

fn prefixed(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        (1..=32).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

/// Printable text of a length between 1 and `longest` bytes.
pub fn is_printable(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn region(text: &str) -> bool {
    let bytes = text.as_bytes();
    is_printable(text, 32)
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.last().is_some_and(u8::is_ascii_digit)
        && text.matches('-').count() >= 2
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

fn arn(text: &str) -> bool {
    is_printable(text, 2048)
        && text.starts_with("arn:")
        && text.splitn(6, ':').nth(5).is_some_and(|r| !r.is_empty())
}

id!(
    /// The id of an EC2 instance.
    ///
    /// # Examples
    ///
    /// ```
    /// use aws_vocabulary::InstanceId;
    ///
    /// assert_eq!(InstanceId::new("i-0abc123def456")?.as_str(), "i-0abc123def456");
    /// let error = InstanceId::new("vol-1").unwrap_err();
    /// assert_eq!(error.to_string(), "instance id `vol-1`: expected `i-` and up to 32 lower-case letters or digits");
    /// # Ok::<(), aws_vocabulary::IdError>(())
    /// ```
    InstanceId, "instance id", "`i-` and up to 32 lower-case letters or digits", |text| prefixed(text, "i-")
);
id!(
    /// The id of an EBS volume.
    VolumeId, "volume id", "`vol-` and up to 32 lower-case letters or digits", |text| prefixed(text, "vol-")
);
id!(
    /// The id of an EBS snapshot.
    SnapshotId, "snapshot id", "`snap-` and up to 32 lower-case letters or digits", |text| prefixed(text, "snap-")
);
id!(
    /// The id of a machine image.
    ImageId, "image id", "`ami-` and up to 32 lower-case letters or digits", |text| prefixed(text, "ami-")
);
id!(
    /// The id of an AWS account.
    AccountId, "account id", "12 digits", |text| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
);
id!(
    /// The code of an AWS region, such as `eu-west-1`.
    Region, "region", "a region code such as `eu-west-1`", region
);
id!(
    /// The name of an Auto Scaling group.
    GroupName, "group name", "1 to 255 printable characters", |text| is_printable(text, 255)
);
id!(
    /// The name of a CloudWatch alarm, at most 255 characters
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>).
    AlarmName, "alarm name", "1 to 255 printable characters", |text| is_printable(text, 1020)
        && text.chars().count() <= 255
);
id!(
    /// An Amazon Resource Name.
    ///
    /// # Examples
    ///
    /// ```
    /// use aws_vocabulary::Arn;
    ///
    /// let arn = Arn::new("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:web:high-cpu")?;
    /// assert_eq!((arn.service(), arn.region(), arn.account()), ("cloudwatch", "eu-west-1", "123456789012"));
    /// assert_eq!(arn.resource(), "alarm:web:high-cpu");
    /// assert!(Arn::new("web:high-cpu").is_err());
    /// # Ok::<(), aws_vocabulary::IdError>(())
    /// ```
    Arn, "ARN", "`arn:partition:service:region:account:resource`", arn
);
id!(
    /// The key of an object in a bucket, at most 1,024 bytes
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>).
    ObjectKey, "object key", "1 to 1,024 bytes of printable text", |text| is_printable(text, 1024)
);
id!(
    /// The id that a runtime gives one invocation.
    RequestId, "request id", "1 to 128 printable characters", |text| is_printable(text, 128)
);
id!(
    /// The id that a topic gives a published message.
    MessageId, "message id", "1 to 128 printable characters", |text| is_printable(text, 128)
);

impl Arn {
    fn part(&self, n: usize) -> &str {
        self.0.splitn(6, ':').nth(n).unwrap_or_default()
    }

    /// The service part, such as `sns`.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The region part; empty for a global resource.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account part; empty where the service leaves it out.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// Everything behind the account.
    pub fn resource(&self) -> &str {
        self.part(5)
    }
}
