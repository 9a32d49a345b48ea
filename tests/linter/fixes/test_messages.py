"""Prints become calls of a logger that write the same line."""

from __future__ import annotations

import logging

import pytest

from mllint.fixes.changes import LogLazily
from mllint.fixes.tree import UnfixableError

VALUES = "x, n, name, d = 0.12345, 7, 'run %', {'loss': 1.5}\n"
SAME = (
    "print(x)",
    "print('a', n, name)",
    "print('100%', f'{x:.3f} {n:04d} {name!r} 50%', sep='')",
    "print(f'{x:8.2f}|{name:<8}|{name:>8s}|{x:.1%}|{{n}}')",
    "print('loss: {:.4f} {}'.format(x, n) + ' ' + str(name))",
    "print('{1} {0:.2e} {key}'.format(x, n, key=name))",
    "print('%d%% %.2f' % (n, x), '%s' % name)",
    'print(\'it\\\'s\', "\\"so\\"", flush=True)',
    "print('done 100%')",
    "print('loss: {:.4f} '\n      '{}'.format(x, n))",
    "print('loss %.3f ' \\\n      '%s' % (x, n))",
    "print('a ' 'b' + ' %d' % n)",
    "print(f'a {d[\"loss\"]:.2f}' ' b')",
    "print((n, x), n if x else x)",
)
REFUSED = (
    "print(n, end='')",
    "print(*d)",
    "print(f'{x=}')",
    "print(f'{x:{n}.2f}')",
    "print('%(loss)s' % d)",
    "print(n, file=out)",
    "print(i for i in d)",
)


@pytest.mark.parametrize("line", SAME)
def test_the_same_line_is_written(line, file, capsys, caplog):
    it = file(f"{VALUES}{line}\n")
    changed = it.fixed(LogLazily(*it.part("print"), "logger.info")).decode()
    assert "logger.info(" in changed
    exec(f"{VALUES}{line}", {})
    with caplog.at_level(logging.INFO):
        exec(changed, {"logger": logging.getLogger("it")})
    assert [f"{each.getMessage()}\n" for each in caplog.records] == [capsys.readouterr().out]


@pytest.mark.parametrize("line", REFUSED)
def test_what_a_logger_would_write_otherwise_stays(line, file):
    it = file(f"{VALUES}{line}\n")
    with pytest.raises(UnfixableError):
        it.fixed(LogLazily(*it.part("print"), "logger.info"))


LONG = "print('[Epoch %d/%d] [Batch %d/%d] [D loss: %f] [G loss: %f]' % ({values}))"
LAYOUTS = [
    (
        "epoch, epochs, step, steps, d_loss, g_loss",
        "logger.info(\n{i}{text},\n{i}epoch, epochs, step, steps, d_loss, g_loss,\n)",
    ),
    (
        ", ".join(["numbers_of_all_epochs[0]"] * 6),
        "logger.info(\n{i}{text},\n" + "{i}numbers_of_all_epochs[0],\n" * 6 + ")",
    ),
]


@pytest.mark.parametrize("unit", ["    ", "\t", "  "])
@pytest.mark.parametrize(("values", "layout"), LAYOUTS)
def test_a_long_call_is_laid_out(values, layout, unit, file):
    line = LONG.format(values=values)
    it = file(f"for x in y:\n{unit}if n:\n{unit}{unit}{line}\n")
    changed = it.fixed(LogLazily(*it.part("print"), "logger.info")).decode()
    text = '"[Epoch %d/%d] [Batch %d/%d] [D loss: %f] [G loss: %f]"'
    expected = layout.format(i=unit, text=text).replace("\n", f"\n{unit}{unit}")
    assert changed == f"for x in y:\n{unit}if n:\n{unit}{unit}{expected}\n"
