"""The service catalogue: what residents may ask for, and the district's policy for each service.

The policy holds the calendar, the deadlines of a service item and the days within which a closed
case can be reopened. It is made from the settings once in a process.
"""

from linli_service_desk.catalogue.queries import CasePolicy, case_policy

__all__ = ["CasePolicy", "case_policy"]
