"""A file that was edited: what is taken over is what a parse of the whole would give."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import mllint.facts.reading as reading
from mllint.document import Document
from mllint.facts.chunks import chunks, edit
from mllint.facts.lines import logical_lines
from mllint.facts.module import encode
from mllint.facts.reading import read_facts

SOURCE = '''# a comment above all
"""What it is."""
import torch  # mllint: ignore[MLR001] here
from torch import nn

if torch.cuda.is_available():
    device = "cuda"
elif other:
    device = "mps"
else:
    device = "cpu"


@decorated
@twice(
    1,
)
class Net(nn.Module):
    def forward(self, x):
        return [
            x,
        ]
# between


async def load(path): return await path
try:
    import wandb
except ImportError:
    wandb = None
finally:
    pass
match device:
    case "cpu": x = 1
    case _:
        x = 2; y = 3
text = """
def no_code():
"""; z = 1 + \\
    2
__all__ = ["Net"]
if __name__ == "__main__":
    main()
'''
LINES = (
    *("x = 1", "def f(a):", "    return a", "@decorated", "else:", "    pass", "except E:", '"""'),
    *("", "# a comment", "x = (", ")", "class C: y = 2", "if x:", "for a in b:", "\\", "\tz = 3"),
    *("import os", "x = f'{a}'", "match = 1", "    # inside", "x = [1,", "2]", "y = '''", "async"),
)


def document(text: str) -> Document:
    return Document(Path("x.py"), text)


def cut(text: str):
    return chunks(text, logical_lines(text))


edits = st.lists(
    st.tuples(
        st.integers(0, SOURCE.count("\n")), st.integers(0, 6), st.lists(st.sampled_from(LINES))
    ),
    min_size=1,
    max_size=3,
)


@given(edits)
@example([(32, 0, ["\\"])])  # a bare backslash, with which libcst has its troubles
@example([(5, 6, ["\\"])])
def test_facts_of_an_edited_file_are_those_of_a_new_one(changes):
    known = encode(*read_facts(document(SOURCE)))
    lines = SOURCE.split("\n")
    for position, deleted, added in changes:
        lines[position : position + deleted] = added
    new = document("\n".join(lines))

    assert read_facts(new, known) == read_facts(new)


@pytest.mark.parametrize("path", sorted(Path(reading.__file__).parent.glob("[a-z]*.py")), ids=str)
def test_real_files_without_a_line_in_the_middle(path):
    text = path.read_text()
    lines = text.split("\n")
    middle = next(n for n in range(len(lines) // 2, len(lines)) if lines[n].startswith("    "))
    del lines[middle]
    new = document("\n".join(lines))

    assert read_facts(new, encode(*read_facts(document(text)))) == read_facts(new)


def test_only_what_was_edited_is_parsed(monkeypatch):
    parsed = []

    def parse(part: Document):
        parsed.append(part.text)
        return parse_for_facts(part)

    parse_for_facts = reading.parse_for_facts
    known = encode(*read_facts(document(SOURCE)))
    monkeypatch.setattr(reading, "parse_for_facts", parse)
    read_facts(document(SOURCE.replace("[\n            x,", "[\n            -x,")), known)
    read_facts(document(SOURCE + "\n# only a comment\n"), known)

    assert [text.split("\n")[0] for text in parsed] == ["@decorated", 'if __name__ == "__main__":']


def test_a_chunk_is_a_statement_with_its_decorators():
    starts = [SOURCE.split("\n")[chunk.line - 1] for chunk in cut(SOURCE)]

    assert starts == [
        "# a comment above all",
        "import torch  # mllint: ignore[MLR001] here",
        "from torch import nn",
        "if torch.cuda.is_available():",
        "@decorated",
        "async def load(path): return await path",
        "try:",
        "match device:",
        'text = """',
        '__all__ = ["Net"]',
        'if __name__ == "__main__":',
    ]


def test_an_edit_is_between_what_is_the_same():
    old, new = cut("a = 1\nb = 2\nc = 3\n"), cut("a = 1\nb = 4\nd = 5\nc = 3\n")

    assert edit(old, new) == (1, 1)
    assert edit(old, old) == (3, 0)
    assert edit(old, cut("x = 1\n")) == (0, 0)
