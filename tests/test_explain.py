"""`gdcli explain`: the glossary in two languages."""

import json
import re
import shlex

import pytest

from gdcli.lessons.glossary import find, terms
from gdcli.lessons.language import language_of
from gdcli.render.flow import flowed
from gdcli.render.screen import columns

COMMANDS = sorted({term.command for term in terms()})


@pytest.mark.quick
@pytest.mark.parametrize("term", terms(), ids=lambda term: term.name)
def test_a_term_is_three_sentences_in_both_languages(term):
    assert len(re.findall(r"[.?!](?= |$)", term.text)) == 3
    assert len(re.findall("[。！？]", term.zh_text)) == 3
    assert not re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", term.zh_text), "an English sentence"
    assert re.search("[\u4e00-\u9fff]", term.zh_text)
    assert term.formula


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_of_each_term_runs(gdcli, command):
    program, *words = shlex.split(command)
    assert program == "gdcli"
    assert gdcli(*words).code == 0


@pytest.mark.quick
def test_a_name_belongs_to_one_term():
    names = [name.lower() for term in terms() for name in {*term.names}]
    assert len(names) == len(set(names))


@pytest.mark.quick
@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("Learning Rate", "learning rate"),
        ("lr", "learning rate"),
        ("學習率", "learning rate"),
        ("2/L", "largest stable rate"),
        ("why does it say 2/L?", "largest stable rate"),
        ("what is a hidden layer", "hidden layer"),
        ("mini batch", "batch"),
        ("什麼是過度擬合？", "overfitting"),
        ("ADAM", "Adam"),
        ("early-stopping", "early stopping"),
    ],
)
def test_terms_are_found_by_any_name_and_in_sentences(asked, name):
    assert find(asked).name == name


@pytest.mark.quick
def test_an_unknown_term_names_the_nearest(gdcli):
    result = gdcli("explain", "momentm")
    assert result.code == 2
    assert "did you mean 'momentum'?" in result.err
    assert "lists all terms" in gdcli("explain", "zzzz").err


@pytest.mark.quick
def test_machine_formats_have_both_languages(gdcli):
    english = gdcli("explain", "gradient", "--format", "json")
    assert english.out == gdcli("explain", "gradient", "--format", "json", "--lang", "zh-TW").out
    (one,) = json.loads(english.out)["terms"]
    assert (one["name"], one["zh"]) == ("gradient", "梯度")
    assert len(gdcli("explain", "--format", "jsonl").out.splitlines()) >= len(terms())


@pytest.mark.quick
@pytest.mark.parametrize("width", [24, 40, 80])
def test_chinese_paragraphs_keep_to_the_width_and_lose_nothing(width):
    for term in terms():
        for text in (term.text, term.zh_text):
            lines = flowed(text, width)
            assert "".join(lines).replace(" ", "") == text.replace(" ", "")
            assert max(map(columns, lines)) <= width + 2, "a closing sign may hang"
            assert not [line for line in lines if line[0] in "，。；："]


@pytest.mark.quick
@pytest.mark.parametrize(
    ("asked", "environ", "unicode", "code", "noted"),
    [
        (None, {}, True, "en", False),
        ("zh-TW", {}, True, "zh-TW", False),
        ("auto", {"LANG": "zh_TW.UTF-8"}, True, "zh-TW", False),
        (None, {"LC_ALL": "C", "LANG": "zh_TW.UTF-8"}, True, "en", False),
        (None, {"LANG": "de_DE.UTF-8"}, True, "en", False),
        ("fr", {}, True, "en", True),
        ("zh-TW", {}, False, "en", True),
        ("EN", {"LANG": "zh_TW"}, True, "en", False),
    ],
)
def test_the_language_is_the_one_asked_for_then_the_systems(asked, environ, unicode, code, noted):
    found = language_of(asked, environ, unicode)
    assert (found.code, bool(found.note)) == (code, noted)
