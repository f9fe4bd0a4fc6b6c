"""How fast the platform is, each part against a raw loop on the same broker and database in the
same run.

`python -m benchmarks` runs all of them; the targets and what they mean are in docs/performance.md.
"""
