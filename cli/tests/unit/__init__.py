"""Tests of the command. Packages, so that pytest does not take this folder for the standard
library's `platform`.
"""
