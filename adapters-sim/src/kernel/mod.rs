//! The executor: virtual time, tasks, port calls, choices and the trace.

mod agenda;
mod call;
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

pub(crate) use self::core::Handle;
pub use self::core::Timing;
pub use agenda::Item;
pub(crate) use call::Call;
pub use call::{CallId, Op};
pub use chooser::{Candidate, Chooser, Deviation, Deviations, Pct, Recorder, Seeded, Tape, is_trouble};
pub use context::Context;
pub use footprint::Footprint;
pub use function::{FunctionError, Handler, Invocation, InvocationId};
pub(crate) use request::LANDING;
pub use sim::Sim;
pub use trace::{Actor, Entry, Event, Phase, Trace};
