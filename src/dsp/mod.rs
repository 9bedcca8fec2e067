//! Signal processing without files, threads or networks.

pub mod live;
pub mod mel;
pub mod picture;
pub mod stft;
pub mod window;
