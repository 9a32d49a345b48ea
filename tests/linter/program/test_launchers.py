"""Which entry points begin the same program."""

from __future__ import annotations

TRAIN = """
import torch

def main():
    train(torch.optim.SGD([], lr=0.1))

def train(optimizer):
    optimizer.step()

if __name__ == "__main__":
    main()
"""


def begins(linked):
    """Return for each program the files that it may begin in, the most telling first."""
    return {tuple(entry.module.name for entry in each.entries) for each in linked.trainings}


def test_who_calls_a_programs_main_function_launches_it(program):
    launcher = (
        "import train\n\nclass Job:\n    def __call__(self):\n        train.main()\nJob()()\n"
    )
    again = "import slurm\n\nslurm.Job()()\n"
    linked = program({"train.py": TRAIN, "slurm.py": launcher, "a.py": again})
    assert begins(linked) == {("train", "a")}


def test_a_command_and_a_script_that_begin_the_same(program):
    linked = program(
        {
            "pyproject.toml": "[project.scripts]\ntrain = 'pkg.cli:main'\n",
            "pkg/__init__.py": "",
            "pkg/cli.py": TRAIN.partition("if __name__")[0],
            "run.py": "from pkg.cli import main\n\nmain()\n",
        }
    )
    assert begins(linked) == {("pkg.cli", "run")}


def test_each_run_has_its_own_reach(program):
    launcher = "import torch\nimport train\n\ntorch.manual_seed(0)\ntrain.main()\n"
    linked = program({"train.py": TRAIN, "launch.py": launcher})
    (training,) = linked.trainings
    seeded = [bool(list(run.reach.calls("torch.manual_seed"))) for run in training.runs]
    assert seeded == [False, True]


def test_programs_that_share_a_trainer_are_two(program):
    trainer = TRAIN.partition("if __name__")[0]
    linked = program(
        {
            "trainer.py": trainer,
            "cats.py": "import trainer\ntrainer.main()\n",
            "dogs.py": "import trainer\ntrainer.main()\n",
        }
    )
    assert begins(linked) == {("cats",), ("dogs",)}


def test_programs_that_share_an_inner_loop_are_two(program):
    other = f"import train\n{TRAIN}".replace("    train(", "    train.train(")
    assert begins(program({"train.py": TRAIN, "other.py": other})) == {("train",), ("other",)}
