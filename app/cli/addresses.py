"""Where people find what the service names."""


def full(address: str, url: str) -> str:
    """`url` as a service says it that may lie behind a path; links elsewhere stay as they are."""
    return url if "://" in url else address.rstrip("/") + url
