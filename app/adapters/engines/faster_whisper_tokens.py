"""Whisper's tokens: the marks that steer it, and the letters of its text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.adapters.engines.spelling import Spelling, Token, spell
from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineRefused
from app.domain.jobs import Task

POSITION = 0.02  # seconds from one position of the encoder's output to the next
LONGEST_PROMPT = 223  # tokens: half of what the decoder sees, less one


class Vocabulary:
    def __init__(self, folder: Path, *, multilingual: bool) -> None:
        """Reads `tokenizer.json` in the model's folder."""
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._multilingual = multilingual
        self._bytes = {letter: byte for byte, letter in enumerate(_alphabet())}
        self.end_of_text: int = self._mark("endoftext")

    def start(self, language: str, task: Task) -> list[int]:
        """The marks before the text. Raises EngineRefused on a language that it does not know."""
        marks = [self._mark("startoftranscript")]
        if self._multilingual:
            marks += [self._mark(language), self._mark(task.value)]
        return marks

    def prompt(self, language: str, options: DecodingOptions) -> list[int]:
        """All that the decoder is given before it begins; times come from alignment."""
        before: list[int] = []
        if options.prompt:
            said = self._tokenizer.encode(f" {options.prompt.strip()}", add_special_tokens=False)
            before = [self._mark("startofprev"), *said.ids[-LONGEST_PROMPT:]]
        return [*before, *self.start(language, options.task), self._mark("notimestamps")]

    def text(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens))).strip()

    def words(self, tokens: Sequence[int], alignment: Any) -> list[Spelling]:
        """Words with seconds in the window, out of what `Whisper.align` says about the tokens."""
        first: dict[int, int] = {}
        for number, position in alignment.alignments:
            first.setdefault(number, position)
        starts = [first.get(number, 0) * POSITION for number in range(len(tokens) + 1)]
        aligned: list[Token] = []
        for number, token in enumerate(tokens):
            letters = self._letters(token)
            # What alignment gives to a comma or full stop is the silence after the word.
            spoken = letters.strip() and any(chr(b).isalnum() or b > 127 for b in letters)
            aligned.append(
                Token(
                    start=starts[number],
                    end=starts[number + 1] if spoken or not aligned else aligned[-1].end,
                    probability=alignment.text_token_probs[number],
                    letters=letters,
                )
            )
        return [word for word in spell(aligned) if word.text.strip()]

    def _letters(self, token: int) -> bytes:
        letters = self._tokenizer.id_to_token(token) or ""
        return bytes(self._bytes[letter] for letter in letters if letter in self._bytes)

    def _mark(self, name: str) -> int:
        number = self._tokenizer.token_to_id(f"<|{name}|>")
        if number is None:
            raise EngineRefused(f"this model does not know {name!r}")
        return int(number)


def _alphabet() -> list[str]:
    """GPT-2's letter for each byte: itself when printable, else the next one from 256 on."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    spare = iter(range(256, 512))
    return [chr(byte if byte in printable else next(spare)) for byte in range(256)]
