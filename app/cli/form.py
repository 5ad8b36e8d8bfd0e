"""What a transcript can be printed as."""

from enum import StrEnum


class Form(StrEnum):
    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    TSV = "tsv"
    LRC = "lrc"
    JSON = "json"
