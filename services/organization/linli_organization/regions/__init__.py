"""The divisions of the district 行政区划: district, sub-districts and communities.

A division is registered by its code, from which its level, its kind and the division above it
follow (GB/T 2260, GB/T 10114). Other features ask here whether the divisions that they are given
are registered, and whether they lie in the region of the caller.
"""

from linli_organization.regions.queries import refuse_unregistered

__all__ = ["refuse_unregistered"]
