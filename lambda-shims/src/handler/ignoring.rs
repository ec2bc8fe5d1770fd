use domain::policy::mode::Mode;
use domain::workflow::ignored;
use ports::trigger::{Ignored, IgnoredReason};
use ports::{Clock, Ledger};

/// Whether a function was sent something that is not for it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Astray(bool);

impl Astray {
    /// A part that asks for nothing.
    pub(super) fn see(&mut self, ignored: &Ignored) {
        self.0 |= ignored.reason == IgnoredReason::NotForThisFunction;
    }

    /// Counts the event for the next report. Where that fails, the log and the metric have it all the same.
    pub(super) async fn count(
        self,
        ports: (&dyn Ledger, &dyn Clock),
        (mode, function): (Mode, &str),
        payload: &[u8],
    ) {
        if !self.0 || mode == Mode::Observe {
            return;
        }
        let source = adapters_aws::inbound::source(payload);
        if let Err(error) = ignored::count(ports, function, &source).await {
            tracing::warn!(error = %error, source = %source, "ignored event not counted");
        }
    }
}
