"""Where a program begins the runs of its trackers, how often, and whether it ends them."""

from __future__ import annotations

from collections.abc import Iterator

from ...facts.expressions import (
    Attribute,
    Call,
    Compare,
    Constant,
    Expression,
    Name,
    Operation,
    dotted,
    last_name,
    subexpressions,
)
from ...facts.statements import Body, For, If, Jump, Return, Statement, Try, While, With, walk
from ...knowledge import Knowledge
from ...program.activity import Around, Site
from ...program.graph import CallGraph, owner_of
from ...program.program import Program
from ...program.steps import meant
from ...program.symbols import Owner
from ...program.values import Library

# Arguments of a beginning by which a run may follow on one that has not ended.
APART = frozenset({"reinit", "nested"})
ENDING = frozenset({"finish", "end_run", "end", "close", "stop", "finalize", "teardown"})


def is_meant(site: Site, program: Program, meaning: str) -> bool:
    """Tell whether a call has a meaning, or makes what inherits from a class that has it."""
    return program.knowledge.means(meaning, meant(site, program.evaluator))


class Runs:
    """The runs of one program.

    Args:
        program: The program.
        graph: Its calls.
    """

    def __init__(self, program: Program, graph: CallGraph) -> None:
        self.program = program
        self.graph = graph
        self.ending: set[Owner] = graph.leading_to(graph.reach.where(is_end, program.knowledge))

    @property
    def begins(self) -> list[Site]:
        """The calls that begin runs."""
        return self.calling("run-begin")

    def calling(self, meaning: str) -> list[Site]:
        """Return the calls that have a meaning, each once."""
        sites = self.graph.reach.where(is_meant, self.program, meaning)
        found = {id(site.call): site for site in sites}
        return list(found.values())

    def ends_in(self, sites: Iterator[Site] | list[Site]) -> bool:
        """Tell whether any of some calls ends a run, by itself or further down."""
        return any(
            is_end(site, self.program.knowledge)
            or any(each in self.ending for each in self.graph.called(site))
            for site in sites
        )

    def repetition(self, begin: Site) -> tuple[Owner, Statement] | Site | None:
        """Return the loop, or the search, that begins a run anew while the last has not ended."""
        seen: set[Owner] = set()
        waiting: list[tuple[Owner, Around]] = [(owner_of(begin.frame), begin.around)]
        while waiting:
            owner, around = waiting.pop(0)
            for position in range(len(around) - 1, -1, -1):
                each = around[position]
                if isinstance(each, If) and is_once(each.test, around[:position]):
                    break
                if isinstance(each, For | While):
                    if leaves(each.body):
                        break
                    if not self.ends_in(list(self.graph.within(owner, each))):
                        return owner, each
                    break
            else:
                if owner in seen or self._ends_before_leaving(owner):
                    continue
                seen.add(owner)
                for caller in self.graph.callers.get(owner, ()):
                    if any(each is owner for each in self.graph.called(caller)):
                        waiting.append((owner_of(caller.frame), caller.around))
                    elif self._searches(caller):
                        return caller
        return None

    def _ends_before_leaving(self, owner: Owner) -> bool:
        return self.ends_in(self.graph.sites.get(owner, []))

    def _searches(self, site: Site) -> bool:
        """Tell whether a call tries out what it is handed again and again in this process."""
        return any(
            name.startswith("optuna.") and name.endswith(".optimize")
            for each in self.graph.sites.get(owner_of(site.frame), ())
            if each.statement is site.statement
            for name in each.names
        )

    def is_context(self, begin: Site) -> bool:
        """Tell whether ``with`` ends a run."""
        statement = begin.statement
        if isinstance(statement, With):
            return True
        for site in self.graph.sites.get(owner_of(begin.frame), ()):
            if site.statement is statement and last_name(site.call) in (
                "enter_context",
                "closing",
            ):
                return True
        owner = owner_of(begin.frame)
        made = {f"{name}()" for name in begin.names}
        return any(
            isinstance(value, Library) and value.name in made
            for each in walk(owner.body)
            if isinstance(each, With)
            for context, _ in each.items
            if not isinstance(context, Call)
            for value in self.program.evaluator.evaluate(context, begin.frame)
        )

    @staticmethod
    def is_apart(begin: Site) -> bool:
        """Tell whether a beginning may follow on a run that has not ended."""
        call = begin.call
        return call.is_open or any(
            key in APART and value != Constant(False) for key, value in call.keywords
        )


def is_end(site: Site, knowledge: Knowledge) -> bool:
    """Tell whether a call ends a run, or may do so."""
    if knowledge.means("run-end", site.names):
        return True
    return not site.values and last_name(site.call) in ENDING


def is_once(test: Expression, around: Around) -> bool:
    """Tell whether a condition may hold in one round of a loop only: ``if run is None``."""
    turning = {
        part.id
        for each in around
        if isinstance(each, For)
        for part in subexpressions(each.target)
        if isinstance(part, Name)
    }
    for part in subexpressions(test):
        match part:
            case Operation("not") | Compare(_, ((("is" | "is not"), Constant(None)),)):
                return True
            case Name(name) if name in turning:
                return True
            case Attribute(_, "run"):
                return True
    return False


def leaves(body: Body) -> bool:
    """Tell whether a loop's body leaves it in its first round."""
    for statement in body:
        match statement:
            case Jump(_, "break") | Return():
                return True
            case With(_, _, inside) | Try(_, inside) if leaves(inside):
                return True
            case Try(_, _, _, orelse) if leaves(orelse):
                return True
    return False


def name_of(call: Call) -> str:
    """Return what a call is written as."""
    return dotted(call.func) or last_name(call)
