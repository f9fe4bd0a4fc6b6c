"""The service desk: its features, each a folder beside this file."""

from __future__ import annotations

from linli_service_desk.cases.routes import Cases
from linli_service_desk.catalogue.routes import Catalogue
from linli_service_desk.feedback.routes import Feedback
from linli_service_desk.matching.routes import Matching
from linli_service_desk.projections.routes import Projections
from linli_service_desk.settings import ServiceDeskSettings


class ServiceDeskService(Catalogue, Cases, Matching, Feedback, Projections):
    """Cases through the seven steps: opened, matched, handled, checked, judged by the resident."""

    name = "service_desk"
    settings = ServiceDeskSettings
