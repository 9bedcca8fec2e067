//! Tags of small files that are made here, byte by byte.
