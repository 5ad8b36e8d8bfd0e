"""How much whisper.cpp's encoder computes for a window, and how it attends."""

import math
from dataclasses import dataclass

from app.adapters.engines.whisper_cpp_devices import graphics
from app.domain.media import AudioWindow

FULL_CONTEXT = 1500  # encoder positions for 30 s: 50 a second
CONTEXT_PER_SECOND = 50
#: For what is heard again.
LONG_CONTEXT = 1280


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Sizes of contexts. With less than these Whisper drops words."""

    #: Seconds of silence that the encoder sees after the window.
    margin: float
    #: Positions, as those that follow.
    least: int
    step: int


# With flash attention whisper.cpp's decoder reads on to the end of a step of 256: what it finds
# there is left from the window before, and would change words. Only windows over 21 s, which the
# default settings never cut, take the full context, which is no whole step. Margin 2 s and 512
# positions took base from 2.3 to 3.4 % WER and tiny.en from 0.6 to 5.1 % on clips of 2 to 11 s.
FLASH = Cut(margin=4.0, least=768, step=256)
# On ten minutes with tiny.en and five with base, and on such clips, as many words are wrong as with
# the sizes above, and margin 2 s takes tiny.en from 1.5 to 1.8 %.
EXACT = Cut(margin=3.0, least=512, step=64)


def flash_attention() -> bool:
    """On graphics alone: on a processor it makes a token cost half as much again."""
    return bool(graphics())


def audio_context(window: AudioWindow) -> int:
    """Encoder positions for the window and a margin: the rest of the 30 s would be silence."""
    cut = FLASH if flash_attention() else EXACT
    needed = math.ceil((window.seconds + cut.margin) * CONTEXT_PER_SECOND)
    return min(max(-(-needed // cut.step) * cut.step, cut.least), FULL_CONTEXT)
