use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A role that somebody assumed, by its ARN.
    Role(String),
    /// A service of AWS, such as `events.amazonaws.com`.
    Service(String),
}

impl Principal {
    /// What is known of all its requests.
    pub(crate) fn keys(&self) -> Keys {
        let keys = Keys::default().with("aws:SecureTransport", "true");
        match self {
            Self::Role(arn) => keys
                .with("aws:PrincipalArn", arn.clone())
                .with("aws:PrincipalAccount", self.account().unwrap_or_default())
                .with("aws:PrincipalIsAWSService", "false"),
            Self::Service(name) => {
                keys.with("aws:PrincipalServiceName", name.clone()).with("aws:PrincipalIsAWSService", "true")
            }
        }
    }

    /// The account that it is of; services are of none.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Self::Role(arn) => arn.split(':').nth(4),
            Self::Service(_) => None,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(name) | Self::Service(name) => f.write_str(name),
        }
    }
}

/// The keys of a request's context and their values. Names of keys are compared without regard to case
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(BTreeMap<String, Vec<String>>);

/// What is known of every request of a role, beside what is known of the request itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// What the request brings along.
    pub(crate) own: &'a Keys,
    /// What all have.
    pub(crate) common: &'a Keys,
}

impl<'a> Context<'a> {
    /// The values of a key; `key` is in small letters.
    pub(crate) fn get(self, key: &str) -> Option<&'a [String]> {
        self.own.get(key).or_else(|| self.common.get(key))
    }

    /// The value of a key that has one; `key` is in small letters.
    pub(crate) fn single(self, key: &str) -> Option<&'a str> {
        match self.get(key)? {
            [value] => Some(value),
            _ => None,
        }
    }
}

impl Keys {
    /// The same keys and one more, with its only value.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<String>) -> Self {
        self.with_all(key, [value.into()])
    }

    /// The same keys and one more, with all its values.
    #[must_use]
    pub fn with_all(mut self, key: &str, values: impl IntoIterator<Item = String>) -> Self {
        self.0.insert(key.to_lowercase(), values.into_iter().collect());
        self
    }

    fn get(&self, key: &str) -> Option<&[String]> {
        self.0.get(key).map(Vec::as_slice)
    }
}

/// One thing that is to be done with one resource. A call to a service may be several of them, and each has to be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The action, as `service:Action`.
    pub action: Cow<'static, str>,
    /// The resource's ARN, or `*` for actions that are on none.
    pub resource: String,
    /// What else there is to know about it.
    pub keys: Keys,
}

impl Request {
    /// A request about which nothing else is known.
    pub fn new(action: impl Into<Cow<'static, str>>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), keys: Keys::default() }
    }

    /// The same request with these keys.
    #[must_use]
    pub fn knowing(self, keys: Keys) -> Self {
        Self { keys, ..self }
    }
}
