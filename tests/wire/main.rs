//! The same scenario and the same tape, through the simulator's ports and through the adapters of AWS over its wire face: what can be seen
//! of the two runs is the same.
//!
//! The tape is that of a seed: every site of a choice has a stream of its own, so that a request more on one way shifts nothing on
//! the other. Requests take no time, so that it does not matter either how many of them a port makes.
//!
//! Compared is all that the domain does and anybody can see: every fact of the trace, with its instant, its actor and all that it
//! says (snapshots and their tags, capacities, notices, objects, invocations and how they ended), the ledger's items, the objects' bytes, and what people and
//! queues received. Left out are the requests themselves: the adapter asks for a group's refreshes with a request of its own, and for
//! an object with two.
//!
//! Where a request goes wrong, the SDK waits longer before it tries again than the ports do, and so another delivery may meet a function that is still at
//! it. There the effects are compared, in their order and as they are told: all that is done to the cloud or told to people, without
//! instants, and without the attempts that it took.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code fails by panicking"
)]

mod function;
mod same;
