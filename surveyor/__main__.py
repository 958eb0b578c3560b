"""`python -m surveyor`: the same command as `surveyor`, wherever the package stands."""

import sys

from surveyor.cli import main

if __name__ == "__main__":
    sys.exit(main())
