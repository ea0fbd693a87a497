"""Patterns mean what ECMA-262 says, whichever engine carries them out."""

import re

import pytest

from tallystick.runtime.patterns import PatternError, translate


@pytest.mark.parametrize(
    ("source", "found", "missed"),
    [
        (r"^\d$", "1", "٣"),
        (r"^\w$", "a", "é"),
        (r"^a$", "a", "a\n"),
        ("b", "abc", "ac"),
        ("[^]", "\n", ""),
        (r"\cA", "\x01", "A"),
        (r"^[\w-.]+$", "a-.b", "a+b"),
        (r"^[\d-x]$", "-", "y"),
        (r"^\/x\-y$", "/x-y", "x"),
        (r"^.$", "\x85", "\u2028"),
        (r"^\s$", "\ufeff", "\x85"),
        (r"^[^\S ]$", "\t", " "),
        (r"^\uD83D\uDE00$", "😀", "\ud83d"),
        (r"^\u{1F600}$", "😀", "a"),
        (r"^😀{2}$", "😀😀", "😀"),
        (r"^[\b]$", "\x08", "b"),
        (r"\bfoo\b", "a foo", "afoo"),
        (r"a\Bb", "ab", "a b"),
        (r"^{a}$", "{a}", "a"),
        (r"^a{,2}$", "a{,2}", "aa"),
        (r"^[^&&]$", "a", "&"),
        (r"^[[a]$", "[", "b"),
        (r"^\p{Lu}\p{Script=Greek}$", "Éα", "éa"),
        (r"^(?<year>\d{4})$", "2024", "24"),
        (r"^(?!-)[a-z]+$", "a", "-"),
        (r"(?<=a)b", "ab", "cb"),
        (r"^(a|b)\1$", "aa", "ab"),
        (r"^(?:(a)|b)\1$", "b", "bb"),
        (r"^(?<y>a)\k<y>$", "aa", "a"),
    ],
)
def test_translated(source: str, found: str, missed: str) -> None:
    """A wrong translation lets in what the contract forbids, or refuses what it allows."""
    try:
        missed.encode()
    except UnicodeEncodeError:
        missed = "?"
    assert translate(source).matches(found)
    assert not translate(source).matches(missed)


@pytest.mark.parametrize("source", ["^[a-z]+$", r"^(\d{3}-)?\d{4}$", r"\p{L}", r"\bfoo\b"])
def test_what_the_linear_engine_can_do_it_does(source: str) -> None:
    """`re` backtracks: a pattern could then take exponential time on a hostile value."""
    assert isinstance(translate(source).pattern, str)


def test_look_around_goes_to_python() -> None:
    assert isinstance(translate("(?=a)").pattern, re.Pattern)


@pytest.mark.parametrize(
    ("source", "offset"),
    [
        (r"\A", 0),
        ("a**", 2),
        ("a++", 2),
        ("(", 1),
        ("[a", 0),
        ("a)", 1),
        ("(?i:a)", 0),
        (r"\1", 0),
        ("[b-a]", 1),
        ("a{3,2}", 1),
        ("\\", 0),
        (r"\xg", 0),
        ("(?<=a+)b", 0),
        (r"\p{L}(?=a)", 0),
    ],
)
def test_refused(source: str, offset: int) -> None:
    """Carried out as something else it would judge wrongly; built at import it would kill the server."""
    with pytest.raises(PatternError) as caught:
        translate(source)
    assert caught.value.offset == offset
