"""Keep every closed case in a database of your own: each once, whatever is interrupted.

    linli subscriber add example-queue --types linli.service_desk.case_closed.v1
    AMQP_URI=amqp://... LINLI_DISTRICT=110101 DATABASE=cases.db python subscribe.py [first]

Without an argument it takes what waits in its queue. With `first` it reads the stream from the
beginning, seven days back, and goes on from where it was when it is started again.
"""

import os
import signal
import sqlite3
import sys

from linli_client.events import NotNow, Quarantined, Subscriber
from linli_contracts.envelope import Event

TABLES = """
CREATE TABLE IF NOT EXISTS closed_case (event_id PRIMARY KEY, case_id, working_hours);
CREATE TABLE IF NOT EXISTS position (stream PRIMARY KEY, last_offset);
CREATE TABLE IF NOT EXISTS quarantine (at, reason, headers, body);
"""


class Store:
    """The effect of events, how far the stream was read, and what could not be taken."""

    def __init__(self, path: str) -> None:
        self.path = path
        with self.connect() as database:
            database.executescript(TABLES)

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path)

    def handle(self, event: Event) -> None:
        """An event may come again; its id makes the second time change nothing."""
        row = (str(event.id), event.subject, event.data["working_hours"])
        try:
            with self.connect() as database:
                database.execute("INSERT OR IGNORE INTO closed_case VALUES (?, ?, ?)", row)
        except sqlite3.OperationalError as error:
            raise NotNow from error  # the database is busy: try again, and set nothing aside

    def quarantine(self, message: Quarantined) -> None:
        """What cannot be read, or failed again and again, waits here for a person."""
        raw = message.message
        row = (message.quarantined_at.isoformat(), message.reason, str(raw.headers), raw.body)
        with self.connect() as database:
            database.execute("INSERT INTO quarantine VALUES (?, ?, ?, ?)", row)

    def load(self) -> tuple[str, int] | None:
        """The stream and the offset of the last message that was handled."""
        with self.connect() as database:
            row = database.execute("SELECT stream, last_offset FROM position").fetchone()
        return row and (str(row[0]), int(row[1]))

    def save(self, log: str, offset: int) -> None:
        """Called after each message that was handled or set aside."""
        with self.connect() as database:
            database.execute("DELETE FROM position WHERE stream <> ?", (log,))
            database.execute("INSERT OR REPLACE INTO position VALUES (?, ?)", (log, offset))


store = Store(os.environ["DATABASE"])
subscriber = Subscriber(
    os.environ["AMQP_URI"],
    os.environ["LINLI_DISTRICT"],
    "example-queue",
    quarantine=store.quarantine,
    position=store,
    retry_seconds=(0.1, 0.5),
)
signal.signal(signal.SIGTERM, subscriber.stop)
since = "first" if sys.argv[1:] == ["first"] else None
subscriber.subscribe("linli.service_desk.case_closed.v1", store.handle, since=since)
