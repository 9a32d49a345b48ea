"""Draw the weights of a small network."""

import jax


def initialise(seed, width):
    key = jax.random.PRNGKey(seed)
    first, second = jax.random.split(key)
    weights = jax.random.normal(first, (width, width))
    bias = jax.random.normal(second, (width,))
    return weights, bias
