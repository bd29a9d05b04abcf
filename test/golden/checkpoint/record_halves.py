"""Records what numpy makes of every half-precision number: an oracle for the conversion of F16 and BF16 weights.

    python record_halves.py > halves.json
Needs numpy. For each type: how many bit patterns are finite numbers, and the SHA-256 of them all, in order of their bits, as
little-endian float32.
"""
import hashlib, json
import numpy

bits = numpy.arange(65536, dtype=numpy.uint32)
values = {
    "F16": bits.astype("<u2").view("<f2").astype("<f4"),
    "BF16": (bits << 16).view("<f4"),  # the upper half of a float32, by definition
}
print(json.dumps({name: {"count": int(numpy.isfinite(value).sum()),
                         "sha256": hashlib.sha256(value[numpy.isfinite(value)].tobytes()).hexdigest()}
                  for name, value in values.items()}, indent=2))
