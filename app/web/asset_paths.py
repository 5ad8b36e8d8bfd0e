"""Addresses of assets. An asset may be called `docs/intro`: its name takes in slashes."""

from starlette.convertors import Convertor, register_url_convertor

THUMBNAIL = "/thumbnail"


class AssetName(Convertor[str]):
    """All the rest of an address, unless that is the address of its thumbnail."""

    regex = f".+(?<!{THUMBNAIL})"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("asset", AssetName())

ASSET = "/api/v1/assets/{asset_id:asset}"
ASSET_THUMBNAIL = "/api/v1/assets/{asset_id:path}" + THUMBNAIL
MEDIA = "/api/v1/media/{asset_id:path}"
WAVEFORM = "/api/v1/waveforms/{asset_id:path}"
WATCH = "/watch/{asset_id:path}"
