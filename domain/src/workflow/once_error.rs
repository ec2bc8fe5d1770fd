//! Why an effect was not carried out.

use jiff::Timestamp;
use ports::{IdError, LedgerKey, PortError, Retry};

/// Why an effect was not carried out in this run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OnceError {
    /// A port failed. What is known of the effect is in the ledger.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Another run is at it.
    #[error("`{key}`: another run is at it until {until} at the latest")]
    Busy {
        /// The key.
        key: LedgerKey,
        /// The end of the other run's lease.
        until: Timestamp,
    },
    /// An earlier run may have done it, and it is too early to tell.
    #[error("`{key}`: an earlier request may still take effect until {settled_at}")]
    Unsettled {
        /// The key.
        key: LedgerKey,
        /// From when on it can be told.
        settled_at: Timestamp,
    },
    /// Too little time is left to begin.
    #[error("`{key}`: too little time is left before the deadline")]
    OutOfTime {
        /// The key.
        key: LedgerKey,
    },
    /// It is the work of a night that has not begun.
    #[error("that night is still to come: it is {now} by this function's clock, and nothing was done")]
    ToCome {
        /// The time by the function's clock.
        now: Timestamp,
    },
    /// The key stands for something else.
    #[error("`{key}`: the key stands for `{recorded}` already, not for `{asked}`")]
    Reused {
        /// The key.
        key: LedgerKey,
        /// What it stands for.
        recorded: String,
        /// What was asked for.
        asked: String,
    },
    /// Another effect was first to take the key. Looked for again, this one finds a key of its own.
    #[error("`{key}`: something else was begun under that key at the same time")]
    Taken {
        /// The key.
        key: LedgerKey,
    },
    /// The entry cannot be read by this version.
    #[error("`{key}`: the entry is not of a form this version knows: {why}")]
    Unreadable {
        /// The key.
        key: LedgerKey,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody knows whether it was done, and nothing more is done until a person removes the entry.
    #[error(
        "`{key}`: halted, because {because}; nothing more is done about it until that entry is removed from the ledger"
    )]
    Halted {
        /// The key.
        key: LedgerKey,
        /// Why.
        because: String,
    },
    /// The lease ran out and another run took over.
    #[error("`{key}`: another run took over before the outcome was recorded")]
    Superseded {
        /// The key.
        key: LedgerKey,
    },
}

impl From<IdError> for OnceError {
    fn from(error: IdError) -> Self {
        Self::Port(error.into())
    }
}

impl OnceError {
    /// An entry of the first format does not say what was to be done.
    pub(super) fn without_intent(key: &LedgerKey) -> Self {
        Self::Unreadable { key: key.clone(), why: "it does not say what was to be done".to_owned() }
    }

    /// Tells whether another delivery of the same event can succeed.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Port(error) => error.retry(),
            Self::Busy { .. }
            | Self::Unsettled { .. }
            | Self::OutOfTime { .. }
            | Self::ToCome { .. }
            | Self::Taken { .. }
            | Self::Superseded { .. } => Retry::Later,
            Self::Reused { .. } | Self::Unreadable { .. } | Self::Halted { .. } => Retry::Never,
        }
    }

    /// Whether another run owns the effect at present.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Superseded { .. })
    }
}
