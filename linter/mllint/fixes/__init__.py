"""What mends findings: rules say it in facts (`changes`), files get it as text.

Three things can be had of a run's findings, whose `report.fix` is not None:

* `round.edits_of`: where each fix would change its file, for output that editors and bots read::

      for finding, edits in zip(findings, edits_of(findings)):
          ...  # None where it has no fix, or where that can't be made

* `engine.mend`: the content of each file once all fixes are made that can be, to a fixed point. It
  writes nothing. It is handed a function that lints, given contents that count instead of those
  on disk::

      mending = mend(lambda given: check(paths, given=given), unsafe=False)
      mending.outcome   # what the last of its runs found: all that remains
      mending.files     # of each changed file: path, content before and after, and what was made

* `writing.write` and `writing.diff` do with a changed file what their names say. What can't be
  written, for it has changed meanwhile or may not be, raises `UnwritableError` with one line.

Rules that share a mechanism find the changes of their fixes with it: `behind_split.behind_split`
moves what learns from rows behind their split, and `into_pipeline.into_pipeline` puts it into a
cross-validation.

A fix is made as a whole or not at all. What would not parse afterwards, or leave the finding where
it is, is not made.
"""
