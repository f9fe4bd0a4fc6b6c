"""The Markdown pages of this repository: their headings, links and code blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(
    r"^(?:<!-- (?P<does>run|printed|copied): (?P<where>[^>]+?) -->\n)?"
    r"```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]+`")


@dataclass(frozen=True)
class Block:
    """A fenced block. `does` is the order in the comment before it: run or compare."""

    line: int
    language: str
    text: str
    does: str | None
    where: str | None


@dataclass(frozen=True)
class Page:
    """One page; `path` is from the root of the repository."""

    path: str
    text: str

    @property
    def file(self) -> Path:
        return ROOT / self.path

    @property
    def blocks(self) -> list[Block]:
        return [
            Block(
                self.text.count("\n", 0, match.start()) + 1,
                match["language"],
                match["text"],
                match["does"],
                match["where"],
            )
            for match in _FENCE.finditer(self.text)
        ]

    @property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCE.sub("", self.text)

    @property
    def headings(self) -> list[tuple[int, str]]:
        """Level and words of each heading."""
        return [(len(match[1]), match[2]) for match in _HEADING.finditer(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """What a link to a place in this page may end with."""
        seen: dict[str, int] = {}
        anchors = set()
        for _, words in self.headings:
            slug = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
            anchors.add(f"{slug}-{seen[slug]}" if slug in seen else slug)
            seen[slug] = seen.get(slug, 0) + 1
        return anchors

    @property
    def links(self) -> list[str]:
        """Where the page links to, outside code."""
        return _LINK.findall(_CODE.sub("", self.prose))

    @property
    def code_spans(self) -> list[str]:
        """What stands between single backticks."""
        return [found.strip("`") for found in _CODE.findall(self.prose)]

    def commands(self) -> list[str]:
        """Each command line of the page's console and bash blocks, with its continuations."""
        lines = []
        for block in self.blocks:
            text = block.text.replace("\\\n", " ")
            if block.language == "console":
                lines += [line[2:] for line in text.splitlines() if line.startswith("$ ")]
            elif block.language == "bash":
                lines += text.splitlines()
        return [line.strip() for line in lines]


@cache
def page(path: str) -> Page:
    """The page at a path from the root of the repository."""
    return Page(path, (ROOT / path).read_text(encoding="utf-8"))


def pages() -> list[Page]:
    """All pages of the repository, but those of tools in hidden folders."""
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return [
        page(path.as_posix())
        for path in sorted(paths)
        if not any(part.startswith(".") for part in path.parts)
    ]


def script(of: Page, where: str) -> str:
    """The blocks that are run in one place, in their order, as one program."""
    return "\n".join(
        block.text for block in of.blocks if (block.does, block.where) == ("run", where)
    )


def printed(of: Page, where: str) -> list[str]:
    """The lines that the page says its program prints in one place."""
    blocks = (block for block in of.blocks if (block.does, block.where) == ("printed", where))
    return [line for block in blocks for line in block.text.splitlines()]
