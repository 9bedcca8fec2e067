//! Networks: weights, forward passes, training, calibration, metrics.
