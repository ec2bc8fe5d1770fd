//! The executor: virtual time, tasks, port calls, choices and the trace.

mod agenda;
mod call;
mod caller;
mod chooser;
mod context;
mod core;
mod footprint;
mod function;
mod invoke;
mod request;
mod sim;
mod sleep;
mod task;
mod trace;

pub use self::core::Timing;
pub use agenda::Item;
pub use call::{Call, CallId, Op};
pub use caller::Caller;
pub use chooser::{Candidate, Chooser, Deviation, Deviations, Pct, Recorder, Seeded, Tape, is_trouble};
pub use context::Context;
pub use footprint::Footprint;
pub use function::{FunctionError, Handler, Invocation, InvocationId};
pub(crate) use request::LANDING;
pub use sim::Sim;
pub use trace::{Actor, Entry, Event, Phase, Trace};
