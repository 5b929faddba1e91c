"""`python -m segbench` is the command `segbench`."""

import sys

from segbench.cli import main

sys.exit(main())
