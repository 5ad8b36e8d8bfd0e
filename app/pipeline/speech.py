"""Telling speech from what engines make up where nobody speaks. The same for every engine."""

import re
from dataclasses import replace

from app.domain.transcript import Segment, WindowTranscript

#: Below this mean log probability the words are guesswork: music, noise, applause.
INVENTED_LOGPROB = -1.2
#: openai/whisper's own rule for silence: both must hold.
NO_SPEECH_PROB = 0.6
SILENT_LOGPROB = -1.0
#: "[Music]", "(applause)", "*sighs*", "♪ la la ♪": sound described, not words said.
_DESCRIPTION = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|♪[^♪]*♪?")
_LETTER = re.compile(r"\w")


def only_speech(result: WindowTranscript) -> WindowTranscript:
    return replace(result, segments=tuple(s for s in result.segments if is_speech(s)))


def is_speech(segment: Segment) -> bool:
    if not _LETTER.search(_DESCRIPTION.sub("", segment.text)):
        return False
    if segment.avg_logprob is None:
        return True
    silent = (segment.no_speech_prob or 0.0) > NO_SPEECH_PROB
    return segment.avg_logprob > (SILENT_LOGPROB if silent else INVENTED_LOGPROB)
