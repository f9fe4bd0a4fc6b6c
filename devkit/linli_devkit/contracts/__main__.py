"""`python -m linli_devkit.contracts`: writes or checks the generated files."""

import sys

from linli_devkit.contracts.generate import main

sys.exit(main())
