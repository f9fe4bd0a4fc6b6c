"""`python -m linli_devkit.contracts`: writes or checks the generated files."""

import sys
import warnings

warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")  # services are loaded for access.md

from linli_devkit.contracts.generate import main  # noqa: E402

sys.exit(main())
