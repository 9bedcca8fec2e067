//! Damaged tags of all kinds.
