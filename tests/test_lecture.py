"""A recording as a page: the same screens as the replay shows, played in a browser, with no request."""

import json
import re

import pytest
from browser import MISSING, Browser

from gdcli.live.scenes import Scenes
from gdcli.render.screen import Screen

KEYS = ["n 3", "lr 0.28", "n 2", "q"]


@pytest.fixture
def recording(gdcli, tmp_path):
    path = tmp_path / "lecture.jsonl"
    words = ["live", "sample:deck", "--m", "-1", "--b", "5", "--plain", "--record", path]
    assert gdcli(*words, stdin="\n".join(KEYS) + "\n").code == 0
    return path


@pytest.fixture
def page(gdcli, recording, tmp_path):
    path = tmp_path / "lecture.html"
    result = gdcli("live", "--replay", recording, "--save", path)
    assert result.code == 0, result.err
    assert result.err.endswith(f"rerun: gdcli live --replay {recording} --save {path}\n")
    return path


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)[1])


def text_at(data, index, bare=False):
    """The lines of a screen, put together from what changed."""
    rows = {}
    for frame in data["frames"][: index + 1]:
        rows |= {int(at): row for at, row in frame["rows"].items()}
    rows |= {int(at): row for at, row in data["frames"][index]["bare"].items()} if bare else {}
    return ["".join(text for text, _ in data["rows"][rows[at]]).rstrip() for at in sorted(rows)]


def test_the_screens_are_the_replay_s(recording, page):
    from gdcli.cli.commands.live import parsed
    from gdcli.live.recording import read_recording
    from gdcli.live.replay import Replay
    from gdcli.live.session_factory import SessionFactory

    with recording.open(encoding="utf-8") as file:
        entries = read_recording(file, "lecture")
    replay = Replay(entries, lambda saved: SessionFactory.from_saved(saved, "lecture", parsed))
    data, scenes = data_of(page), Scenes()
    for index in range(len(data["frames"])):
        if index:
            replay.step()
        replay.say("")
        lines = scenes.draw(replay, 120, 40, Screen(120, 40)).lines()[:-1]
        upper = slice(0, len(lines) - 3)  # the lines below hold the caption
        assert text_at(data, index)[upper] == lines[upper]
        assert ("next step" in "".join(lines)) == (index < 5)  # the last moment has no next one
        replay.do("arrows")
        replay.say("")
        assert text_at(data, index, bare=True)[upper] == scenes.draw(replay, 120, 40, Screen(120, 40)).lines()[upper]
        replay.do("arrows")


def test_it_holds_all_moments_in_order_with_what_was_done(page):
    frames = data_of(page)["frames"]
    times = [frame["t"] for frame in frames]
    assert len(frames) == 6  # the start, three steps and two
    assert times == sorted(times)
    assert [frame["say"] for frame in frames if frame["say"]] == [
        "A new start.",
        "The learning rate is 0.28 from here on.",
    ]


def test_a_page_in_chinese(gdcli, recording, tmp_path):
    path = tmp_path / "zh.html"
    assert gdcli("live", "--replay", recording, "--save", path, "--lang", "zh-TW").code == 0
    text, data = path.read_text(encoding="utf-8"), data_of(path)
    assert '<html lang="zh-TW">' in text
    assert "<title>sample:deck，錄製於 lecture.jsonl</title>" in text
    assert ">播放</button>" in text
    assert "{{" not in text
    assert data["words"]["pause"] == "暫停"
    assert all(re.search("[\u4e00-\u9fff]", frame["say"]) for frame in data["frames"] if frame["say"])
    assert "學習率" in "".join(text_at(data, 5))


def test_nothing_comes_from_elsewhere(page):
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|src=|href=", text)
    assert "default-src 'none'" in text


@pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")
def test_it_plays_in_a_browser(page):
    with Browser() as browser:
        browser.get(page.as_uri())
        assert browser.execute("return [at, frames.length, caption(at)]") == [0, 6, "A new start."]
        blank = "const c = part('screen'); return new Set(pen.getImageData(0, 0, c.width, c.height).data).size"
        assert browser.execute(blank) > 20
        picture = "return part('screen').toDataURL()"
        drawn = browser.execute(picture)
        browser.keys("g")
        assert browser.execute("return [arrows, part('arrows').hidden]") == [False, False]
        assert browser.execute(picture) != drawn
        browser.execute("part('arrows').click()")
        assert browser.execute(picture) == drawn
        browser.execute("part('next').click()")
        assert browser.execute("return [at, +part('scrub').value]") == [1, 1]
        browser.execute("part('scrub').value = 5; part('scrub').dispatchEvent(new Event('input'))")
        assert browser.execute("return part('caption').textContent") == "The learning rate is 0.28 from here on."
        browser.execute("stop(0); part('speed').value = 20")
        browser.keys(" ")
        browser.wait("return at === last && !playing")
        assert {address for address in browser.requests() if not address.startswith("file:")} <= {"about:blank"}


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["--save", "a.html"], 2, "--replay"),
        (["--replay", "none.jsonl", "--save", "a.svg"], 2, ".html"),
        (["--replay", "none.jsonl", "--save", "none/a.html"], 3, "no folder 'none'"),
        (["--replay", "none.jsonl", "--save", "a.html"], 3, "none.jsonl"),
        (["--replay", "none.jsonl", "--save", "a.html", "--web"], 2, "--save"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input(gdcli, refused, tmp_path, monkeypatch, words, code, part):
    monkeypatch.chdir(tmp_path)
    refused(gdcli("live", *words), code, part)
    assert not list(tmp_path.iterdir())
