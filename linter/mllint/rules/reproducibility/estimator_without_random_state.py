"""MLR005."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import Constant, Name, calls, dotted
from ...facts.statements import Assign
from ...fixes.changes import Fix, SetArgument
from ...program.activity import Site
from ...program.program import Program
from ...program.reach import Reach
from ...program.symbols import Module
from ..base import Report, Rule
from .draws import draws_in_estimator, has_own_generator
from .seeding import seeded_generators

# Estimators that hand a random state of theirs to each copy of the one that they are handed.
SEEDS_ITS_BASE = frozenset({"BaggingClassifier", "BaggingRegressor", "AdaBoostClassifier"})
SEEDS_ITS_BASE |= {"AdaBoostRegressor", "RANSACRegressor", "BalancedBaggingClassifier"}
CONSTANTS = frozenset({"SEED", "RANDOM_STATE", "RANDOM_SEED", "RNG_SEED"})


def project_constant(module: Module) -> str:
    """Return the file's own constant for a seed, or 0."""
    for statement in module.body:
        match statement:
            case Assign(_, (Name(name),), Constant(int())) if name.upper() in CONSTANTS:
                return name
    return "0"


def takes_state(site: Site) -> bool:
    """Tell whether the function around is handed a random state, which may be for this."""
    function = site.frame.function
    return function is not None and any(
        each.name in ("random_state", "seed", "rng") for each in function.parameters
    )


def seeds_its_base(site: Site) -> bool:
    """Tell whether a call makes an estimator that seeds the one that it is handed."""
    return not SEEDS_ITS_BASE.isdisjoint(name.rpartition(".")[2] for name in site.names)


def makes_unseeded(site: Site, program: Program) -> bool:
    """Tell whether a call makes an estimator that draws from NumPy's global generator."""
    return (
        draws_in_estimator(site, program)
        and not has_own_generator(site.call)
        and not takes_state(site)
    )


def seeded_by_others(reach: Reach) -> set[int]:
    """Return the calls that make the base estimator of another, which seeds it from its own state.

    What is to be handed a random state, then, is that other.
    """
    return {
        id(part)
        for site in reach.where(seeds_its_base)
        for part in calls((site.call.args, site.call.keywords))
    }


class EstimatorWithoutRandomState(Rule):
    """An estimator that draws is made without ``random_state``, and nothing seeds NumPy.

    Each fit gives another model. See "Controlling randomness" in scikit-learn's common pitfalls.

    Hand it ``random_state``; or seed NumPy's global generator, which ``random_state=None`` follows.
    The fix is safe: it hands over the file's seed constant, or 0.
    """

    code = "MLR005"
    name = "estimator-without-random-state"
    severity = "note"
    bad = (
        """
from sklearn.ensemble import RandomForestClassifier

SEED = 3
model = RandomForestClassifier(n_estimators=10)
model.fit(x, y)
""",
        """
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

LogisticRegression().fit(x, y)
SVC(probability=True).fit(x, y)
""",
    )
    fixed = (
        """
from sklearn.ensemble import RandomForestClassifier

SEED = 3
model = RandomForestClassifier(n_estimators=10, random_state=SEED)
model.fit(x, y)
""",
        """
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

LogisticRegression().fit(x, y)
SVC(probability=True, random_state=0).fit(x, y)
""",
    )
    good = (
        """
import numpy as np
from sklearn.ensemble import RandomForestClassifier

np.random.seed(0)
RandomForestClassifier().fit(x, y)
""",
        """
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

LogisticRegression().fit(x, y)
SVC().fit(x, y)
KMeans(3, init=centres).fit(x)
""",
        """
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier

AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), random_state=0).fit(x, y)
""",
        """
from sklearn.ensemble import RandomForestClassifier

def make(random_state=None, **options):
    return RandomForestClassifier(**options)

make(random_state=1).fit(x, y)
""",
    )

    def check(self, program: Program) -> Iterator[Report]:
        """Yield one report for each estimator that nothing seeds."""
        reported: set[int] = set()
        for training in program.trainings:
            sites = training.reach.where(makes_unseeded, program)
            inner = seeded_by_others(training.reach)
            sites = [site for site in sites if id(site.call) not in inner]
            if not sites:
                continue
            seeded = seeded_generators(training, program)
            for site in sites if seeded is not None and "numpy" not in seeded else ():
                if id(site.call) in reported:
                    continue
                reported.add(id(site.call))
                state = project_constant(site.module)
                made = dotted(site.call.func)
                change = SetArgument(site.statement, site.call, "random_state", state)
                yield Report(
                    site.module,
                    site.statement,
                    site.call,
                    f"{made} draws at random, and nothing seeds it: each fit gives another model; "
                    f"hand it random_state={state}.",
                    (),
                    "high",
                    Fix("Hand over a random state", (change,), True),
                )
