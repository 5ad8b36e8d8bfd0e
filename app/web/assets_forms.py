"""Bodies of asset routes as the document tells of them."""

from typing import Annotated

from pydantic import Field, RootModel

from app.web.assets_schemas import SitePage, SitePages
from app.web.schemas import Given


class AssetForm(Given):
    """A medium with its standard payload."""

    payload: Annotated[str, Field(description="The standard payload, as JSON; no source in it.")]
    file: Annotated[bytes, Field(description="The medium itself.")]


class Push(RootModel[SitePages | SitePage]):
    """One page, or many."""
