"""The items of one import on their way: which are still taken, which were refused and why. Knows no
particular item.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from linli_chassis.http import import_response, refused_item
from linli_chassis.i18n import Text

from linli_organization.domain.errors import GivenTwice, OrganizationError

Item = dict[str, Any]


class Batch:
    """Items with their places. Each rule is put to all items before the next, so that rules may ask
    the database once.

    A strict batch raises what a rule raises; any other notes the item as refused and goes on with
    the rest.
    """

    def __init__(
        self,
        items: Sequence[tuple[int, Item]],
        refused: Sequence[Item] = (),
        *,
        strict: bool = False,
    ) -> None:
        self._items = list(items)
        self._refused = list(refused)
        self._strict = strict
        self._repeated = 0

    @classmethod
    def of_one(cls, item: Item) -> Batch:
        """A strict batch of a single item."""
        return cls([(0, item)], strict=True)

    @property
    def items(self) -> list[Item]:
        """The items still taken."""
        return [item for _, item in self._items]

    def put(self, rule: Callable[[Item], Item | None]) -> None:
        """Refuse the items at which `rule` raises; replace those for which it gives another."""
        taken = []
        for index, item in self._items:
            try:
                taken.append((index, rule(item) or item))
            except OrganizationError as error:
                if self._strict:
                    raise
                detail = Text(error.message, **error.params)
                self._refused.append(refused_item(index, detail, error.pointer or ""))
        self._items = taken

    def only_once(self, key: str) -> None:
        """Let the first item of each key stand; the same again is no change, something else is
        refused.
        """
        first: dict[str, Item] = {}

        def rule(item: Item) -> None:
            if first.setdefault(item[key], item) != item:
                raise GivenTwice(
                    "{key} is in this import already, with other values.", key=item[key]
                )

        self.put(rule)
        distinct = {item[key]: (index, item) for index, item in reversed(self._items)}
        self._repeated += len(self._items) - len(distinct)
        self._items = sorted(distinct.values(), key=lambda pair: pair[0])

    def answer(self, changed: int) -> dict[str, Any]:
        """The import's answer, when `changed` items changed something."""
        return import_response(changed, len(self._items) + self._repeated - changed, self._refused)
