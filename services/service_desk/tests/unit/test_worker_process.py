import subprocess
import sys

HEAVY = ("sqlalchemy", "nameko", "eventlet", "marshmallow")


def test_the_process_that_runs_the_solver_loads_neither_database_nor_framework():
    code = f"""
import sys
import linli_service_desk.matching.engine
print(sorted(set({HEAVY}) & set(sys.modules)))
"""
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert loaded.stdout.strip() == "[]"
