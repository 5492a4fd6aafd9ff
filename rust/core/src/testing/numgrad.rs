//! Derivatives by central differences, in double precision.

use graphpb_kernels::Tensor;

/// The step, relative to the size of the argument.
const STEP: f64 = 1e-5;

/// `∂f/∂inputs[which][element]`, of a scalar function of float64 tensors.
pub fn central_difference<E>(f: &mut dyn FnMut(&[Tensor]) -> Result<f64, E>, inputs: &[Tensor], which: usize, element: usize) -> Result<f64, E> {
    let mut at = |h: f64| {
        let mut moved = inputs.to_vec();
        moved[which].slice_mut::<f64>()[element] += h;
        f(&moved)
    };
    let h = STEP * inputs[which].slice::<f64>()[element].abs().max(1.0);
    Ok((at(h)? - at(-h)?) / (2.0 * h))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivative_of_a_product() {
        let x = [Tensor::vector(&[2.0f64, 3.0])];
        let mut f = |t: &[Tensor]| -> Result<f64, ()> { Ok(t[0].slice::<f64>().iter().product()) };
        assert!((central_difference(&mut f, &x, 0, 0).unwrap() - 3.0).abs() < 1e-9);
        assert!((central_difference(&mut f, &x, 0, 1).unwrap() - 2.0).abs() < 1e-9);
    }
}
