use domain::policy::mode::Mode;
use domain::workflow::announce::AnnouncePorts;
use domain::workflow::poison;
use ports::trigger::{Ignored, IgnoredReason};

use super::{Context, Failure};
use crate::emf::Metrics;

/// What a function cannot handle of an event, whatever is tried.
#[derive(Debug, Default)]
pub(super) struct Hopeless(Vec<String>);

impl Hopeless {
    /// A part that asks for nothing: hopeless when it is no event at all, or a garbled one; what is merely not for this
    /// function is not.
    pub(super) fn see(&mut self, ignored: &Ignored) {
        match ignored.reason {
            IgnoredReason::NotAnEvent | IgnoredReason::BadField => self.0.push(ignored.to_string()),
            IgnoredReason::NotForThisFunction | IgnoredReason::TestMessage | IgnoredReason::NothingToDo => {}
        }
    }

    /// A part whose handling failed in a way that will not pass.
    pub(super) fn add(&mut self, why: String) {
        self.0.push(why);
    }

    /// Sets the event aside, so that it need not be delivered again.
    pub(super) async fn set_aside(
        self,
        ports: AnnouncePorts<'_>,
        (mode, context): (Mode, &Context),
        payload: &[u8],
        metrics: &mut Metrics,
    ) -> Result<(), Failure> {
        if self.0.is_empty() || mode == Mode::Observe {
            return Ok(());
        }
        metrics.add("SetAside", 1);
        let reasons = self.0.join("; ");
        tracing::error!(reasons = %reasons, "event set aside");
        let failed = |why: String| Failure {
            error_type: "NotSetAside",
            message: format!("cannot be handled ({reasons}), and could not be set aside: {why}"),
            metrics: metrics.clone(),
        };
        let done = poison::set_aside(ports, &context.run(mode), payload, self.0).await;
        match done {
            Ok(done) => done.announced.failure().map_or(Ok(()), |why| Err(failed(why.to_owned()))),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}
