//! Containers that Symphonia does not read itself.

pub(crate) mod au;
