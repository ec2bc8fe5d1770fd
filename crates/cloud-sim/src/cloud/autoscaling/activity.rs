use jiff::Timestamp;

/// How far a scaling activity has come, as Auto Scaling writes it
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Activity.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivityStatus {
    /// Instances are on their way in.
    PreInService,
    /// Instances are on their way out.
    InProgress,
    /// It is done.
    Successful,
    /// It failed.
    Failed,
    /// Another wish came before it was done.
    Cancelled,
}

impl ActivityStatus {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreInService => "PreInService",
            Self::InProgress => "InProgress",
            Self::Successful => "Successful",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        match self {
            Self::Successful | Self::Failed | Self::Cancelled => true,
            Self::PreInService | Self::InProgress => false,
        }
    }
}

/// A scaling activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Its id.
    pub id: String,
    /// How far it has come.
    pub status: ActivityStatus,
    /// What it is about, for people.
    pub description: String,
    /// What went wrong, for people.
    pub message: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// How many activities of a group are remembered.
const REMEMBERED: usize = 100;

/// The latest activities of a group, the newest last.
#[derive(Clone, Debug, Default)]
pub struct Activities(Vec<Activity>);

impl Activities {
    /// All that are remembered.
    pub fn all(&self) -> &[Activity] {
        &self.0
    }

    /// The one under way, if one is.
    pub fn under_way(&self) -> Option<&Activity> {
        self.0.last().filter(|activity| !activity.status.is_over())
    }

    /// Begins one; what is under way is cancelled.
    pub(super) fn begin(&mut self, status: ActivityStatus, description: String, now: Timestamp) {
        self.end(ActivityStatus::Cancelled, None, now);
        if REMEMBERED <= self.0.len() {
            self.0.remove(0);
        }
        let nth =
            self.0.last().and_then(|last| last.id.rsplit('-').next()?.parse::<u64>().ok()).unwrap_or(0) + 1;
        self.0.push(Activity {
            id: format!("f9f2d65b-f1f2-43e7-b46d-{nth:012}"),
            status,
            description,
            message: None,
            started_at: now,
            ended_at: None,
        });
    }

    /// Ends the one under way.
    pub(super) fn end(&mut self, status: ActivityStatus, message: Option<&str>, now: Timestamp) {
        if let Some(last) = self.0.last_mut().filter(|activity| !activity.status.is_over()) {
            last.status = status;
            last.message = message.map(str::to_owned);
            last.ended_at = Some(now);
        }
    }
}
