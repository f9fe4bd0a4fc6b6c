"""The rules of grids, workers and residents' requests. Pure: nothing but the standard library is
imported here.
"""
