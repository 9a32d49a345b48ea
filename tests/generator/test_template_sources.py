"""What cookiecutter needs of the template's own files."""

from __future__ import annotations

import ast

from ml_template.source import find_template

MARKS = ("{{", "{%", "{#")


def template_files(export):
    body = export / "template"
    return {path.relative_to(body): path for path in body.rglob("*") if path.is_file()}


def test_every_question_and_choice_is_explained():
    source = find_template()
    assert set(source.prompts) == set(source.questions)
    for key, question in source.questions.items():
        prompt = source.prompts[key]
        if isinstance(prompt, dict):
            assert isinstance(question, list)
            assert set(prompt) == {"__prompt__", *question}


def test_no_folder_is_conditional(template_export):
    """Cookiecutter drops a file whose name renders empty, not a folder."""
    for name in template_files(template_export):
        assert not any("{%" in part for part in name.parts[:-1]), name


def test_python_below_src_holds_no_template_syntax(template_export):
    """Files with a plain name are copied. Conditional ones are rendered: cookiecutter 2.7.1 dies on
    a copied file whose name renders empty."""
    for name, path in template_files(template_export).items():
        if name.parts[0] != "src" or ".py" not in name.name:
            continue
        text = path.read_text(encoding="utf-8")
        ast.parse(text)
        if "{%" in name.name:
            assert not any(mark in text for mark in MARKS), name
