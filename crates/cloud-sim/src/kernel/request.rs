use aws_vocabulary::ErrorKind;
use aws_vocabulary::time;
use jiff::SignedDuration;

use super::agenda::Item;
use super::call::{CallId, Op, Pending};
use super::core::{Core, Fired, Timing};
use super::trace::{Actor, Entry, Event, Phase};
use crate::cloud::{ApiError, Ended, Fact, Start};
use crate::fault::{Fault, Landing, Subject};
use crate::rule::Sometimes;

/// Where it is chosen when a request lands that went wrong so.
pub(crate) const LANDING: &str = "landing";

/// How long a caller waits for an answer that does not come.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(3);

/// How far off the clock may be that a request is signed by.
const SIGNATURE: SignedDuration = SignedDuration::from_mins(15);

/// How a request travels: it takes effect and is answered, or something goes wrong with it.
impl Core {
    /// A request reaches the service, and something may go wrong with it.
    pub(super) fn apply(&mut self, call: CallId) -> Fired {
        let Some(tracked) = self.calls.get_mut(&call) else { return Fired::default() };
        let pending = tracked.pending.clone();
        if let Some((request, attempt)) = tracked.late.take() {
            if attempt < self.cloud.lambda.attempts_of(&request) {
                self.watch.met(Sometimes::LateWriteAfterRetry);
            }
            let starts = self.take_effect(call, &pending);
            self.calls.remove(&call);
            return starts.into();
        }
        if let Some(expired) = self.expired(&pending) {
            if let Some(tracked) = self.calls.get_mut(&call) {
                tracked.answer = Some(expired.code);
            }
            pending.wire.fail(expired);
            self.answer(call);
            return Fired::default();
        }
        let request = Subject {
            op: pending.op,
            actor: pending.actor,
            at: self.now,
            only_reads: pending.footprint.only_reads(),
        };
        let chooser = &mut self.chooser;
        let pick = |site, n: u32| if n <= 1 { 0 } else { chooser.choose(site, n) };
        match self.faults.pick(&request, pick) {
            None => {
                let starts = self.take_effect(call, &pending);
                self.answer(call);
                starts.into()
            }
            Some(fault) => self.go_wrong(call, &pending, fault),
        }
    }

    /// What a service says to a request that was signed by a clock more than 15 minutes off: each of them in its own words
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>,
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
    fn expired(&self, pending: &Pending) -> Option<ApiError> {
        let Actor::Invocation(id) = pending.actor else { return None };
        let skew = self.running.get(&id)?.skew;
        let code = match pending.op.service {
            "ec2" => "RequestExpired",
            "s3" => "RequestTimeTooSkewed",
            "dynamodb" => "InvalidSignatureException",
            _ => "SignatureDoesNotMatch",
        };
        let message = "The request's time is too far from that of the service.";
        (SIGNATURE < skew.abs()).then(|| ApiError::new(ErrorKind::Denied, code, message))
    }

    fn go_wrong(&mut self, call: CallId, pending: &Pending, fault: Fault) -> Fired {
        let Op { service, name: op } = pending.op;
        let faulted = Fact::Faulted { service, op, fault };
        let ((), _) = self.with_context(pending.actor, |_, context| context.note(faulted));
        let mut fired = Fired::default();
        match fault.landing() {
            Landing::Never => {}
            Landing::Now => fired.starts = self.take_effect(call, pending),
            Landing::Later => self.land_later(call, pending.actor),
        }
        if let Some(error) = fault.error_of(service) {
            if let Some(tracked) = self.calls.get_mut(&call) {
                tracked.answer = Some(error.code);
            }
            let waits = error.kind == ErrorKind::Lost && self.timing == Timing::Natural;
            pending.wire.fail(error);
            if fault.landing() == Landing::Later {
                pending.wire.arrive();
            } else if waits {
                self.agenda.put(time::later(self.now, TIMEOUT), Item::Reply(call));
            } else {
                self.answer(call);
            }
        } else if let Actor::Invocation(id) = pending.actor {
            if fault.landing() != Landing::Later {
                self.calls.remove(&call);
            }
            let stopped = self.stop(id, &Ended::Crashed);
            fired.starts.extend(stopped.starts);
            fired.dead = stopped.dead;
        }
        fired
    }

    /// Puts a request's effect off: by default to when its caller's retries run, where it does most harm.
    fn land_later(&mut self, call: CallId, actor: Actor) {
        let delay = match self.timing {
            Timing::Instant => self.landing(),
            Timing::Natural => 1 + i64::from(self.chooser.choose("trouble/landing", 240)),
        };
        let late = match actor {
            Actor::Invocation(id) => self.cloud.lambda.request_of(id),
            Actor::Cloud | Actor::Person => None,
        };
        if let Some(tracked) = self.calls.get_mut(&call) {
            tracked.late = Some(late.unwrap_or_default());
        }
        self.agenda.put(time::later(self.now, SignedDuration::from_secs(delay)), Item::Apply(call));
    }

    /// When a late request lands, in seconds, where requests take no time.
    fn landing(&mut self) -> i64 {
        const RETRIES: [u32; 2] = [60, 180];
        let named = self.faults.plan.landings.as_slice();
        let landings = if named.is_empty() { RETRIES.as_slice() } else { named };
        let n = u32::try_from(landings.len()).unwrap_or(1);
        let nth = if n < 2 { 0 } else { self.chooser.choose(LANDING, n) };
        landings.get(index(nth)).copied().map_or(0, i64::from)
    }

    fn take_effect(&mut self, call: CallId, pending: &Pending) -> Vec<Start> {
        self.unchanged = false;
        let (code, starts) =
            self.with_context(pending.actor, |cloud, context| pending.wire.apply(cloud, context));
        let unchanged = self.unchanged || code.is_some();
        let touched = if unchanged { pending.footprint.without_effect() } else { pending.footprint };
        if let Some(tracked) = self.calls.get(&call) {
            self.chooser.took_effect(tracked.identity.1, touched);
        }
        self.trace_call(call, pending, Phase::Applied, code);
        if let Some(tracked) = self.calls.get_mut(&call) {
            tracked.answer = code;
        }
        self.note_throttle(pending, code);
        starts
    }

    /// Remembers what an attempt was throttled at, to see it go through.
    fn note_throttle(&mut self, pending: &Pending, code: Option<&'static str>) {
        let Actor::Invocation(id) = pending.actor else { return };
        let Some(running) = self.running.get_mut(&id) else { return };
        match code {
            Some("RequestLimitExceeded" | "SlowDown") => running.throttled = Some(pending.op),
            None if running.throttled == Some(pending.op) => self.watch.met(Sometimes::ThrottledThenFine),
            Some(_) | None => {}
        }
    }

    /// Sends the answer on its way.
    fn answer(&mut self, call: CallId) {
        let slow = SignedDuration::from_secs(self.faults.plan.slow.into());
        if self.timing == Timing::Instant && slow.is_zero() {
            return self.reply(call);
        }
        let at = time::later(self.now, self.latency("latency/reply") + slow);
        self.agenda.put(at, Item::Reply(call));
    }

    pub(super) fn reply(&mut self, call: CallId) {
        if let Some(tracked) = self.calls.remove(&call) {
            self.trace_call(call, &tracked.pending, Phase::Replied, tracked.answer);
            tracked.pending.wire.arrive();
        }
    }

    /// How long a request or an answer takes: between 5 and 45 ms.
    pub(super) fn latency(&mut self, site: &'static str) -> SignedDuration {
        match self.timing {
            Timing::Instant => SignedDuration::ZERO,
            Timing::Natural => SignedDuration::from_millis(5 + i64::from(self.chooser.choose(site, 41))),
        }
    }

    pub(super) fn identify(&mut self, actor: Actor) -> (u64, u64) {
        match actor {
            Actor::Invocation(id) => match self.running.get_mut(&id) {
                Some(running) => {
                    running.sent += 1;
                    (running.identity, running.identity.wrapping_add(running.sent))
                }
                None => (0, self.sent),
            },
            Actor::Cloud | Actor::Person => (0, self.sent),
        }
    }

    pub(super) fn trace_call(
        &mut self,
        call: CallId,
        pending: &Pending,
        phase: Phase,
        error: Option<&'static str>,
    ) {
        let Op { service, name: op } = pending.op;
        let event = Event::Call { call, service, op, phase, error };
        self.trace.add(&Entry { at: self.now, actor: pending.actor, event });
    }
}

fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(0)
}
