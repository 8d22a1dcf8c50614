"""What a lesson says besides its chapters, in both languages."""

from __future__ import annotations

from gdcli.definitions.namedtuple import NamedTuple

__all__ = ["WORDS", "Words"]


class Words(NamedTuple):
    """Words of one language."""

    lecture: str
    source: str
    code: str
    prints: str
    look: str
    task: str
    question: str
    answer: str
    keys: str
    last: str
    more: str
    contents: str


WORDS = {
    "en": Words(
        lecture="How a Neural Network Trains",
        source="Made by gdcli lesson: every number and picture is the output of the command above it.",
        code="In Python:",
        prints="prints",
        look="The command and what it shows:",
        task="Try:",
        question="Question:",
        answer="Answer:",
        keys="Enter: on   b: back   q: end",
        last="Enter: end   b: back",
        more="gdcli lesson 1 begins; gdcli lesson NAME shows one; --run all runs through; --lang zh-TW is Chinese.",
        contents="Chapters",
    ),
    "zh-TW": Words(
        lecture="神經網路如何訓練",
        source="由 gdcli lesson 產生：每個數字和圖都是上方指令的實際輸出。",
        code="寫成 Python：",
        prints="印出",
        look="指令與它的輸出：",
        task="試試看：",
        question="問題：",
        answer="答案：",
        keys="Enter：下一頁　b：上一頁　q：結束",
        last="Enter：結束　b：上一頁",
        more="gdcli lesson 1 從頭開始；gdcli lesson 名稱 只看一章；--run all 一路跑完；--lang en 是英文。",
        contents="章節",
    ),
}
