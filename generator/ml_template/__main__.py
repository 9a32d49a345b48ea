"""``python -m ml_template``."""

import sys

from .cli import main

sys.exit(main())
