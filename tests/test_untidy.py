"""Tables as people have them: what is said is so, and what is advised gets them further."""

import shlex

import pytest

from gdcli.data.lookalikes import kind, nearly

ROWS = range(1, 9)


def column(write, header="x,y", rows=ROWS):
    return header + "\n" + "".join(f"{write(row)}\n" for row in rows)


GAP = column(lambda at: f"{'missing' if at == 3 else at},{at * 2}")
SHORT = column(lambda at: f"{at},{at}" if at != 4 else "4")
FOOTER = column(lambda at: f"{at},{at}") + "Source: us\n"
MINUS = column(lambda at: f"{at},\u2212{at}'000")
SPACES = column(lambda at: f"{at};{at} 000,5", "x;y")
SAID = {
    "a word for a gap": (
        column(lambda at: f"{'missing' if at == 3 else at},{at * 2}"),
        "'missing' is not",
        "--na missing",
    ),
    "brackets": (column(lambda at: f"{at},({at})"), "'(1)' is not a number", "-12 for (12)"),
    "a bound": (
        column(lambda at: f"{at},{'<2' if at == 1 else at}"),
        "'<2' is not a number",
        "without a sign such as <",
    ),
    "an error": (column(lambda at: f"{at},{at}±0.1"), "'1±0.1' is not a number", "without its error"),
    "a unit": (column(lambda at: f"{at},{at} kg"), "'1 kg' is not a number", "its unit into the column's name"),
    "other digits": (column(lambda at: f"{at},{chr(0x660 + at)}"), "'١' is not a number", "the digits as 0 to 9"),
    "names again": (
        "x,y\n1,2\n2,4\n3,5\nx,y\n4,5\n",
        "line 5, column 'y': 'y' is not a number: the line repeats",
        "delete",
    ),
    "a footer": (
        column(lambda at: f"{at},{at}") + "Source: us\n",
        "line 10: expected 2 cells, found 1",
        "--comment Source:",
    ),
    "a short row": (
        column(lambda at: f"{at},{at}" if at != 4 else "4"),
        "line 5: expected 2 cells",
        "an empty one for a gap",
    ),
    "one column": (column(str, "y"), "'y' is the only column", "--delimiter"),
    "text alone": (column(lambda at: f"m{at},{at}"), "'x' holds text, as 'm1'", "gdcli train --categorical x"),
    "units beside text": (column(lambda at: f"m{at},{at} cm,{at}", "a,x,y"), "'x' holds text, as '1 cm'", "its unit"),
    "units alone": (column(lambda at: f"{at} cm,{at}"), "'x' holds text, as '1 cm'", "its unit into the column's name"),
    "a minus of type": (
        column(lambda at: f"{at},\u2212{at}'000"),
        "'\u22121'000' is not a number",
        "sed 's/\u2212/-/g'",
    ),
    "spaces and a comma": (
        column(lambda at: f"{at};{at} 000,5", "x;y"),
        "'1 000,5' is",
        "--decimal , --thousands space",
    ),
    "another dash": (column(lambda at: f"{at},\u2013{at}"), "'\u20131' is not a number", "sed 's/\u2013/-/g'"),
    "money owed": (column(lambda at: f"{at},($7)"), "'($7)' is an amount of money", "-1200.50 for -$1,200.50"),
    "money owed too": (column(lambda at: f"{at},-7 EUR"), "'-7 EUR' is an amount of money", "with a minus"),
    "thousands by letter": (column(lambda at: f"{at},{at if at % 2 else '1.2k'}"), "'1.2k' is not", "1100 for 1.1k"),
    "metres": (column(lambda at: f"{at},{at} m"), "'1 m' is not", "its unit into the column's name"),
    "places": (column(lambda at: f"{at},{at if at > 1 else '1st'}"), "'1st' is not", "the number alone: 1 for 1st"),
    "times": (column(lambda at: f"0{at}:30,{at}"), "'x' holds times", "hours or seconds"),
    "dates and units": (
        column(lambda at: f"2024-01-0{at},{at} kg,{at} l", "day,x,y"),
        "'x' holds text, as '1 kg'",
        "its unit",
    ),
    "percent": (column(lambda at: f"{at},{at}%"), "'1%' is a percentage", "sed 's/ *%//g'"),
    "all gaps": (column(lambda at: f"{at},"), "8 of 8 rows have gaps, in y", "another target"),
    "labels": (column(lambda at: f"{at},{'ab'[at % 2]}"), "gdcli train tells classes apart", "--y"),
}


@pytest.mark.quick
@pytest.mark.parametrize("name", SAID)
def test_what_is_wrong_and_what_to_do(gdcli, table, refused, name):
    text, what, hint = SAID[name]
    done = gdcli("fit", table(text), "-q")
    refused(done, 3, what)
    assert hint in done.err.splitlines()[1]


@pytest.mark.parametrize("name", ["a word for a gap", "a footer", "text alone", "spaces and a comma"])
def test_what_is_advised_gets_further(gdcli, table, name):
    path = table(SAID[name][0])
    hint = gdcli("fit", path, "-q").err.splitlines()[1].strip()
    words = shlex.split(hint[hint.index("--") :])
    words = words[:4] if "--thousands" in words[:4] else words[:2]
    more = ["--missing", "drop"] if words[0] == "--na" else []
    command = "train" if "gdcli train" in hint else "fit"
    done = gdcli(command, path, *words, *more, "--epochs", 1)
    assert done.code == 0, done.err


def test_words_for_gaps_are_added_to_those_that_are_given(gdcli, table):
    """Each `--na` takes the place of the one before: what is advised repeats the words of the one before."""
    text = column(lambda at: f"{at},{ {2: 'inf', 4: '-inf'}.get(at, at) }")
    hint = gdcli("fit", table(text), "--na", "inf", "--missing", "drop", "-q").err
    assert "--na inf,-inf --missing drop" in hint
    assert gdcli("fit", table(text), "--na", "inf,-inf", "--missing", "drop", "-q").code == 0
    marked = column(lambda at: f"{at},{ {2: '--', 5: 9999}.get(at, at) }", rows=range(1, 12))
    hint = gdcli("fit", table(marked), "--na", "--", "--missing", "drop").err
    assert "--na --,9999 makes it a gap" in hint


def test_one_hint_leaves_out_all_that_is_no_input(gdcli, table):
    ids = column(lambda at: f"{1000 + at},{at},{at * 7 % 11},{at * 3 % 7}", "id,nr,a,y", range(1, 20))
    said = gdcli("fit", table(ids)).err
    assert "'id' is another whole number in each row, as ids are: --x a leaves it out" in said
    assert "'nr' counts the rows: --x a leaves it out" in said
    alone = column(lambda at: f"1,{at},{at * 2 + at % 3}", "one,x,y", range(1, 20))
    said = gdcli("fit", table(alone)).err
    assert "--x x leaves it out" in said
    assert "counts the rows" not in said  # there is no other input


def test_addresses_are_no_numbers(gdcli, table):
    text = column(lambda at: f"192.168.178.10{at},{at},{at * 3 + at % 2}", "ip,x,y")
    done = gdcli("fit", table(text))
    assert done.code == 0
    assert "left out: ip (text" in done.err
    assert kind("192.168.178.101") == "word"
    assert kind("1.234.567.890") == kind("12.345.678") == "number"


def test_nothing_is_advised_that_cannot_help(gdcli, table):
    """Dropping rows leaves none, and a column without a value has no mean."""
    for text in (column(lambda at: f"{at},"), column(lambda at: f",{at}", "x,y")):
        assert "--missing drop" not in gdcli("fit", table(text), "-q", "--x", "x", "--y", "y").err
        assert "--missing mean" not in gdcli("fit", table(text), "-q", "--x", "x", "--y", "y").err
    some = gdcli("fit", table(column(lambda at: f"{at if at % 2 else ''},{at}")), "-q").err
    assert "--missing drop leaves the rows out, --missing mean fills them" in some


@pytest.mark.parametrize(("command", "option"), [("fit", "gdcli train --categorical c"), ("train", "--categorical c")])
def test_an_option_is_named_where_there_is_one(gdcli, table, command, option):
    text = column(lambda at: f"{at},{'uvw'[at % 3]},{at * 2 + at % 3}.5", "x,c,y", range(1, 30))
    assert f"left out: c (text with 3 values; {option} takes it)" in gdcli(command, table(text), "--epochs", 1).err


@pytest.mark.parametrize(("cell", "meant"), [("5:07", "turn times into numbers"), ("1 kg", "write the number alone")])
def test_numbers_that_are_read_as_classes_are_named(gdcli, table, cell, meant):
    text = column(lambda at: f"{at},{cell.replace('5', str(at)).replace('1', str(at))}")
    done = gdcli("train", table(text), "--epochs", 1)
    assert "y is read as 8 classes, though" in done.err
    assert meant in done.err


@pytest.mark.parametrize("labels", [["1st", "2nd", "3rd"], ["c0", "c1"], ["5a", "5b"]])
def test_labels_are_no_numbers(gdcli, table, labels):
    text = column(lambda at: f"{at},{labels[at % len(labels)]}", rows=range(1, 20))
    assert "may be a number" not in gdcli("train", table(text), "--epochs", 1).err
    assert all(kind(label) == "word" for label in labels)


def test_a_text_that_is_no_number_at_all():
    assert [nearly(cell) for cell in ("", "kg", "setosa", "-", "a1", "x 5")] == [""] * 6


@pytest.mark.parametrize(
    ("total", "said"),
    [
        (
            "Total,36,{}",
            "the last row ('Total') holds the sums of those above it in x and y: --comment Total leaves it out",
        ),
        ("9,36,{}", "the last row holds the sums of those above it in x and y: delete it if it is a total"),
        ("Total,35,{}", "the last row ('Total') holds the sums of those above it in y: --comment"),
        ("Tokyo,35,{}", ""),
    ],
)
def test_a_total_below_the_rows(gdcli, table, total, said):
    text = column(lambda at: f"{'k' * at if total[0] == 'T' else at},{at},{at * at}.5", "g,x,y")
    done = gdcli("fit", table(text + total.format(sum(at * at + 0.5 for at in ROWS)) + "\n"), "--x", "x", "--epochs", 1)
    assert (said in done.err) if said else ("holds the sums" not in done.err)


def test_one_group_is_one(gdcli, table):
    text = column(lambda at: f"a,{at},{at * 2 + at % 3}", "g,x,y")
    done = gdcli("fit", table(text), "--by", "g", "--epochs", 2)
    assert "for the 1 group by g" in done.err
    assert "median" not in done.out


def test_a_word_that_is_no_number_is_a_gap_beside_those_that_are(gdcli, table):
    """Carried out one after the other: of an option given anew only the last value counts."""
    path, words = table("x,y\nJ,1\n2,2\nQ,3\n4,4\nK,5\n6,6\n7,7\n"), []
    for gaps in ("J", "J,Q", "J,Q,K"):
        refused = gdcli("fit", path, "--epochs", 1, *words)
        assert refused.code == 3
        assert f"--na {gaps} makes it a gap" in refused.err
        words = ["--na", gaps]
    assert gdcli("fit", path, "--epochs", 1, *words, "--missing", "drop").code == 0


def test_no_column_is_named_that_is_none(gdcli, table):
    """A column of two values becomes `group=b`, an input, which no option can predict."""
    path = table("rownames,group,outcome\n1,a,yes\n2,b,no\n3,b,yes\n4,a,no\n5,a,no\n6,b,yes\n7,b,no\n8,a,no\n")
    refused = gdcli("fit", path)
    assert refused.code == 3
    assert "gdcli train tells classes apart" in refused.err
    assert "no other column can be predicted from the rest" in refused.err
    assert "--y" not in refused.err


def test_no_number_is_named_that_nothing_predicts(gdcli):
    """The only column of numbers can be predicted from two texts, as they are 0 and 1, and from no more of them."""
    alone = gdcli("fit", stdin="hours,grade\n3,C\n5,B\n8,A\n1,F\n")
    assert (alone.code, alone.err.splitlines()[1].strip()) == (3, "no other column can be predicted from the rest")
    rows = "hours,sex,grade\n3,m,C\n5,f,B\n8,m,A\n1,m,F\n"
    assert "--y hours" in gdcli("fit", stdin=rows).err
    assert gdcli("fit", "--y", "hours", stdin=rows).code == 0


def test_nested_columns_alone_are_called_what_they_are(gdcli, refused):
    rows = "".join(f'{{"a": {{"b": {y}}}, "y": {y}}}\n' for y in range(4))
    refused(gdcli("fit", stdin=rows), 3, "column 'a': holds objects, not numbers")
