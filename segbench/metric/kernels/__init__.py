"""numba kernels and what drives them: distances, sums of them, nearest neighbours, trees."""
