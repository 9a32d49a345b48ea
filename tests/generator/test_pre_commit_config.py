"""Where the emitted pre-commit config takes mllint from."""

from __future__ import annotations

import sys

import pytest
from cookiecutter.utils import create_env_with_context
from ruamel.yaml import YAML


@pytest.fixture
def render(repository):
    text = (repository / "template" / ".pre-commit-config.yaml").read_text()

    def render_config(**variables):
        context = {"cookiecutter": variables}
        rendered = create_env_with_context(context).from_string(text).render(**context)
        entries = YAML(typ="safe").load(rendered)["repos"]
        return next(e for e in entries if any(h["id"] == "mllint" for h in e["hooks"]))

    return render_config


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("gh:org/ml-template", "https://github.com/org/ml-template"),
        ("gl:org/ml-template", "https://gitlab.com/org/ml-template"),
        ("bb:org/ml-template", "https://bitbucket.org/org/ml-template"),
        ("https://github.com/org/x.git", "https://github.com/org/x.git"),
        ("https://ada:secret@git.example.com/x", "https://git.example.com/x"),
        ("git+https://token@git.example.com/x", "https://git.example.com/x"),
        ("git+file:///srv/x", "file:///srv/x"),
        ("git@github.com:org/x.git", "git@github.com:org/x.git"),
        ("ssh://git@github.com/org/x.git", "ssh://git@github.com/org/x.git"),
    ],
)
def test_an_address_is_the_source(render, template, address):
    entry = render(_template=template, _commit="0" * 40, _checkout="main")
    assert entry["repo"] == address
    assert entry["rev"] == "0" * 40


@pytest.mark.parametrize(
    "template",
    [
        "/home/ada/ml-template",
        "../ml-template",
        "ml-template",
        "C:\\Users\\ada\\ml-template",
        "C:/Users/ada/ml-template",
        "ada@work/ml-template",
        "https://github.com/org/ml-template/archive/main.zip",
        "/tmp/ML.ZIP",
        "hg+https://example.com/x",
    ],
)
def test_anything_else_means_the_installed_command(render, template):
    entry = render(_template=template, _commit="0" * 40, _checkout=None)
    assert entry["repo"] == "local"
    assert entry["hooks"][0]["language"] == "system"


def test_without_a_commit_the_checkout_is_the_revision(render):
    assert render(_template="gh:o/x", _commit="", _checkout="v1.2")["rev"] == "v1.2"
    assert render(_template="gh:o/x")["rev"] == "HEAD"


def test_pre_commit_takes_the_files(repository, reference, user):
    (user.folder / "config.yaml").write_bytes(reference[".pre-commit-config.yaml"])
    tool = (sys.executable, "-m", "pre_commit")
    done = user.run(*tool, "validate-config", "config.yaml")
    assert done.returncode == 0, done.stdout
    done = user.run(*tool, "validate-manifest", repository / ".pre-commit-hooks.yaml")
    assert done.returncode == 0, done.stdout
