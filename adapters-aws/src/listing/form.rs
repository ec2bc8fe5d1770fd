use std::fmt;

/// What the AWS command line prints when it is not told to print JSON
/// (<https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-output-format.html>).
///
/// # Examples
///
/// ```
/// use adapters_aws::listing::Form;
///
/// assert_eq!(Form::of(b"Snapshots:\n- Description: ''\n"), Some(Form::Yaml));
/// assert_eq!(Form::of(br#"{"Snapshots": []}"#), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `yaml` or `yaml-stream`.
    Yaml,
    /// `text`: fields with tabs between them.
    Text,
    /// `table`: fields between lines.
    Table,
}

impl Form {
    /// What a text looks like, if it is one of these.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes.get(..4096).unwrap_or(bytes));
        let mut lines = text.trim_start().lines().map(str::trim_end);
        let first = lines.next()?;
        if first.starts_with(['{', '[', '"']) {
            None
        } else if first.starts_with("----") && lines.next().is_some_and(|next| next.starts_with('|')) {
            Some(Self::Table)
        } else if first.contains('\t') {
            Some(Self::Text)
        } else if first.starts_with("- ") || first.ends_with(':') || first.contains(": ") {
            Some(Self::Yaml)
        } else {
            None
        }
    }

    /// How to get JSON instead.
    pub fn remedy(self) -> &'static str {
        "give the AWS command line `--output json`"
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yaml => "YAML",
            Self::Text => "text with tabs",
            Self::Table => "a table",
        })
    }
}
