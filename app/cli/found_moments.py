"""What a search found, on the screen: for people with marks and links, for programs by lines."""

from collections.abc import Iterator, Sequence

from app.cli.addresses import full
from app.cli.screen import in_terminal, plain
from app.client import Hit, Moment, snippets
from app.domain.playing_time import clock

#: They have no time.
STILL = ("image", "text")


def print_hits(hits: Sequence[Hit], address: str) -> None:
    """`address`: of the service, which links lead to. Into a pipe a moment is a line: time, title,
    text, why it was found, link."""
    if not in_terminal():
        for hit in hits:
            for each in (hit, *hit.moments):
                print("\t".join(_cells(each, hit.title, address)))
    elif hits:
        _print_pretty(hits, address)
    else:
        print("nothing found")


def _cells(moment: Moment, title: str, address: str) -> Iterator[str]:
    yield _times(moment)
    yield plain(moment.title or title)
    yield plain(_words(moment))
    yield ",".join(moment.why)
    yield _link(moment, address)


def _times(moment: Moment) -> str:
    still = moment.media_type in STILL
    return "" if still else f"{clock(moment.start)}-{clock(moment.end)}"


def _link(moment: Moment, address: str) -> str:
    """An asset's own page may be elsewhere."""
    return full(address, moment.url)


def _words(moment: Moment) -> str:
    return "".join(snippets.parts(moment.snippet)) or moment.text


def _print_pretty(hits: Sequence[Hit], address: str) -> None:
    from rich.console import Console
    from rich.style import Style
    from rich.text import Text

    def marked(moment: Moment) -> Text:
        """What matched stands out."""
        said = Text("  ")
        found = snippets.parts(moment.snippet) if moment.snippet else [moment.text]
        for number, part in enumerate(found):
            said.append(plain(part), style="bold yellow" if number % 2 else "")
        return said

    console = Console(highlight=False)
    for hit in hits:
        head = Text(f"{_times(hit)} ".lstrip(), style="cyan")
        head.append(plain(hit.title), Style(bold=True, link=_link(hit, address)))
        head.append(f"  ({hit.media_type}: {', '.join(hit.why)})", style="dim")
        console.print(head, marked(hit), sep="\n")
        for each in hit.moments:
            at = Style(color="cyan", link=_link(each, address))
            console.print(Text("  ").append(clock(each.start), at).append_text(marked(each)))
        if hit.more:
            console.print(f"  and {hit.more} more of it", style="dim")
        console.print(Text(f"  {_link(hit, address)}", style="dim"), soft_wrap=True)
