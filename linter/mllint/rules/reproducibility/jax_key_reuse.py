"""MLR012."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Attribute, Call, dotted
from ...facts.statements import Function, Import, walk
from ...program.entries import is_test_file
from ...program.program import Program
from ...program.symbols import Module
from ...program.values import Frame, Library
from ..base import Note, Report, Rule
from .key_flow import KeyFlow, Reuse


def words(statement: Import) -> Iterator[str]:
    """Yield the first words of the modules that an import names."""
    for name in (statement.module, *(name for name, _ in statement.names)):
        yield (name or "").partition(".")[0]


def uses_random(module: Module) -> bool:
    """Tell whether a file imports JAX, and mentions its random numbers."""
    imports = module.source.outline.imports
    return any(text == "jax" for each in imports for text in words(each)) and (
        "random" in module.source.outline.words
        or any((each.module or "").startswith("jax.random") for each in imports)
    )


def consumers(program: Program) -> frozenset[str]:
    """Return the last names of the functions that use up keys."""
    return program.knowledge.last_names("key-consumer")


class JaxKeyReuse(Rule):
    """A JAX key is used twice, or again and again in a loop, without being split.

    A key does not change when it is used: the same key gives the same numbers. Two layers get the
    same weights, each step the same dropout mask. See "Pseudorandom numbers" in JAX's
    documentation.

    Split it, and use each part once: ``key, part = jax.random.split(key)``; in a loop,
    ``jax.random.fold_in(key, step)``.
    """

    code = "MLR012"
    name = "jax-key-reuse"
    severity = "error"
    bad = (
        """
import jax

def make(key, shape):
    weights = jax.random.normal(key, shape)
    bias = jax.random.normal(key, shape)
    return weights, bias
""",
        """
from jax import random

key = random.PRNGKey(0)
for step in range(10):
    noise = random.uniform(key, (3,))
""",
        """
import jax

def sample(key):
    first, second = jax.random.split(key)
    return jax.random.normal(first), jax.random.normal(key)
""",
        """
import jax

def layers(key, count):
    return [jax.random.normal(key, (2, 2)) for _ in range(count)]
""",
    )
    good = (
        """
import jax

def make(key, shape):
    first, second = jax.random.split(key)
    return jax.random.normal(first, shape), jax.random.normal(second, shape)
""",
        """
from jax import random

key = random.PRNGKey(0)
for step in range(10):
    key, part = random.split(key)
    noise = random.uniform(part, (3,))
    other = random.normal(random.fold_in(key, step))
    third = random.normal(random.fold_in(key, -step))
""",
        """
import jax

def draw(key, kind):
    if kind == "normal":
        return jax.random.normal(key)
    if kind == "uniform":
        value = jax.random.uniform(key)
    else:
        value = jax.random.gumbel(key)
    return value
""",
        """
import jax

def stack(key, count):
    return [jax.random.normal(each) for each in jax.random.split(key, count)]
""",
        """
import jax

def either(key, kind):
    return jax.random.normal(key) if kind else jax.random.uniform(key)
""",
        {
            "tests/test_dropout.py": """
import jax

def test_the_same_key_gives_the_same_mask(key):
    assert (jax.random.bernoulli(key) == jax.random.bernoulli(key)).all()
"""
        },
        """
import jax

def search(key):
    for _ in range(10):
        value = jax.random.normal(key)
        break
    return value
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each key that is used again."""
        for module in program.mentioning(*consumers(program)):
            if is_test_file(module, program.project):
                continue  # two draws that must be the same are what a test is about
            if uses_random(module):
                yield from self.reuses(module, program)

    def reuses(self, module: Module, program: Program) -> Iterator[Report]:
        """Yield the reports on a file's top level and functions."""
        body, names = module.body, module.spellings(*consumers(program))
        functions = [each for each in walk(body, True) if isinstance(each, Function)]
        for inside in (body, *(each.body for each in functions)):
            flow = KeyFlow(lambda call: self.consumed(call, names, module, program))
            for reuse in flow.reuses(inside):
                yield self.report(reuse, module)

    @staticmethod
    def consumed(call: Call, methods: frozenset[str], module: Module, program: Program) -> str:
        """Return the key that a call uses up, if it does: a name, or a name's attribute.

        Args:
            call: The call.
            methods: The last names of what uses up keys; a plain name may stand for any of them.
            module: Where it stands.
            program: The program.
        """
        if isinstance(call.func, Attribute) and call.func.attr not in methods:
            return ""
        values = program.evaluator.evaluate(call.func, Frame(module))
        names = [each.name for each in values if isinstance(each, Library)]
        if not program.knowledge.means("key-consumer", names):
            return ""
        return dotted(call.argument("key", 0))

    @staticmethod
    def report(reuse: Reuse, module: Module) -> Report:
        """Return the report on one reuse."""
        again = "in each pass of the loop" if reuse.first is reuse.statement else "twice"
        return Report(
            module,
            reuse.statement,
            reuse.call,
            f"The key {reuse.key} is used {again}, which gives the same numbers again: split it "
            "and use each part once.",
            (Note("used here before", module, reuse.first.line),),
        )
