"""Cases (案卷) along the seven steps of GB/T 30428: opened when a request was verified, handled by
the actions of people and by time, shown with their history.

Other features carry out actions with `perform`, which keeps to the table of the steps, and read
cases through the functions below; the tables are this feature's own. A case is changed only while
it is locked.
"""

from linli_service_desk.cases.commands import (
    carry_out,
    lock_in_scope,
    must_allow,
    perform,
    perform_all,
)
from linli_service_desk.cases.domain.actions import (
    BY_DISPATCHER,
    BY_MATCHING,
    Assignment,
    DispatchCase,
    ReopenCase,
)
from linli_service_desk.cases.domain.case import Case, State
from linli_service_desk.cases.domain.decisions import unmatched
from linli_service_desk.cases.domain.events import Alternative, CostPart
from linli_service_desk.cases.domain.states import CASE_STATES
from linli_service_desk.cases.domain.views import ShownCase
from linli_service_desk.cases.queries import (
    case_detail,
    dispatches_since,
    refusals_of,
    usual_resources,
)
from linli_service_desk.cases.schemas import STATE_CODES, CaseDetail
from linli_service_desk.cases.tables.locking import (
    any_waiting,
    find_by_digest,
    lock_waiting,
    set_waiting,
    wake_waiting,
)

__all__ = [
    "BY_DISPATCHER",
    "BY_MATCHING",
    "CASE_STATES",
    "STATE_CODES",
    "Alternative",
    "Assignment",
    "Case",
    "CaseDetail",
    "CostPart",
    "DispatchCase",
    "ReopenCase",
    "ShownCase",
    "State",
    "any_waiting",
    "carry_out",
    "case_detail",
    "dispatches_since",
    "find_by_digest",
    "lock_in_scope",
    "lock_waiting",
    "must_allow",
    "perform",
    "perform_all",
    "refusals_of",
    "set_waiting",
    "unmatched",
    "usual_resources",
    "wake_waiting",
]
