//! Matrix products on slices, one thread each: the caller shares out larger pieces of work.

use gemm::Parallelism;

/// A view of a matrix inside a slice. Rows may overlap, so a sliding window over a signal is a matrix, too.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    /// What holds the elements; element (row, column) lies at `row * row_stride + column * column_stride`.
    pub data: &'a [f32],
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// Distance of two rows.
    pub row_stride: usize,
    /// Distance of two columns.
    pub column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A matrix stored row by row.
    pub fn rows(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// The transposed view.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    fn fits(&self) -> bool {
        self.rows == 0
            || self.columns == 0
            || (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride < self.data.len()
    }
}

/// `out = left * right`, or `out += left * right` if `accumulate`; `out` is stored row by row.
///
/// # Panics
/// When the shapes do not fit each other or their slices: that is a mistake of the caller, not of its input.
pub fn matmul(out: &mut [f32], left: Matrix<'_>, right: Matrix<'_>, accumulate: bool) {
    let (m, n, k) = (left.rows, right.columns, left.columns);
    assert_eq!(left.columns, right.rows, "inner sizes differ");
    assert!(left.fits() && right.fits() && m * n <= out.len(), "a matrix is larger than its slice");
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !accumulate {
            out[..m * n].fill(0.0);
        }
        return;
    }
    let read = |matrix: &Matrix<'_>| (matrix.data.as_ptr(), matrix.column_stride as isize, matrix.row_stride as isize);
    let ((left_ptr, left_cs, left_rs), (right_ptr, right_cs, right_rs)) = (read(&left), read(&right));
    #[expect(unsafe_code, reason = "gemm takes pointers; 2x candle's matmul as used from several threads")]
    // SAFETY: every element that these sizes and strides reach lies inside its slice (asserted above), `out` is
    // borrowed exclusively and so overlaps neither input, and f32 is one of gemm's types.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            accumulate,
            left_ptr,
            left_cs,
            left_rs,
            right_ptr,
            right_cs,
            right_rs,
            if accumulate { 1.0f32 } else { 0.0 },
            1.0f32,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(left: Matrix<'_>, right: Matrix<'_>) -> Vec<f32> {
        let mut out = vec![0.0; left.rows * right.columns];
        for i in 0..left.rows {
            for j in 0..right.columns {
                for k in 0..left.columns {
                    let a = left.data[i * left.row_stride + k * left.column_stride];
                    let b = right.data[k * right.row_stride + j * right.column_stride];
                    out[i * right.columns + j] += a * b;
                }
            }
        }
        out
    }

    fn ramp(length: usize) -> Vec<f32> {
        (0..length).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect()
    }

    #[test]
    fn products_equal_the_definition() {
        let (a, b) = (ramp(7 * 13), ramp(13 * 5));
        let (left, right) = (Matrix::rows(&a, 7, 13), Matrix::rows(&b, 13, 5));
        let exact = naive(left, right);
        let mut out = vec![9.0; 35];
        matmul(&mut out, left, right, false);
        assert!(out.iter().zip(&exact).all(|(x, y)| (x - y).abs() < 1e-5));
        matmul(&mut out, left, right, true);
        assert!(out.iter().zip(&exact).all(|(x, y)| (x - 2.0 * y).abs() < 1e-5));
    }

    #[test]
    fn transposed_and_overlapping_views_work() {
        let (a, b) = (ramp(40), ramp(60));
        let sliding = Matrix { data: &a, rows: 31, columns: 10, row_stride: 1, column_stride: 1 };
        let right = Matrix::rows(&b, 6, 10).transposed();
        let mut out = vec![0.0; 31 * 6];
        matmul(&mut out, sliding, right, false);
        assert!(out.iter().zip(naive(sliding, right)).all(|(x, y)| (x - y).abs() < 1e-5));
    }

    #[test]
    #[should_panic(expected = "larger than its slice")]
    fn a_view_past_its_slice_is_refused() {
        let a = ramp(10);
        matmul(&mut [0.0; 100], Matrix::rows(&a, 4, 3), Matrix::rows(&a, 3, 3), false);
    }
}
