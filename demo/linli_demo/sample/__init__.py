"""The sample district: made-up data on real division codes, and mapping files for other cities'
data.

The files stand in `dongcheng/` and `mappings/`; `python -m linli_devkit.sample.generate` writes the
former anew.
"""
