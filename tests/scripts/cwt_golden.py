"""Values of PyWavelets' continuous wavelet transform, for tests/cwt.rs.

Run:  python tests/scripts/cwt_golden.py > tests/fixtures/cwt_pywt.json      (needs numpy and PyWavelets)

cmorB-C is exp(-t^2/B) exp(2 pi i C t) / sqrt(pi B): a Morlet wavelet of w0 = 2 pi C sqrt(B / 2) cycles. PyWavelets convolves
with differences of the wavelet's integral, sampled at 2^precision points: a high precision brings it close to the
definition. Its values carry the factor sqrt(scale) of the L2 norm, where L1 has none.
"""
import json

import numpy as np
import pywt

RATE, COUNT, START, STEP = 8000, 64, 1000, 11
BANDWIDTH, CENTRE = 1.5, 1.0

n = np.arange(3000)
t = n / RATE
signal = 0.5 * np.sin(2 * np.pi * 300 * t) + 0.3 * np.cos(2 * np.pi * (500 * t + 1500 * t ** 2))
signal[1400] += 0.8
signal = signal.astype(np.float32)

frequencies = [150.0, 300.0, 650.0, 1100.0]


def transform(name, scales, precision):
    return pywt.cwt(signal, scales, name, method="fft", precision=precision)[0]


scales = CENTRE * RATE / np.array(frequencies)
morlet = transform(f"cmor{BANDWIDTH}-{CENTRE}", scales, 18)
# mexh is (1 - t^2) exp(-t^2 / 2), which answers most to sqrt(2) / (2 pi) cycles a sample at scale 1.
hat = transform("mexh", np.sqrt(2) / (2 * np.pi) * RATE / np.array(frequencies), 18)
at = START + STEP * np.arange(COUNT)
rounded = lambda values: [round(float(v), 7) for v in values]
print(json.dumps({
    "made_with": f"PyWavelets {pywt.__version__}, cmor{BANDWIDTH}-{CENTRE} and mexh, precision 18",
    "rate_hz": RATE, "start": START, "step": STEP, "bandwidth": BANDWIDTH, "centre": CENTRE,
    "frequencies_hz": frequencies,
    "signal": rounded(signal),
    "morlet": [{"re": rounded(row[at].real), "im": rounded(row[at].imag)} for row in morlet],
    "mexican_hat": [rounded(row[at].real) for row in hat],
}))
