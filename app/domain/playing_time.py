"""Seconds of a medium as people read them."""


def clock(seconds: float) -> str:
    """3725.4 -> 1:02:05"""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
