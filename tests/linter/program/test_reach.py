"""What a program reaches, across files and in every way of calling."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from mllint.cache import Cache
from mllint.load import load_sources
from mllint.program import evaluation
from mllint.program.coverage import coverage_of
from mllint.program.evaluation import MAX_ASKED
from mllint.program.program import Program
from mllint.project import open_project

# Each project begins in main.py and reaches lib.target(), in its own way.
TARGET = "import torch\n\n\ndef target(*args, **options):\n    torch.manual_seed(0)\n"
SEED = "torch.manual_seed"

WAYS = {
    "import": "import lib\nlib.target()",
    "alias": "import lib as l\nl.target()",
    "from": "from lib import target as t\nt()",
    "star": "from lib import *\ntarget()",
    "within a function": "def main():\n    from lib import target\n    target()\nmain()",
    "main block": "import lib\nif __name__ == '__main__':\n    lib.target()",
    "assigned": "import lib\nf = lib.target\nf()",
    "partial": "from functools import partial\nimport lib\nf = partial(lib.target, 1)\nf(2)",
    "jitted": "import jax, lib\nf = jax.jit(lib.target)\nf()",
    "wrapped in an attribute": (
        "import jax, lib\nclass A:\n    def __init__(self):\n"
        "        def inner():\n            lib.target()\n        self.f = jax.pmap(fun=inner)\n"
        "    def m(self):\n        self.f()\nA().m()"
    ),
    "lambda": "import lib\nf = lambda: lib.target()\nf()",
    "dispatch": "import lib\nTABLE = {'a': lib.target}\nTABLE['a']()",
    "dispatch by a name unknown": "import lib, sys\nT = {'a': lib.target}\nT[sys.argv[1]]()",
    "dispatch by get": "import importlib\ngetattr(importlib.import_module('lib'), 'target')()",
    "dispatch by text": (
        "import importlib, sys\nT = {'a': 'lib:target', 'b': 'json:dumps'}\n"
        "m, _, f = T[sys.argv[1]].partition(':')\ngetattr(importlib.import_module(m), f)()"
    ),
    "handed": "import lib\ndef run(f):\n    f()\nrun(lib.target)",
    "handed by keyword, twice": (
        "import lib\ndef outer(a, g=None):\n    inner(g)\n"
        "def inner(f):\n    f()\nouter(1, g=lib.target)"
    ),
    "handed to a library": "import lib\nfrom pool import Pool\nPool().map(lib.target, [1])",
    "method": "import lib\nclass A:\n    def m(self):\n        lib.target()\nA().m()",
    "method of a variable": (
        "import lib\nclass A:\n    def m(self):\n        self.n()\n"
        "    def n(self):\n        lib.target()\na = A()\na.m()"
    ),
    "inherited": (
        "import lib\nclass B:\n    def m(self):\n        self.n()\nclass A(B):\n"
        "    def n(self):\n        lib.target()\nA().m()"
    ),
    "super": (
        "import lib\nclass B:\n    def __init__(self):\n        lib.target()\nclass A(B):\n"
        "    def __init__(self):\n        super().__init__()\nA()"
    ),
    "attribute of self": (
        "import lib\nclass A:\n    def __init__(self, f):\n        self.f = f\n"
        "    def m(self):\n        self.f()\nA(lib.target).m()"
    ),
    "made by itself": (
        "import lib\nclass A:\n    def __new__(cls):\n        lib.target()\n"
        "        return object.__new__(cls)\nA()"
    ),
    "field of a dataclass": (
        "import lib\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    f: object\n"
        "A(lib.target).f()"
    ),
    "instance handed": (
        "import lib\nclass A:\n    def m(self):\n        lib.target()\n"
        "def run(a):\n    a.m()\nrun(A())"
    ),
    "annotation": (
        "import lib\nclass A:\n    def m(self):\n        lib.target()\n"
        "def run(a: 'A | None'):\n    a.m()\nrun(unknown())"
    ),
    "static": "import lib\nclass A:\n    @staticmethod\n    def m():\n        lib.target()\nA.m()",
    "property": (
        "import lib\nclass A:\n    @property\n    def f(self):\n        return lib.target\nA().f()"
    ),
    "forward of a module": (
        "import lib, torch\nclass N(torch.nn.Module):\n    def forward(self, x):\n"
        "        lib.target()\nn = N().to('cpu')\nn(1)"
    ),
    "hooks": (
        "import lib, lightning\nclass M(lightning.LightningModule):\n"
        "    def training_step(self, batch):\n        lib.target()\nlightning.Trainer().fit(M())"
    ),
    "decorated": (
        "import lib\ndef deco(f):\n    lib.target()\n    return f\n@deco\ndef g(): ...\ng()"
    ),
    "wrapper": (
        "import lib\ndef deco(f):\n    def inner():\n        lib.target()\n        f()\n"
        "    return inner\n@deco\ndef g(): ...\ng()"
    ),
    "context": (
        "import lib\nclass C:\n    def __enter__(self):\n        lib.target()\n"
        "    def __exit__(self, *a): ...\nwith C(): pass"
    ),
    "returned": "import lib\ndef make():\n    return lib.target\nmake()()",
    "unpacked": "import lib\ndef make():\n    return 1, lib.target\na, f = make()\nf()",
    "from a list": "import lib\nfor f in [print, lib.target]:\n    f()",
    "comprehension": "import lib\n[f() for f in (lib.target,)]",
    "conditional": "import lib\nf = print if x else lib.target\nf()",
    "click": "import click, lib\n@click.command()\ndef main():\n    lib.target()",
    "typer": (
        "import typer, lib\napp = typer.Typer()\n@app.command()\ndef main():\n    lib.target()"
    ),
    "hydra": "import hydra, lib\n@hydra.main(config_path='c')\ndef main(cfg):\n    lib.target()",
    "fire": "import fire, lib\nfire.Fire(lib.target)",
    "fire, all": "import fire, lib\ndef f():\n    lib.target()\nfire.Fire()",
    "fire, a class": (
        "import fire, lib\nclass C:\n    def go(self):\n        lib.target()\nfire.Fire(C)"
    ),
    "spawn": "import lib, torch.multiprocessing as mp\nmp.spawn(lib.target, nprocs=2)",
    "process": "import lib, multiprocessing as m\nm.Process(target=lib.target).start()",
    "launched by accelerate": (
        "import lib\nfrom accelerate import notebook_launcher\n"
        "notebook_launcher(lib.target, num_processes=2)"
    ),
    "registry": (
        "import lib\nR = {}\ndef register(name):\n    def add(f):\n        R[name] = f\n"
        "        return f\n    return add\n@register('a')\ndef g():\n    lib.target()\n"
        "import sys\nR[sys.argv[1]]()"
    ),
    "registry, a class with a method": (
        "import lib\nclass Registry:\n    def __init__(self):\n        self.all = {}\n"
        "    def register(self, f):\n        self.all[f.__name__] = f\n        return f\n"
        "    def get(self, name):\n        return self.all[name]\nR = Registry()\n"
        "@R.register\nclass A:\n    def run(self):\n        lib.target()\nR.get('A')().run()"
    ),
    "registry of a library": (
        "import lib\nfrom mmengine.registry import Registry\nM = Registry('m')\n"
        "@M.register_module()\nclass A:\n    def __init__(self):\n        lib.target()\n"
        "M.build(dict(type='A'))"
    ),
    "callbacks in a list": (
        "import lib\nclass T:\n    def __init__(self):\n        self.all = []\n"
        "    def add(self, f):\n        self.all.append(f)\n    def run(self):\n"
        "        for f in self.all:\n            f(1)\nt = T()\nt.add(lib.target)\nt.run()"
    ),
    "callbacks by event": (
        "import lib\nfrom collections import defaultdict\nclass T:\n"
        "    def __init__(self):\n        self.on = defaultdict(list)\n"
        "    def set(self, event, f):\n        self.on[event] = [f]\n"
        "    def fire(self, event):\n        for f in self.on.get(event, []):\n"
        "            f(self)\n    def run(self):\n        self.fire('end')\n"
        "t = T()\nt.set('end', lib.target)\nt.run()"
    ),
    "decorated by a library": (
        "import lib\nfrom ignite.engine import Engine, Events\ne = Engine(print)\n"
        "@e.on(Events.EPOCH_COMPLETED)\ndef g(engine):\n    lib.target()\ne.run([])"
    ),
    "context manager made of a function": (
        "import lib\nfrom contextlib import contextmanager\n@contextmanager\ndef c():\n"
        "    lib.target()\n    yield\nwith c(): pass"
    ),
    "abstract, chosen by the class": (
        "import lib\nclass B:\n    def run(self):\n        self.step()\nclass A(B):\n"
        "    def step(self):\n        lib.target()\nclass O(B):\n    def step(self): ...\n"
        "T = {'a': A, 'o': O}\nT[input()]().run()"
    ),
    "class attribute": ("import lib\nclass A:\n    fn = staticmethod(lib.target)\nA().fn()"),
    "class method": (
        "import lib\nclass A:\n    @classmethod\n    def make(cls):\n        return cls()\n"
        "    def run(self):\n        lib.target()\nA.make().run()"
    ),
    "argparse function": (
        "import argparse, lib\np = argparse.ArgumentParser()\ns = p.add_subparsers()\n"
        "t = s.add_parser('t')\nt.set_defaults(func=lib.target)\n"
        "args = p.parse_args()\nargs.func(args)"
    ),
    "generator": "import lib\ndef g():\n    lib.target()\n    yield 1\nfor x in g(): pass",
    "async": "import asyncio, lib\nasync def m():\n    lib.target()\nasyncio.run(m())",
    "a module's top level": "import other\nprint()",
    "run by absl": (
        "import lib\nfrom absl import app\ndef main(_):\n    lib.target()\napp.run(main)"
    ),
    "run by TensorFlow": (
        "import lib\nimport tensorflow as tf\ndef main(_):\n    lib.target()\ntf.app.run()"
    ),
    "mapped by a library's function": (
        "import jax, lib\nfrom functools import partial\n"
        "jax.pmap(partial(jax.lax.scan, lib.target))(1)"
    ),
    "a class of an instance nested deeply": (
        "import lib\nclass B:\n    def __init__(self, a=None):\n        self.a = a\n"
        "    def run(self):\n        self.step()\n    def step(self): ...\nclass A(B):\n"
        "    def step(self):\n        lib.target()\n"
        "A(B(B(B(B(B(B(B()))))))).run()"
    ),
    "replaced later": (
        "import lib\nclass A:\n    f = None\n    def run(self):\n        self.f()\n"
        "a = A()\na.f = lib.target\na.f()"
    ),
    "module by a part of its name": (
        "import importlib, sys\nm = importlib.import_module(f'plugins.{sys.argv[1]}_plugin')\n"
        "m.Plugin().go()"
    ),
    "module by a name with a number": (
        "import importlib\nnames = {'lib1': 'lib'}\nname = names[f'lib{1}']\n"
        "importlib.import_module(name).target()"
    ),
    "class of a module by its name": (
        "import importlib, sys\nname = 'plugins.' + sys.argv[1] + '_plugin'\n"
        "module = importlib.import_module(name)\n"
        "for key, cls in module.__dict__.items():\n    if key == sys.argv[2]:\n"
        "        found = cls\nfound().go()"
    ),
    "class of any of some modules": (
        "import importlib, os, sys\nnames = [n[:-3] for n in os.listdir('plugins')]\n"
        "modules = [importlib.import_module(f'plugins.{n}') for n in names]\n"
        "for each in modules:\n    cls = getattr(each, sys.argv[1], None)\ncls().go()"
    ),
    "entry of a module": "import sys, lib\nlib.__dict__[sys.argv[1]]()",
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_calling(way, program):
    files = {
        "main.py": WAYS[way] + "\n",
        "lib.py": TARGET,
        "other.py": "import lib\nlib.target()\n",
        "plugins/__init__.py": "",
        "plugins/a_plugin.py": (
            "import lib\nclass Plugin:\n    def go(self):\n        lib.target()\n"
        ),
        "plugins/other.py": "class Plugin: ...\n",
    }
    linked = program(files)
    entries = [entry for entry in linked.entries if entry.module.name == "main"]
    assert entries, "no entry point was found"
    found = [site for entry in entries for site in linked.reach(entry).calls(SEED)]
    assert found


def test_what_is_not_called_is_not_reached(program):
    linked = program({"main.py": "import lib\nprint(lib.other())\n", "lib.py": TARGET})
    (entry,) = linked.entries
    assert not list(linked.reach(entry).calls(SEED))


@pytest.mark.parametrize(
    ("call", "is_reached"),
    [
        ("len(a)", False),
        ("isinstance(a, A)", False),
        ("str(a)", True),
        ("library.use(a)", True),
        ("import types; types.MethodType(len, a)", False),
    ],
)
def test_python_itself_calls_special_methods_alone(call, is_reached, program):
    methods = {"str(a)": "__str__"}.get(call, "start")
    text = (
        f"import lib, library\nclass A:\n    def {methods}(self):\n        lib.target()\na = A()\n"
    )
    linked = program({"main.py": f"{text}{call}\n", "lib.py": TARGET})
    reach = linked.reach(next(e for e in linked.entries if e.module.name == "main"))
    assert bool(list(reach.calls(SEED))) is is_reached


@pytest.mark.parametrize(("method", "is_reached"), [("__init__", True), ("start", False)])
def test_a_class_that_python_is_to_make_instances_of_is_made_and_no_more(
    method, is_reached, program
):
    text = (
        f"import lib\nfrom dataclasses import dataclass, field\n\n\nclass A:\n"
        f"    def {method}(self):\n        lib.target()\n\n\n@dataclass\nclass Config:\n"
        "    a: object = field(default_factory=A)\n\n\nConfig()\n"
    )
    linked = program({"main.py": text, "lib.py": TARGET})
    (entry,) = linked.entries
    assert bool(list(linked.reach(entry).calls(SEED))) is is_reached


def test_modules_that_import_all_of_each_other_are_no_riddle(program):
    linked = program(
        {
            "main.py": "from a import *\ntarget()\nnowhere()\n",
            "a.py": "from b import *\n",
            "b.py": "from a import *\nfrom lib import *\n",
            "lib.py": TARGET,
        }
    )
    reach = linked.reach(next(e for e in linked.entries if e.module.name == "main"))
    assert list(reach.calls(SEED))


def test_a_main_block_is_not_run_by_an_import(program):
    lib = f"{TARGET}\n\nif __name__ == '__main__':\n    target()\n"
    linked = program({"main.py": "import lib\nprint(1)\n", "lib.py": lib})
    found = {
        entry.module.name: bool(list(linked.reach(entry).calls(SEED))) for entry in linked.entries
    }
    assert found == {"main": False, "lib": True}


@pytest.mark.parametrize(
    "files",
    [
        {"src/pkg/__init__.py": "", "src/pkg/lib.py": TARGET,
         "main.py": "from pkg.lib import target"},
        {"pkg/__init__.py": "from .lib import target", "pkg/lib.py": TARGET,
         "scripts/main.py": "from pkg import target"},
        {"pkg/lib.py": TARGET, "main.py": "from pkg import lib; target = lib.target"},
        {"a/b/__init__.py": "", "a/b/lib.py": TARGET, "a/__init__.py": "",
         "a/main.py": "from .b.lib import target"},
        {"a/__init__.py": "", "a/lib.py": TARGET, "a/c/__init__.py": "",
         "a/c/main.py": "from ..lib import target"},
        {"tools/lib.py": TARGET, "tools/main.py": "from lib import target"},
        {"deep/shared/lib.py": TARGET,
         "main.py": "import sys\nsys.path.insert(0, 'deep/shared')\nfrom lib import target"},
        {"code/pkg/__init__.py": "", "code/pkg/lib.py": TARGET,
         "run/main.py": "from pkg.lib import target"},
        {"pkg/__init__.py": "from pkg.lib import target", "pkg/lib.py": TARGET,
         "pkg/pkg.py": "", "pkg/main.py": "from pkg import target"},
        {"pkg/__init__.py": "from .names import *", "pkg/names.py": "from .lib import *",
         "pkg/lib.py": TARGET, "main.py": "import pkg\ntarget = pkg.target"},
        {"lab/utils/lib.py": TARGET,
         "main.py": "import lab.utils.lib\ntarget = lab.utils.lib.target"},
        {"lab/utils/lib.py": TARGET, "lab/io/files.py": "",
         "main.py": "import lab.io.files\nimport lab.utils.lib\ntarget = lab.utils.lib.target"},
        {"a/pyproject.toml": "", "a/src/a/__init__.py": "", "a/src/a/lib.py": TARGET,
         "b/pyproject.toml": "", "b/main.py": "from a.lib import target"},
    ],
)  # fmt: skip
def test_every_layout(files, program):
    name = next(name for name in files if name.endswith("main.py"))
    files = files | {name: f"{files[name]}\ntarget()\n", "pyproject.toml": ""}
    linked = program(files)
    entries = [entry for entry in linked.entries if entry.module.path.name == "main.py"]
    assert [bool(list(linked.reach(entry).calls(SEED))) for entry in entries] == [True]


def test_a_library_is_no_folder_of_the_same_name(program):
    linked = program({"main.py": "import wandb\nwandb.init()\n", "wandb/run/x.py": "y = 1\n"})
    reach = linked.reach(next(e for e in linked.entries if e.module.name == "main"))
    assert list(reach.calls("wandb.init"))


def test_hydra_instantiates_what_the_config_names(program):
    linked = program(
        {
            "train.py": (
                "import hydra\nfrom hydra.utils import instantiate\ndef build(node):\n"
                "    return instantiate(node)\n@hydra.main()\ndef main(cfg):\n"
                "    build(cfg.seeder).run()\n"
            ),
            "conf/seeder/default.yaml": "_target_: lib.Seeder  # which\nx: 1\n",
            "lib.py": f"{TARGET}\n\nclass Seeder:\n    def run(self):\n        target()\n",
        }
    )
    (entry,) = linked.entries
    assert list(linked.reach(entry).calls(SEED))


SEEDER = f"{TARGET}\n\nclass Seeder:\n    def __init__(self, n=0, other=None):\n        target()\n"
NODES = {
    "a key": ("seeder", "conf/config.yaml", "seeder:\n  _target_: lib.Seeder\n  n: 1\n"),
    "a group": ("seeder", "conf/seeder/default.yaml", "_target_: lib.Seeder\n"),
    "within a node": (
        "trainer", "conf/config.yaml",
        "trainer:\n  _target_: lightning.Trainer\n  callbacks:\n    - _target_: lib.Seeder\n",
    ),
    "within a node that is none itself": (
        "callbacks", "conf/callbacks/all.yaml", "first:\n  _target_: lib.Seeder\n"
    ),
    "a function": ("seed", "conf/config.yaml", "seed:\n  _target_: lib.target\n"),
}  # fmt: skip


@pytest.mark.parametrize("way", NODES)
def test_hydra_makes_what_a_node_names(way, program):
    key, file, text = NODES[way]
    linked = program(
        {
            "train.py": "import hydra\n@hydra.main()\ndef main(cfg):\n"
            f"    hydra.utils.instantiate(cfg.{key})\nmain()\n",
            "conf/other.yaml": "model:\n  _target_: lib.Model\n",
            "lib.py": SEEDER,
            file: text,
        }
    )
    (entry,) = linked.entries
    assert list(linked.reach(entry).calls(SEED))


def test_hydra_makes_nothing_of_another_node(program):
    linked = program(
        {
            "train.py": "import hydra\n@hydra.main()\ndef main(cfg):\n"
            "    hydra.utils.instantiate(cfg.model)\nmain()\n",
            "conf/config.yaml": "model:\n  _target_: lib.Model\nseeder:\n  _target_: lib.Seeder\n",
            "lib.py": f"{SEEDER}\n\nclass Model:\n    pass\n",
        }
    )
    (entry,) = linked.entries
    assert not list(linked.reach(entry).calls(SEED))


def test_a_command_is_found_whichever_file_is_asked_for(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project.scripts]\ntrain = 'pkg.cli:run'\n")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "cli.py").write_text(f"{TARGET}\n\ndef run():\n    target()\n")
    for asked in ("pkg/cli.py", "pkg/__init__.py", ""):
        project = open_project([tmp_path / asked])
        linked = Program(project, load_sources(project.files, Cache(None), 1))
        assert [entry.kind for entry in linked.entries] == ["console"]


def test_a_console_script(program):
    linked = program(
        {
            "pyproject.toml": "[project.scripts]\ntrain = 'pkg.cli:run'\n",
            "pkg/__init__.py": "",
            "pkg/cli.py": f"{TARGET}\n\ndef run():\n    target()\n",
        }
    )
    (entry,) = linked.entries
    assert entry.evidence == "the command train of pyproject.toml"
    assert list(linked.reach(entry).calls(SEED))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("setup.py", "from setuptools import setup\nsetup(entry_points={'console_scripts': "
                     "['train = pkg.cli:run', 'other=pkg.cli:other']})\n"),
        ("setup.cfg", "[options.entry_points]\nconsole_scripts =\n  train = pkg.cli:run\n"
                      "  other=pkg.cli:other\n"),
    ],
)  # fmt: skip
def test_a_console_script_of_older_files(file, text, program):
    cli = f"{TARGET}\n\ndef run():\n    target()\n\n\ndef other(): ...\n"
    linked = program({file: text, "pkg/__init__.py": "", "pkg/cli.py": cli})
    commands = [entry for entry in linked.entries if entry.kind == "console"]
    assert [each.evidence for each in commands] == [
        f"the command train of {file}", f"the command other of {file}"
    ]  # fmt: skip
    assert [bool(list(linked.reach(each).calls(SEED))) for each in commands] == [True, False]


def test_a_notebook_is_a_program(program):
    cells = [{"cell_type": "code", "source": f"{TARGET}\ntarget()"}]
    linked = program({"n.ipynb": json.dumps({"cells": cells})})
    (entry,) = linked.entries
    assert (entry.kind, len(list(linked.reach(entry).calls(SEED)))) == (
        "notebook",
        1,
    )


def test_a_notebook_runs_a_script(program):
    cells = [{"cell_type": "code", "source": x} for x in ("%run lib.py", "target()")]
    linked = program({"lib.py": TARGET, "n.ipynb": json.dumps({"cells": cells})})
    (entry,) = linked.entries
    assert len(list(linked.reach(entry).calls(SEED))) == 1


def test_a_package_imports_from_itself(program):
    linked = program(
        {
            "lib/__init__.py": "from . import inner as inner, missing as missing",
            "lib/inner.py": TARGET,
            "main.py": "import lib\nlib.missing()\nlib.inner.target()",
        }
    )
    (entry,) = linked.entries
    assert len(list(linked.reach(entry).calls(SEED))) == 1


def test_the_path_is_evidence(program):
    linked = program(
        {
            "main.py": "from a import f\n\nf()\n",
            "a.py": "import lib\n\n\ndef f():\n    g()\n\n\ndef g():\n    lib.target()\n",
            "lib.py": TARGET,
        }
    )
    (entry,) = linked.entries
    reach = linked.reach(entry)
    (site,) = reach.calls(SEED)
    steps = [(step.module.name, step.line, step.what) for step in reach.path(site.frame)]
    assert steps == [("main", 3, "f"), ("a", 5, "g"), ("a", 9, "target")]


def test_loops_without_end(program):
    linked = program(
        {
            "main.py": "import a\ndef f(x):\n    return f(g(x))\n"
            "def g(x):\n    return lambda: f(x)\n"
            "class C:\n    def m(self):\n        return C().m().n()\nC().m()\nf(f)\n",
            "a.py": "import main\nx = y\ny = x\nz = z.w\nclass D(D): ...\nD().e\n",
        }
    )
    for entry in linked.entries:
        linked.reach(entry)


def test_a_function_that_unwraps_by_calling_itself_ends(program):
    ways = "".join(f"    if hasattr(x, '{w}'):\n        return unwrap(x.{w})\n" for w in "abcd")
    text = f"import gym, lib\ndef unwrap(x):\n{ways}    return x\nunwrap(gym.make()).step()\n"
    linked = program({"main.py": text + "unwrap(lib).target()\n", "lib.py": TARGET})
    (entry,) = linked.entries
    assert list(linked.reach(entry).calls(SEED))


def test_what_is_unknown_is_kept(program):
    linked = program({"main.py": "def f(x):\n    x.run()\nf(undefined)\n"})
    (entry,) = linked.entries
    assert len(linked.reach(entry).unknown) == 1


def many_callers(count):
    """Return a project in which many scripts hand a library something else each."""
    library = (
        "class Runner:\n    def __init__(self, options, task):\n        self.task = task\n"
        "        self.options = options\n    def run(self):\n        self.task()\n"
        "        step(self.options)\n\n\ndef step(options):\n    print(options)\n"
    )
    script = "import lib, runner\nrunner.Runner({{'size': {0}}}, lib.target).run()\nprint({0})\n"
    scripts = {f"script_{number}.py": script.format(number) for number in range(count)}
    return {"lib.py": TARGET, "runner.py": library} | scripts


def test_contexts_of_a_function_are_bounded_and_callables_stay_known(program):
    linked = program(many_callers(120))
    for entry in linked.entries:
        assert list(linked.reach(entry).calls(SEED)), entry.module.name
    visited = Counter(
        frame.function.name for frame, _ in linked.explorer.activities if frame.function
    )
    assert max(visited.values()) < 60
    last = coverage_of(linked.entries[-1], linked)
    assert last.shared > 0
    assert last.is_whole


def test_few_contexts_are_told_apart(program):
    linked = program(many_callers(3))
    for entry in linked.entries:
        assert coverage_of(entry, linked).shared == 0


def test_a_command_reaches_no_other(program):
    linked = program(
        {
            "main.py": "import click, lib\n@click.group()\ndef cli(): ...\n@cli.command()\n"
            "def a():\n    lib.target()\n@cli.command()\ndef b():\n    print(1)\n",
            "lib.py": TARGET,
        }
    )
    found = {
        entry.function.name: bool(list(linked.reach(entry).calls(SEED)))
        for entry in linked.entries
        if entry.function is not None
    }
    assert found == {"cli": False, "a": True, "b": False}


def test_a_script_named_like_a_test_is_a_program(program):
    script = "import lib\nlib.target()\n"
    linked = program(
        {
            "copy_test.py": f"{script}test_loss = 0\n",
            "test_lib.py": f"{script}def test_it():\n    pass\n",
            "tests/run.py": script,
            "lib.py": TARGET,
        }
    )
    found = {entry.module.path.name: entry.is_test for entry in linked.entries}
    assert found == {"copy_test.py": False, "test_lib.py": True, "run.py": True}


def test_a_question_that_hardly_ends_is_given_up(tmp_path):
    """Ten ways of calling, six functions deep, each handed another thing: a million contexts."""
    ways = "".join(f"    if y == {n}:\n        return f{{}}(x, (y, {n}))\n" for n in range(10))
    thicket = [f"def f{n}(x, y):\n" + ways.replace("{}", str(n - 1)) for n in range(1, 7)]
    code = "\n".join(["def f0(x, y):\n    return x\n", *thicket, "f6(open, 0)('a')\nopen('b')"])
    (tmp_path / "main.py").write_text(code)
    project = open_project([tmp_path])
    program = Program(project, load_sources(project.files, Cache(None)))
    (entry,) = program.entries
    reach = program.reach(entry)
    assert len(list(reach.calls("builtins.open"))) == 2  # what was found until then is kept
    assert {each.kind for each in program.evaluator.limits.met} == {"nesting"}
    assert len(program.evaluator.known) < 2 * MAX_ASKED


WALKER = """import ast


def value(x):
    if x.left:
        left, right = value(x.left), value(x.right)
        return join(left, right, x)
    if x.values:
        for part in x.values:
            found = value(part.value)
        return join(found, value(x.func), x)
    if x.func:
        return called(value(x.func.value), x)
    return x.value


def called(found, x):
    args = [value(each) for each in x.args]
    for each in x.keywords:
        found = join(found, value(each.value), x)
    return join(found, args, x)


def join(left, right, x):
    for each in x.elts:
        return called(value(each), x.slice)
    return value(x.body) or left or right


value(ast.parse("1")).close()
"""


def test_what_walks_over_a_tree_is_followed_for_few_of_its_parts(program):
    """Functions that hand each other parts of what they are handed, and what those give."""
    linked = program({"main.py": WALKER})
    (entry,) = linked.entries
    assert any(name.startswith("ast.parse().") for name in linked.reach(entry).names)
    assert len(linked.evaluator.known) < 15_000


HANDED = "import lib\n\n\ndef call(f):\n    f()\n\n\nclass A:\n    def m(self):\n        self.n()\n"
HANDED += "\n    def n(self):\n        lib.target()\n\n\n"


@pytest.mark.parametrize(
    ("call", "is_kept"), [("call(lib.target)", False), ("A().m()", True), ("lib.target()", True)]
)
def test_in_a_project_without_end_calls_are_followed_but_not_what_they_hand_over(
    call, is_kept, program, monkeypatch
):
    monkeypatch.setattr(evaluation, "MAX_KNOWN", 0)
    linked = program({"main.py": f"{HANDED}{call}\n", "lib.py": TARGET})
    (entry,) = linked.entries
    assert bool(list(linked.reach(entry).calls(SEED))) is is_kept
    assert {each.kind for each in linked.evaluator.limits.met} == {"contexts"}


@pytest.mark.parametrize(
    ("text", "learns"),
    [
        ("import torch", True),
        ("from sklearn.svm import SVC", True),
        ("import pytorch_lightning.loggers", True),
        ("import mine\nmine.make().fit(1)", True),
        ("import json\nfrom .torch import load\nprint(json.dumps(1))", False),
    ],
)
def test_programs_are_looked_at_where_anything_learns(text, learns, program):
    run = {"main.py": "import lib\nlib.target()\n"}
    linked = program({**run, "lib.py": f"{text}\n\n\ndef target():\n    pass\n"})
    assert [entry.module.name for entry, _ in linked.programs] == ["main"] * learns
    assert [entry.module.name for entry in linked.entries] == ["main"]  # it is one all the same
    only_tests = program({**run, "lib.py": "def target():\n    pass\n", "tests/test_a.py": text})
    assert list(only_tests.programs) == []


def test_files_that_call_something_are_found_by_any_of_its_names(program):
    linked = program(
        {
            "direct.py": "import torch\ntorch.save(1)\n",
            "other.py": "from torch import save as keep\n\ndef f():\n    keep(1)\n",
            "handed.py": "import torch\nmap(torch.save, [1])\n",
            "named.py": "save = 1\nkeep(save)\n",
        }
    )
    assert [each.name for each in linked.calling("save", "store")] == ["direct", "other"]
    assert len(list(linked.mentioning("save"))) == 4
