//! The named variables of a network: what is trained, what is remembered, what goes into files.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor, Var};

use crate::ml::error::MlError;
use crate::ml::nn::rng::Rng;
use crate::ml::nn::weights::{Stored, Weights};

/// One variable of a network.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name in files.
    pub name: String,
    /// Its values.
    pub var: Var,
    /// Whether training changes it; statistics and frozen layers are only stored.
    pub trained: bool,
    /// Its learning rate is the training's times this.
    pub rate: f64,
}

/// All variables of a network, in a fixed order, on one device. Files hold the same whatever the device.
#[derive(Clone, Debug)]
pub struct Variables {
    list: Vec<Variable>,
    device: Device,
    /// The file that they will be read from, if so.
    file: Option<Promised>,
}

/// What a file has.
#[derive(Clone, Debug)]
struct Promised {
    model: Arc<str>,
    /// The shapes of its tensors.
    shapes: Arc<HashMap<String, Vec<usize>>>,
    /// What the names of its tensors begin with.
    prefix: String,
}

impl Promised {
    fn check(&self, name: &str, shape: &[usize]) -> Result<(), MlError> {
        let name = format!("{}{name}", self.prefix);
        let reason = match self.shapes.get(&name) {
            Some(there) if there == shape => return Ok(()),
            Some(there) => format!("tensor {name} has shape {there:?} instead of {shape:?}"),
            None => format!("tensor {name} is missing"),
        };
        Err(MlError::Model { model: self.model.to_string(), reason })
    }
}

/// A layer's weight and bias.
#[derive(Clone, Debug)]
pub struct Layer {
    /// `[inputs, outputs]`, of a convolution `[taps * inputs, outputs]`.
    pub weight: Var,
    /// `[outputs]`.
    pub bias: Var,
}

impl Variables {
    /// None yet, on this device.
    pub fn on(device: &Device) -> Self {
        Self { list: Vec::new(), device: device.clone(), file: None }
    }

    /// None yet, to be read from this file, where all names begin with `prefix`: one that the file does not have in the same shape is
    /// refused before it takes any memory.
    pub fn of_file(device: &Device, weights: &Weights<'_>, prefix: &str) -> Self {
        let shape = |name: String| weights.shape(&name).ok().map(|shape| (name, shape));
        let shapes = Arc::new(weights.names(prefix).into_iter().filter_map(shape).collect());
        let file = Promised { model: weights.model().into(), shapes, prefix: prefix.to_owned() };
        Self { file: Some(file), ..Self::on(device) }
    }

    /// None yet, for a part of the network that will be adopted as `name`.
    pub fn part(&self, name: &str) -> Self {
        let inside = |file: &Promised| Promised { prefix: format!("{}{name}.", file.prefix), ..file.clone() };
        Self { list: Vec::new(), device: self.device.clone(), file: self.file.as_ref().map(inside) }
    }

    /// Where they are, and where the network runs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Adds a variable with these values, wherever they are.
    ///
    /// # Errors
    /// When memory is short, or the file has no such variable.
    pub fn add(&mut self, name: impl Into<String>, values: &Tensor, trained: bool) -> Result<Var, MlError> {
        let name = name.into();
        if let Some(file) = &self.file {
            file.check(&name, values.dims())?;
        }
        let var = Var::from_tensor(&values.to_device(&self.device)?)?;
        self.list.push(Variable { name, var: var.clone(), trained, rate: 1.0 });
        Ok(var)
    }

    /// Adds a variable that exists already, on the same device.
    pub fn add_var(&mut self, name: &str, var: &Var, trained: bool) {
        self.list.push(Variable { name: name.into(), var: var.clone(), trained, rate: 1.0 });
    }

    /// Adds the variables of a part of the network, their names after `prefix`, their learning rates times `rate`.
    pub fn adopt(&mut self, prefix: &str, part: &Self, rate: f64) {
        for variable in &part.list {
            let name = format!("{prefix}{}", variable.name);
            self.list.push(Variable { name, rate: variable.rate * rate, ..variable.clone() });
        }
    }

    /// The rates of [`Variables::trained`].
    pub fn rates(&self) -> Vec<f64> {
        self.list.iter().filter(|variable| variable.trained).map(|variable| variable.rate).collect()
    }

    /// Adds a layer whose weights are drawn as Keras does (X. Glorot and Y. Bengio 2010, equation 16); `taps` kernel positions
    /// share an output. What will be read from a file is zero until then.
    ///
    /// # Errors
    /// When memory is short, or the file has no such layer.
    pub fn glorot(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
        taps: usize,
        rng: &mut Rng,
    ) -> Result<Layer, MlError> {
        let weight_name = format!("{name}.weight");
        let weight = if let Some(file) = &self.file {
            file.check(&weight_name, &[taps * inputs, outputs])?;
            Tensor::zeros((taps * inputs, outputs), DType::F32, &Device::Cpu)?
        } else {
            let limit = (6.0 / (taps * (inputs + outputs)).max(1) as f64).sqrt();
            let draw = |_| ((2.0 * rng.uniform() - 1.0) * limit) as f32;
            let weight: Vec<f32> = (0..taps * inputs * outputs).map(draw).collect();
            Tensor::from_vec(weight, (taps * inputs, outputs), &Device::Cpu)?
        };
        Ok(Layer {
            weight: self.add(weight_name, &weight, true)?,
            bias: self.add(format!("{name}.bias"), &Tensor::zeros(outputs, DType::F32, &Device::Cpu)?, true)?,
        })
    }

    /// What training changes.
    pub fn trained(&self) -> Vec<Var> {
        self.list.iter().filter(|variable| variable.trained).map(|variable| variable.var.clone()).collect()
    }

    /// All of them.
    pub fn all(&self) -> &[Variable] {
        &self.list
    }

    /// Numbers in all, and numbers that training changes.
    pub fn count(&self) -> (usize, usize) {
        let count = |trained: bool| {
            let counted = self.list.iter().filter(|variable| variable.trained || !trained);
            counted.map(|variable| variable.var.elem_count()).sum()
        };
        (count(false), count(true))
    }

    /// A copy of the values.
    ///
    /// # Errors
    /// When memory is short.
    pub fn snapshot(&self) -> Result<Vec<Tensor>, MlError> {
        Ok(self.list.iter().map(|variable| variable.var.copy()).collect::<Result<_, _>>()?)
    }

    /// Goes back to a snapshot.
    ///
    /// # Errors
    /// When it is of another network.
    pub fn restore(&self, snapshot: &[Tensor]) -> Result<(), MlError> {
        for (variable, tensor) in self.list.iter().zip(snapshot) {
            variable.var.set(tensor)?;
        }
        Ok(())
    }

    /// Reads every variable from `{prefix}{name}`.
    ///
    /// # Errors
    /// When one is missing or does not fit.
    pub fn read(&self, weights: &Weights<'_>, prefix: &str) -> Result<(), MlError> {
        for Variable { name, var, .. } in &self.list {
            let values = weights.get(&format!("{prefix}{name}"), var.dims())?;
            var.set(&Tensor::from_vec(values, var.dims(), var.device())?)?;
        }
        Ok(())
    }

    /// What a file stores, as `{prefix}{name}`; `half` precision takes half the room.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn store(&self, prefix: &str, half: bool) -> Result<Vec<Stored>, MlError> {
        let tensors: Vec<Tensor> = self.list.iter().map(|variable| variable.var.as_tensor().clone()).collect();
        self.store_tensors(&tensors, prefix, half)
    }

    /// The same of a snapshot.
    ///
    /// # Errors
    /// When a tensor cannot be read.
    pub fn store_tensors(&self, tensors: &[Tensor], prefix: &str, half: bool) -> Result<Vec<Stored>, MlError> {
        let stored = |(variable, tensor): (&Variable, &Tensor)| {
            Ok(Stored {
                name: format!("{prefix}{}", variable.name),
                shape: tensor.dims().to_vec(),
                values: tensor.flatten_all()?.to_vec1()?,
                half,
            })
        };
        self.list.iter().zip(tensors).map(stored).collect()
    }
}
