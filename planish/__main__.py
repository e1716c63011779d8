"""`python -m planish` is the command line."""

import sys

from planish.cli.main import main

sys.exit(main())
