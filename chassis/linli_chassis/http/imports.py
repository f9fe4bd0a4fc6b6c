"""Bulk imports: items that are each judged alone, those refused listed with place and reason."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from linli_contracts.identity import Actor
from linli_kernel.errors import DomainError, Invalid
from marshmallow import Schema, ValidationError, fields

from linli_chassis.http.problems import flatten
from linli_chassis.http.schemas import BodySchema, ResponseSchema, TranslatedText, named_schema
from linli_chassis.i18n import Text

MAX_IMPORT_ITEMS = 1000

Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An item that was not taken: its place from 0, where in it the fault is, and why."""

    index: int
    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of an import: items that changed something, were there already, were refused."""

    accepted: int
    unchanged: int
    refused: Sequence[Refusal]


class GivenTwice(Invalid):
    """Two items of one import have one key and other values."""

    message = "{key} is in this import already, with other values."


class Batch(Generic[Item]):
    """Items with their indexes. Each rule is applied to all items before the next rule.

    A strict batch, that of a single command, raises what a rule raises; any other records the item
    as refused and goes on with the rest.
    """

    def __init__(
        self,
        items: Sequence[tuple[int, Item]],
        refused: Sequence[Refusal] = (),
        *,
        strict: bool = False,
        repeated: int = 0,
    ) -> None:
        self._items = list(items)
        self._refused = list(refused)
        self._strict = strict
        self._repeated = repeated

    @classmethod
    def of_one(cls, item: Item) -> Batch[Item]:
        """A strict batch of a single item."""
        return cls([(0, item)], strict=True)

    @property
    def items(self) -> list[Item]:
        """The items still taken."""
        return [item for _, item in self._items]

    @property
    def indexed(self) -> list[tuple[int, Item]]:
        """The items still taken, each with its place from 0."""
        return list(self._items)

    def map(self, rule: Callable[[Item], Other]) -> Batch[Other]:
        """The batch of what `rule` makes of each item; items at which it raises are refused."""
        taken: list[tuple[int, Other]] = []
        refused = list(self._refused)
        for index, item in self._items:
            try:
                taken.append((index, rule(item)))
            except DomainError as error:
                if self._strict:
                    raise
                refused.append(_refusal(index, Text(error.message, **error.params), error.pointer))
        return Batch(taken, refused, strict=self._strict, repeated=self._repeated)

    def check(self, rule: Callable[[Item], object]) -> Batch[Item]:
        """The batch without the items at which `rule` raises."""

        def keep(item: Item) -> Item:
            rule(item)
            return item

        return self.map(keep)

    def unique(self, key: Callable[[Item], Hashable]) -> Batch[Item]:
        """The batch in which each key stands once; a repetition that differs is refused."""
        first: dict[Hashable, Item] = {}

        def rule(item: Item) -> None:
            if first.setdefault(key(item), item) != item:
                raise GivenTwice(key=key(item))

        batch = self.check(rule)
        distinct: dict[Hashable, tuple[int, Item]] = {}
        for index, item in batch._items:
            distinct.setdefault(key(item), (index, item))
        repeated = len(batch._items) - len(distinct)
        return Batch(
            list(distinct.values()),
            batch._refused,
            strict=self._strict,
            repeated=self._repeated + repeated,
        )

    def within(
        self,
        actor: Actor,
        region_of: Callable[[Item], str],
        refusal: type[DomainError],
        pointer: str,
    ) -> Batch[Item]:
        """The batch without the items in regions that the actor does not cover.

        Args:
            refusal: what such an item is refused with; given the code as `region_code`.
        """
        actor.covers(None)  # asks for the scope also where no item is left

        def rule(item: Item) -> None:
            region_code = region_of(item)
            if not actor.covers(region_code):
                raise refusal(pointer=pointer, region_code=region_code)

        return self.check(rule)

    def result(self, changed: int) -> ImportResult:
        """What became of the import, when `changed` items changed something."""
        unchanged = len(self._items) + self._repeated - changed
        return ImportResult(changed, unchanged, sorted(self._refused, key=lambda r: r.index))


class RefusedItem(ResponseSchema):
    """An item of an import that was not taken, and why."""

    index = fields.Integer(
        required=True, metadata={"description": "Its place among the items, from 0."}
    )
    pointer = fields.String(required=True)
    detail = TranslatedText(required=True)


class ImportResponse(ResponseSchema):
    """What became of an import."""  # services add fields of their own in a subclass

    accepted = fields.Integer(
        required=True, metadata={"description": "Items that changed something."}
    )
    unchanged = fields.Integer(
        required=True, metadata={"description": "Items that were there already."}
    )
    refused = fields.List(fields.Nested(RefusedItem), required=True)


class ImportItems(fields.List[Any]):
    """Items that are each judged alone: loads into a `Batch`."""

    def __init__(self, item: fields.Field[Any], **options: Any) -> None:
        bounds = {"minItems": 1, "maxItems": MAX_IMPORT_ITEMS}
        super().__init__(item, **options, metadata=bounds)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if not 1 <= len(value) <= MAX_IMPORT_ITEMS:
            raise ValidationError(
                Text("Length must be between {min} and {max}.", min=1, max=MAX_IMPORT_ITEMS)
            )
        taken: list[tuple[int, Any]] = []
        refused: list[Refusal] = []
        for index, item in enumerate(value):
            try:
                taken.append((index, self.inner.deserialize(item)))
            except ValidationError as error:
                pointer, detail = next(flatten(error.messages))
                refused.append(_refusal(index, detail, pointer))
        return Batch(taken, refused)


def ImportBody(item: type[Schema], **more: fields.Field[Any]) -> type[BodySchema]:  # noqa: N802
    """The body of a bulk import: `{"items": [...]}`, at most 1000.

    Loads into a `Batch` of what the schema of an item makes; with `more`, fields beside `items`,
    into a dict that holds the batch as `items`. An item that breaks its schema is refused with its
    first error and does not stop the others.
    """
    items = ImportItems(fields.Nested(item), required=True)
    attributes: dict[str, Any] = {"items": items, "takes_many": True, **more}
    if not more:
        attributes["makes"] = staticmethod(lambda items: items)
    return named_schema(f"{item.__name__}Import", BodySchema, attributes)


def _refusal(index: int, detail: str, pointer: str | None) -> Refusal:
    return Refusal(index, f"/items/{index}{pointer or ''}", detail)
