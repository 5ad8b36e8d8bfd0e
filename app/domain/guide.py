"""A page of the guide, as people read it."""

from dataclasses import dataclass

#: The page that lists the others.
HOME = "index"
#: What pages show, by how their names end.
PICTURES = {".svg": "image/svg+xml", ".png": "image/png"}


@dataclass(frozen=True, kw_only=True)
class GuidePage:
    #: In its address.
    name: str
    title: str
    #: HTML, safe to show; headings have the anchors that GitHub gives them.
    body: str
