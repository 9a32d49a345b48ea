"""What happens to rows of data: where they come from, who learns from them, who is tested on them.

Rules ask two things::

    events = rows_of(program)    # mllint.rows.analysis: lists of what happened, see `events`
    leaks = leaks_of(program)    # mllint.rows.leaks: fits that saw rows which a model is tested on

Both are found once for a program. `rows_of` carries out, on abstract values, every module that
mentions a word of fitting or splitting, statement by statement, into the project's own functions,
classes and modules, and then every function that nothing has called.

A `Value` (see `value`) has facets: ``regions``, the rows that it holds; ``marks``, what was learned
or rearranged and has touched it; ``columns`` and ``without``, the columns that it is known to have
or to have lost; ``items``, what it contains. Nothing known is an empty facet, never a guess; facets
of branches are joined. ``value.flat`` is all that a value holds and contains, as one.

A `Region` (see `provenance`) is an origin and the steps by which the rows were chosen: `Step`, one
side of a `Split`. ``train`` and ``test`` are sides of a split by call, sample or folds; a slice's
or mask's side is its bounds or its comparison. ``region.opposed_to(other)`` tells that a split puts
two regions on different sides, ``covers`` that one holds all rows of the other. Validation is the
``test`` side of the split that made it; what was held out by an earlier split keeps that step too.

A `Mark` carries a `Fit`, whose ``kind`` says what was learned (``transform``, ``vectorizer``,
``vocabulary``, ``selection``, ``resampling``, ``statistic``, ``group-statistic`` …), or how rows
were rearranged: ``look-ahead`` (``shift(-1)``, centred windows), ``lag``, ``sorting``, ``time``
(``parse_dates``, ``to_datetime``, ``.dt``), ``duplication``. ``fit.learned`` are the regions it
learned from, ``fit.spot`` is where, ``mark.columns`` the columns that it is on.

The events, in order: `Fitting`, `Splitting`, `Evaluation` (a model meets rows: ``predict``,
``score``, ``validation``; or they are handed to where they can't be followed), `Validation`
(cross-validation by a library) and `Measurement` (a metric). ``Spot.module``, ``.statement`` and
``.part`` are what a Report takes.

What library calls do to rows is told by knowledge/rows.toml.
"""
