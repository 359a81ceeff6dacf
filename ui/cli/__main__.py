"""`python -m ui.cli`: the command line without the `rungwise` script. Knows nothing else."""

import sys

from ui.cli import main

sys.exit(main())
