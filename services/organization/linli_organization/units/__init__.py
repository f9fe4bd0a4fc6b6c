"""The units of the district: departments, institutions, enterprises, teams of volunteers.

A unit is registered in a division, under its reference in the system that it comes from. Other
features ask here which units there are, and where they are registered.
"""

from linli_organization.units.queries import find_unit, find_units, reference_of

__all__ = ["find_unit", "find_units", "reference_of"]
