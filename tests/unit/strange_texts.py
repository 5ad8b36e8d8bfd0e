"""Texts by hypothesis, of the pieces that any format of ours might take for its own signs."""

from hypothesis import strategies as st

PIECES = (
    *("<", ">", "&", '"', "'", "\\", "{", "}", "[", "]", "=", "+", "-", "@", ":", ";", ",", "%"),
    *("\t", "\n", "\r", "\r\n", "\n\n", "\0", "\x0b", "\x1b[31m", "\x85", "\u2028", "\u2029"),
    *("\ufeff", "\u200b", "\u202e", "\u00ad", "\ud800", "\ufffe", "\U0001f600", "e\u0301", "é"),
    *("-->", "--->", "->", "<!--", "]]>", "<![CDATA[", "</", "/>", "<?", "&lt;", "&#60;", "&amp;"),
    *("<b>", "</b>", "< i >", "<v Ann>", "<c.x>", "<00:01.000>", "<script>", "</title>", "<img "),
    *("{\\an8}", "{y:i}", "\\N", "\\h", "[00:01.00]", "[ti:x]", "<00:02.00>", "[offset:9]"),
    *("00:00:01,000", "00:00:02.000", "01:02.030", "WEBVTT", "NOTE", "STYLE", "X-TIMESTAMP-MAP="),
    *("=1+1", "@SUM(A1)", '"=1', "\uff1d1", "1", "12", "7\n", "a", "Ann", "word", " ", "  "),
)
strange = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=8).map("".join)
#: Five of them in each of two hundred examples are a thousand.
FIVE = st.lists(strange, min_size=5, max_size=5)
EXAMPLES = 200
