"""Addresses that lead inside, in all the ways in which they may be written into a URL."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

#: This machine, networks behind a router, the metadata of clouds, and what is no place at all.
INSIDE = tuple(
    map(
        IPv4Address,
        (
            "127.0.0.1",
            "127.0.0.2",
            "127.255.255.254",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "224.0.0.1",
        ),
    )
)
INSIDE_6 = tuple(
    map(
        IPv6Address,
        (
            "::1",
            "::",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "100::1",
            "64:ff9b:1::a00:1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
        ),
    )
)
NAMES = ("localhost", "LOCALHOST", "localhost.", "a.localhost", "ip6-localhost", "box", "_")
PUBLIC = "93.184.216.34"


def hosts() -> Iterator[tuple[str, str]]:
    """As it stands in a URL, and the literal address that it means."""
    for address in INSIDE:
        for host in (*numbers(address), *letters(address), *disguises(address)):
            yield host, str(address)
        for packed in packings(address):
            yield f"[{packed}]", str(address)
    for address_6 in INSIDE_6:
        for text in (address_6.compressed, address_6.exploded, address_6.compressed.upper()):
            yield f"[{text}]", str(address_6)
        yield f"[{address_6}%25eth0]", str(address_6)
    for name in NAMES:
        yield name, "127.0.0.1"


def literals() -> Iterator[str]:
    """What a name server may answer."""
    for address in INSIDE:
        yield str(address)
        yield from packings(address)
    yield from map(str, INSIDE_6)


def numbers(address: IPv4Address) -> Iterator[str]:
    """Whole or in parts, decimal, octal, hexadecimal: all that inet_aton reads, and some more."""
    whole, (a, b, c, d) = int(address), address.packed
    yield from (f"{address}", f"{address}.", f"{whole}", f"0{whole:o}")
    yield from (f"0x{whole:x}", f"0X{whole:08X}", f"0x{whole:032x}")
    yield from (f"{a}.{whole & 0xFFFFFF}", f"{a}.{b}.{whole & 0xFFFF}")
    yield from (f"0x{a:x}.{whole & 0xFFFFFF}", f"0{a:o}.0x{b:x}.{whole & 0xFFFF}")
    yield f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"
    yield f"0{a:o}.0{b:o}.0{c:o}.0{d:o}"
    yield f"0x{a:02X}.{b}.0{c:o}.{d}"
    yield f"{a:03}.{b:03}.{c:03}.{d:03}"


def letters(address: IPv4Address) -> Iterator[str]:
    """In digits and dots that only look the same, or are named by number."""
    text = str(address)
    for zero in (0xFF10, 0x0660, 0x1D7CE):  # full width, Arabic, bold
        yield "".join(chr(zero + int(each)) if each.isdigit() else each for each in text)
    circled = ["\u24ea", *map(chr, range(0x2460, 0x2469))]
    yield "".join(circled[int(each)] if each.isdigit() else each for each in text)
    yield from (text.replace(".", dot) for dot in "\u3002\uff0e\uff61")
    yield "".join(f"%{ord(each):02x}" for each in text)


def disguises(address: IPv4Address) -> Iterator[str]:
    """With something around it that one reader takes for the host, and another does not."""
    yield from (f"{PUBLIC}@{address}", f"{PUBLIC}:80@{address}", f"user:secret@{address}")
    yield from (f"{address}\\@{PUBLIC}", f"{address}%00.example.org", f"{address}%23@{PUBLIC}")
    yield from (f"{address}\t", f"{address}\u00ad", f"\u200b{address}")


def packings(address: IPv4Address) -> Iterator[str]:
    """Within an IPv6 address: mapped, compatible, NAT64, 6to4, Teredo, ISATAP."""
    text, high, low = str(address), int(address) >> 16, int(address) & 0xFFFF
    pair = f"{high:x}:{low:x}"
    yield from (f"::ffff:{text}", f"::FFFF:{pair}", f"0:0:0:0:0:ffff:{pair}")
    yield f"0000:0000:0000:0000:0000:ffff:{high:04x}:{low:04x}"
    yield from (f"::ffff:0:{text}", f"::{text}", f"::{pair}")
    yield from (f"64:ff9b::{text}", f"64:ff9b::{pair}", f"64:ff9b:1::{text}")
    yield from (f"2002:{pair}::", f"2002:{pair}::1")
    yield from (f"2001:0:{pair}::1", f"2001:0:808:808:0:0:{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}")
    yield from (f"2a00:1450::5efe:{text}", f"2a00:1450::200:5efe:{pair}")
