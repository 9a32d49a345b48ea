"""`python -m <package> COMMAND [key=value …]`."""

from .cli import main

raise SystemExit(main())
