"""A page of the guide, as people read it."""

from dataclasses import dataclass

#: The page that lists the others.
HOME = "index"


@dataclass(frozen=True, kw_only=True)
class GuidePage:
    #: In its address.
    name: str
    title: str
    #: HTML, safe to show; headings have the anchors that GitHub gives them.
    body: str
