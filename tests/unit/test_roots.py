"""Server paths: only regular files under an allowed root, and nothing is told of the rest."""

import os
from pathlib import Path

import pytest

from app.adapters.beneath import files_beneath
from app.domain.errors import Forbidden, InvalidRequest, NotFound, SourceGone, SpoolError
from app.services.roots import Roots


def roots_of(allowed: list[Path]) -> Roots:
    return Roots(allowed, files_beneath())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "talk.wav").write_bytes(b"x")
    (tmp_path / "secret.wav").write_bytes(b"x")
    return folder


def refusal(roots: Roots, named: str) -> SpoolError:
    with pytest.raises(SpoolError) as caught:
        roots.resolve(named)
    return caught.value


def told(error: SpoolError) -> tuple[type[SpoolError], str, str, str | None]:
    return type(error), error.code, error.message, error.hint


def test_a_file_is_found_by_its_absolute_and_by_its_relative_name(root: Path) -> None:
    roots = roots_of([root])
    assert roots.resolve(str(root / "talk.wav")) == root / "talk.wav"
    assert roots.resolve("talk.wav") == root / "talk.wav"
    assert roots.resolve("./talk.wav") == root / "talk.wav"


def test_a_relative_name_is_looked_for_under_each_root(root: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    (second / "other.wav").write_bytes(b"x")
    assert roots_of([root, second]).resolve("other.wav") == second / "other.wav"


@pytest.mark.parametrize(
    "name", ["../secret.wav", "../media/../secret.wav", "a/../../secret.wav", "/etc/passwd", "/"]
)
def test_what_is_outside_is_forbidden(root: Path, name: str) -> None:
    assert isinstance(refusal(roots_of([root]), name), Forbidden)


def test_nothing_tells_whether_a_file_outside_exists(root: Path, tmp_path: Path) -> None:
    roots = roots_of([root])
    there = refusal(roots, str(tmp_path / "secret.wav"))
    nowhere = refusal(roots, str(tmp_path / "nothing.wav"))
    folder = refusal(roots, str(tmp_path))
    assert told(there) == told(nowhere) == told(folder)
    assert str(tmp_path) not in f"{there.message} {there.hint}"


def test_a_link_out_of_the_root_is_judged_by_where_it_leads(root: Path, tmp_path: Path) -> None:
    (root / "link.wav").symlink_to(tmp_path / "secret.wav")
    (root / "broken.wav").symlink_to(tmp_path / "nothing.wav")
    (root / "out").symlink_to(tmp_path)
    roots = roots_of([root])
    assert told(refusal(roots, "link.wav")) == told(refusal(roots, "broken.wav"))
    assert isinstance(refusal(roots, "link.wav"), Forbidden)
    assert isinstance(refusal(roots, "out/secret.wav"), Forbidden)


def test_a_link_inside_the_root_is_followed(root: Path) -> None:
    (root / "link.wav").symlink_to("talk.wav")
    assert roots_of([root]).resolve("link.wav") == root / "talk.wav"


def test_a_root_that_is_itself_a_link_is_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    assert roots_of([tmp_path / "alias"]).resolve("talk.wav") == root / "talk.wav"


def test_a_neighbour_whose_name_begins_alike_is_outside(root: Path, tmp_path: Path) -> None:
    (tmp_path / "media-private").mkdir()
    (tmp_path / "media-private" / "talk.wav").write_bytes(b"x")
    named = str(tmp_path / "media-private" / "talk.wav")
    assert isinstance(refusal(roots_of([root]), named), Forbidden)


def test_only_regular_files_are_taken(root: Path) -> None:
    (root / "folder").mkdir()
    os.mkfifo(root / "pipe.wav")
    roots = roots_of([root])
    for name in ("folder", "pipe.wav", ".", "nothing.wav", "talk.wav/x", "x" * 5000):
        assert isinstance(refusal(roots, name), NotFound), name


def test_a_loop_of_links_ends(root: Path) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    assert isinstance(refusal(roots_of([root]), "a/x.wav"), NotFound | Forbidden)


@pytest.mark.parametrize("name", ["", "talk.wav\0", "\0", "\ud800.wav"])
def test_what_is_no_file_name_is_an_invalid_request(root: Path, name: str) -> None:
    assert isinstance(refusal(roots_of([root]), name), InvalidRequest)


@pytest.mark.parametrize("times", [1, 1000])
def test_a_link_that_is_swapped_while_it_is_followed_is_no_fault_of_ours(
    root: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """As it was: 500, when a file took the place of a link between two looks at it."""
    roots, left, real = roots_of([root]), [times], os.path.realpath

    def swapped(path: Path) -> str:
        left[0] -= 1
        if left[0] >= 0:
            raise OSError(22, "Invalid argument", str(path))
        return real(path)

    monkeypatch.setattr(os.path, "realpath", swapped)
    if times == 1:
        assert roots.resolve("talk.wav") == root / "talk.wav"
    else:
        assert isinstance(refusal(roots, "talk.wav"), Forbidden)


def test_without_roots_every_path_is_forbidden(root: Path) -> None:
    for name in ("talk.wav", str(root / "talk.wav"), "/"):
        assert isinstance(refusal(roots_of([]), name), Forbidden)


# a file that was resolved some time ago


def read(roots: Roots, path: Path) -> bytes:
    with roots.open(path) as file:
        return file.read()


def gone(roots: Roots, path: Path) -> None:
    with pytest.raises(SourceGone):
        roots.open(path)


def test_a_file_that_was_resolved_is_opened(root: Path) -> None:
    roots = roots_of([root])
    assert read(roots, roots.resolve("talk.wav")) == b"x"
    (root / "deep" / "er").mkdir(parents=True)
    (root / "deep" / "er" / "talk.wav").write_bytes(b"deep")
    assert read(roots, roots.resolve("deep/er/talk.wav")) == b"deep"


@pytest.mark.parametrize(
    "name", ["../secret.wav", "../media/../secret.wav", "a/../../secret.wav", "/etc/passwd", "/"]
)
def test_what_is_outside_is_not_opened(root: Path, name: str) -> None:
    gone(roots_of([root]), root / name)
    gone(roots_of([root]), Path(name))


def test_a_file_whose_root_is_no_longer_allowed_is_not_opened(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    gone(roots_of([other]), root / "talk.wav")
    gone(roots_of([]), root / "talk.wav")


def test_a_link_that_took_the_place_of_a_file_is_not_followed(root: Path, tmp_path: Path) -> None:
    """Neither out of the root nor to another file in it, which nobody asked for."""
    (root / "other.wav").write_bytes(b"other")
    for target in (tmp_path / "secret.wav", root / "other.wav", Path("other.wav")):
        (root / "talk.wav").unlink()
        (root / "talk.wav").symlink_to(target)
        gone(roots_of([root]), root / "talk.wav")


def test_a_link_that_took_the_place_of_a_folder_is_not_followed(root: Path, tmp_path: Path) -> None:
    (root / "deep").mkdir()
    (root / "deep" / "secret.wav").write_bytes(b"x")
    path = roots_of([root]).resolve("deep/secret.wav")
    (root / "deep").rename(root / "moved")
    (root / "deep").symlink_to(tmp_path)
    assert path.read_bytes() == b"x", "whoever follows it reads what is outside"
    gone(roots_of([root]), path)


def test_only_regular_files_are_opened_and_nobody_waits_for_a_pipe(root: Path) -> None:
    (root / "folder").mkdir()
    os.mkfifo(root / "pipe.wav")
    for name in ("folder", "pipe.wav", ".", "nothing.wav", "talk.wav/x", "x" * 5000):
        gone(roots_of([root]), root / name)


def test_a_folder_that_may_be_gone_through_but_not_listed_is_no_hindrance(root: Path) -> None:
    (root / "deep").mkdir()
    (root / "deep" / "talk.wav").write_bytes(b"deep")
    (root / "deep").chmod(0o311)
    assert read(roots_of([root]), root / "deep" / "talk.wav") == b"deep"


def test_what_is_not_opened_leaves_no_descriptor(root: Path) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("no /proc to count descriptors in")
    (root / "folder").mkdir()
    before = len(os.listdir("/proc/self/fd"))
    for name in ("folder", "nothing.wav", "talk.wav/x", "a/b/c"):
        gone(roots_of([root]), root / name)
    assert len(os.listdir("/proc/self/fd")) == before
