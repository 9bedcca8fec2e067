//! Signal processing without files, threads or networks.

pub mod live;
