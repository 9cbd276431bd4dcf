"""Names for arrays, and for values that may be one number or an array of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
IndexArray = npt.NDArray[np.intp]

Real = float | FloatArray
Whole = int | np.int64 | IntArray
Truth = bool | np.bool_ | BoolArray
