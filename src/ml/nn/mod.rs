//! What computes: operations with their gradients, layers, variables, weights in files, Adam, random numbers. Nothing here
//! knows music.

pub mod adam;
pub mod device;
pub mod layers;
pub mod logits;
pub mod ops;
pub mod rng;
pub mod variables;
pub mod weights;
