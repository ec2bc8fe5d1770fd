//! Replayed HTTP exchanges.
