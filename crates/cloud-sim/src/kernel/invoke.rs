use aws_vocabulary::time;
use jiff::SignedDuration;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::agenda::Item;
use super::core::{Core, Handle, Running};
use super::function::{FunctionError, Invocation, InvocationId};
use super::trace::Actor;
use crate::cloud::{Ended, Start};

impl Handle {
    pub(super) fn start(&self, starts: Vec<Start>) {
        for start in starts {
            self.invoke(start);
        }
    }

    /// Begins an attempt to run a function.
    fn invoke(&self, start: Start) {
        let mut core = self.lock();
        core.started += 1;
        let id = InvocationId(core.started);
        let deadline = time::later(core.now, start.timeout);
        let handler = core.handlers.get(&start.function).cloned();
        let identity = xxh3_64_with_seed(start.request.as_bytes(), u64::from(start.attempt));
        let skew = core.skew();
        core.with_context(Actor::Invocation(id), |cloud, context| cloud.lambda.begun(id, &start, context));
        core.agenda.put(deadline, Item::Kill(id));
        drop(core);
        let invocation = Invocation {
            id,
            request: start.told,
            function: start.function,
            arn: start.arn,
            attempt: start.attempt,
            payload: start.payload,
            deadline,
            handle: self.clone(),
        };
        let handle = self.clone();
        let task = self.spawn(move |_| {
            Box::pin(async move {
                let answer = match handler {
                    Some(handler) => handler(invocation).await,
                    None => Err(missing(&invocation.function)),
                };
                handle.end(id, &Ended::Answered(answer));
            })
        });
        self.lock().running.insert(id, Running { task, identity, sent: 0, skew, throttled: None });
    }
}

impl Core {
    /// How far the clock of a new attempt is off.
    fn skew(&mut self) -> SignedDuration {
        let most = self.faults.plan.skew_ms;
        if most == 0 {
            return SignedDuration::ZERO;
        }
        let choice = i64::from(self.chooser.choose("trouble/skew", 2 * most + 1));
        // 0 is no skew at all; then ever further, to either side.
        let half = (choice + 1) / 2;
        SignedDuration::from_millis(if choice % 2 == 0 { half } else { -half })
    }
}

fn missing(function: &str) -> FunctionError {
    FunctionError {
        error_type: "Runtime.NoHandler".to_owned(),
        message: format!("no handler is installed for `{function}`"),
    }
}
