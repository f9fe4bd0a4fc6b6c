"""The events, one module per producing service. Importing this package fills the catalogue."""

from linli_contracts.events import evaluation, grid, organization, service_desk

__all__ = ["evaluation", "grid", "organization", "service_desk"]
