//! Worlds and wiring for tests.
