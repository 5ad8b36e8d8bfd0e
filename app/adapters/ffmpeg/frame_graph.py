"""What ffmpeg is told to pick out of a video, and in which form it hands it over."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from app.adapters.ffmpeg.frame_choice import FLOOR, HEIGHT, WIDTH

#: 0..1: change from one frame to the next that is a cut. Shaking hands make 0.03.
CUT = 0.1
#: Seconds between two cuts, at least; the picture after a flash is what counts.
CUT_GAP = 0.5
#: Seconds between two looks where nothing is cut, at least: slides change without one.
LOOK_GAP = 2.0
#: Cuts and looks at one video, about, however long it is, and all frames of it that are written.
CUTS, LOOKS, MOST = 8000, 3600, 12_000
#: The same of a video whose length nobody tells: gaps grow as it goes on, to last for a day.
BLIND_CUTS, BLIND_LOOKS = 4000, 1800
#: Seconds by which the steps between times may be off: some ffmpegs tell six digits of a time.
ROUNDING = 0.1
WIDEST, HIGHEST = 1280, 5120  # pixels
QUALITY = 4  # ffmpeg's, of 2 (best) to 31
#: Frames that stand by themselves whose times are listened to, and how many gaps tell enough.
BEATS, FEW_BEATS = 400, 8
#: Part of a gap by which gaps that are alike may differ, and part of the gaps that may be unlike.
ALIKE, UNLIKE = 0.05, 0.02


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """Seconds, as ffmpeg's expressions; `t` is where it is."""

    cut: str
    look: str


def gaps(seconds: float | None) -> Gaps:
    """`seconds`: of the whole video; None where that is not known."""
    if seconds is None:
        return Gaps(
            cut=f"max({CUT_GAP}\\,t/{BLIND_CUTS})", look=f"max({LOOK_GAP}\\,t/{BLIND_LOOKS})"
        )
    cut, look = max(CUT_GAP, seconds / CUTS), max(LOOK_GAP, seconds / LOOKS)
    return Gaps(cut=f"{cut:.3f}", look=f"{look:.3f}")


def outputs(jpegs: int, grids: int, between: Gaps, *, beats: bool) -> list[str]:
    """JPEGs, as many small pictures, and a tick for each second that was seen.

    `jpegs` and `grids` are descriptors. `beats`: the times of what is decoded are told as well, of
    a beginning of it.
    """
    graph = (
        "[0:V:0]split[all][clock];"
        f"[all]select='{_choice(between)}',metadata=mode=print,split[large][small];"
        f"[large]{_scale()},setsar=1[jpeg];"
        f"[small]scale={WIDTH}:{HEIGHT}:flags=area,format=rgb24[grid];"
        f"{_clock(beats)}fps=1,scale=2:2,format=gray[tick]"
    )
    raw = ("-c:v", "rawvideo", "-f", "rawvideo")
    return [
        *("-filter_complex_threads", "1", "-filter_complex", graph),
        *("-map", "[jpeg]", "-fps_mode", "passthrough", "-c:v", "mjpeg", "-q:v", str(QUALITY)),
        *("-threads", "1", "-map_metadata", "-1", "-f", "mpjpeg"),
        *("-fd", str(jpegs), "fd:"),
        *("-map", "[grid]", "-fps_mode", "passthrough", *raw, "-fd", str(grids), "fd:"),
        *("-map", "[tick]", *raw, "-flush_packets", "1", "pipe:1"),
    ]


def are_cuts(times: Sequence[float], scores: Sequence[float]) -> list[bool]:
    """A cut that came too soon is shown later, when little changes any more: what comes sooner
    than a look would is one, too."""
    before = (-LOOK_GAP, *times[:-1])
    return [
        score > CUT or at - last < LOOK_GAP - ROUNDING
        for at, last, score in zip(times, before, scores, strict=False)
    ]


def is_sparse(times: Sequence[float], seconds: float) -> bool:
    """Whether more could have been seen."""
    ends = (0.0, *times, seconds)
    return any(after - before > 2 * FLOOR for before, after in pairwise(ends))


def are_even(beats: Sequence[float]) -> bool:
    """Whether the encoder set them by the clock, and not at cuts, too far apart to be enough."""
    steps = [after - before for before, after in pairwise(beats)]
    if len(steps) < FEW_BEATS:
        return False
    middle = median(steps)
    unlike = sum(abs(step - middle) > ALIKE * middle for step in steps)
    return middle > LOOK_GAP * (1 + ALIKE) and unlike <= UNLIKE * len(steps)


def _clock(beats: bool) -> str:
    if not beats:
        return "[clock]"
    told = f"[beat]select='lt(n\\,{BEATS})',showinfo=checksum=0,nullsink"
    return f"[clock]split[second][beat];{told};[second]"


def _scale() -> str:
    """With square pixels, an even number of them, and no more than anybody needs."""
    smaller = f"min(1\\,min({WIDEST}/(iw*sar)\\,{HIGHEST}/ih))"
    width = f"max(2\\,trunc(iw*sar*{smaller}/2)*2)"
    height = f"max(2\\,trunc(ih*{smaller}/2)*2)"
    return f"scale=w='{width}':h='{height}'"


def _choice(between: Gaps) -> str:
    """The first frame, each cut, and one after a while. Variable 0: the last of these; 1: a cut
    that came too soon after it, and whose picture is still to be shown."""
    look = f"eq(n\\,0)+gte(t-prev_selected_t\\,{between.look})"
    cut = f"gt(scene\\,{CUT})+ld(1)"
    soon = f"if(gte(t-ld(0)\\,{between.cut})\\,1+0*st(0\\,t)+0*st(1\\,0)\\,0*st(1\\,1))"
    return f"if({cut}\\,{soon}\\,{look})*lt(selected_n\\,{MOST})"
