//! Every port over the AWS SDK.
