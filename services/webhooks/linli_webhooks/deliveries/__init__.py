"""Deliveries: each event is stored for every endpoint that wants it, and posted until it is taken.

The intake stores, the deliverer claims what is due and sends it, on the schedule of Standard
Webhooks. An endpoint that is gone or silent is disabled.
"""

from linli_webhooks.deliveries.deliverer import Deliverer
from linli_webhooks.deliveries.intake import Intake
from linli_webhooks.deliveries.queries import Delivery, count_unreadable, deliveries

__all__ = ["Deliverer", "Delivery", "Intake", "count_unreadable", "deliveries"]
