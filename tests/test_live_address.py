"""Settings in a page's address, the sessions of pages, and lessons with fixed settings: in process, no browser."""

import asyncio
import shlex
from urllib.parse import parse_qsl

import pytest
from live_sessions import do, factory, session

from gdcli.cli.boundary import context_of
from gdcli.cli.commands.live import origin_of, parsed
from gdcli.cli.invoked import invocation
from gdcli.errors import GdcliError, OptionError
from gdcli.experiments.notation import Setting
from gdcli.live.app import LiveApp
from gdcli.live.keys import KEYS
from gdcli.live.web.page_app import FIXED, LessonApp, PageApp, app_in
from gdcli.live.web.programs import ServedCommand
from gdcli.live.web.sessions import NoRoomError, Sessions
from gdcli.live.web.settings import LONGEST, RUN, Asked, asked_by, query_of, settings_of
from gdcli.render.screen import Screen


def asked(query):
    """What an address with that query asks for."""
    return asked_by(parse_qsl(query, keep_blank_values=True))


def served(*words):
    """`gdcli live WORDS --web`, without its server."""
    context = context_of("live", words)
    origin = origin_of(context)
    return ServedCommand(["gdcli"], invocation(context, origin.source), origin, parsed)


def command(words, query):
    """The command of a page: the server's words, and its address."""
    programs, wanted = served(*shlex.split(words)), asked(query)
    programs.check(wanted)
    return shlex.join(programs.command(wanted))


class TestReading:
    @pytest.mark.parametrize(
        ("query", "given"),
        [
            ("", {}),
            ("lr=0.3&optimizer=adam", {"lr": 0.3, "optimizer": "adam"}),
            ("hidden=8,8&activation=tanh,relu", {"hidden": (8, 8), "activation": ("tanh", "relu")}),
            ("batch-size=full&beta1=0.8&seed=7", {"batch_size": "full", "beta1": 0.8, "seed": 7}),
            ("standardize=yes&shuffle=no", {"standardize": True, "shuffle": False}),
            ("validation=0.25&start=-1,5", {"validation": 0.25, "start": (-1.0, 5.0)}),
            ("validation=none", {"validation": "none"}),
            ("momentum=&lr=", {"momentum": None, "lr": None}),
            ("at=5:l2=0.1", {"at": (Setting(5, "l2", "0.1"),)}),
            ("fontsize=20", {}),
        ],
    )
    def test_values_are_those_of_the_command_line(self, query, given):
        assert asked(query) == Asked(given=tuple(given.items()))

    @pytest.mark.parametrize("data", ["spiral", "sample:spiral", "sample:spiral:noise=0.2,rows=300"])
    def test_data_is_a_sample(self, data):
        assert asked(f"data={data}").source == f"sample:{data.removeprefix('sample:')}"

    def test_controls(self):
        assert [asked(query).controls for query in ("", "controls=shown", "controls=hidden")] == [
            "shown",
            "shown",
            "hidden",
        ]

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            *((f"{name}=x", f"no setting of an address: '{name}'") for name in ("record", "replay", "plugin", "save")),
            *((f"{name}=x", f"no setting of an address: '{name}'") for name in ("labels", "test_labels", "x", "web")),
            ("__class__=x", "no setting of an address: '__class__'"),
            ("ping=http://evil.example", "no setting of an address: 'ping'"),
            ("lr=-1", "--lr: '-1' is not a finite number above 0"),
            ("lr=nan", "--lr: 'nan' is not a finite number above 0"),
            ("lr=$(id)", "--lr: '$(id)' is not a finite number above 0"),
            ("lr=1&lr=2", "lr stands twice"),
            ("lr=1%0Agdcli", "cannot be printed"),
            ("optimizer=sgd%1B[2J", "cannot be printed"),
            ("seed=9e9", "--seed: '9e9' is not a whole number"),
            ("data=/etc/passwd", "names a sample, and '/etc/passwd' is none"),
            ("data=data.csv", "names a sample, and 'data.csv' is none"),
            ("data=-", "names a sample, and '-' is none"),
            ("data=sample:../../etc/passwd", "names a sample, and '../../etc/passwd' is none"),
            ("data=sample:deck sample:bmi", "'bmi' is not NAME=NUMBER"),
            ("data=moons:rows=10001", "10,000 rows at most"),
            ("data=moons:rows=x", "'x' is not a finite number"),
            ("validation=rows.csv", "names no file"),
            ("validation=/etc/passwd", "names no file"),
            ("hidden=257", "8 layers of 256 neurons at most"),
            ("hidden=1,1,1,1,1,1,1,1,1", "8 layers of 256 neurons at most"),
            ("hidden=" + "9" * LONGEST, "more than 1,000 signs"),
            ("standardize=maybe", "there is no 'maybe'"),
            ("controls=none", "there is no 'none'"),
            ("fontsize=0", "'0' is no size of letters"),
            ("fontsize=calc(1px)", "is no size of letters"),
        ],
    )
    def test_what_is_refused_is_one_line(self, query, words):
        with pytest.raises(OptionError) as caught:
            asked(query)
        assert words in caught.value.message
        assert (caught.value.message + caught.value.hint).isprintable()

    def test_no_setting_names_a_file(self):
        from gdcli.experiments.spec import Spec, options_of

        options = [one for name in Spec.COMMANDS for one in options_of(name)]
        files = {one.name for one in options if "FILE" in one.metavar} - {"validation"}
        assert files
        assert files.isdisjoint(RUN)


class TestCommand:
    @pytest.mark.parametrize(
        ("words", "query", "line"),
        [
            ("", "", "gdcli live"),
            ("--lr .5 --color never", "", "gdcli live --lr 0.5 --color never"),
            ("", "lr=0.3", "gdcli live sample:deck --m -1.0 --b 5.0 --lr 0.3"),
            ("--lr .5", "lr=0.3&seed=2", "gdcli live sample:deck --m -1.0 --b 5.0 --lr 0.3 --seed 2"),
            ("--lr .5", "lr=", "gdcli live sample:deck --m -1.0 --b 5.0"),
            ("--optimizer momentum --momentum .8", "optimizer=adam&momentum=", None),
            ("sample:spiral", "seed=3", "gdcli live sample:spiral --hidden"),
            ("sample:bmi --x bmi --standardize", "data=xor&hidden=4", "gdcli live sample:xor --hidden 4"),
            ("sample:bmi --color never", "data=moons", "gdcli live sample:moons --color never"),
        ],
    )
    def test_the_address_goes_before_what_is_served(self, words, query, line):
        made = command(words, query).replace("-1.0", "-1").replace("5.0", "5")
        wanted = (line or "--optimizer adam").replace("-1.0", "-1").replace("5.0", "5")
        assert wanted in made
        assert "--momentum" not in made

    @pytest.mark.parametrize(
        ("words", "query", "said"),
        [
            ("", "optimizer=adm", "--optimizer: there is no 'adm'"),
            ("", "momentum=0.9", "--momentum: sgd has none"),
            ("", "at=5:record=x", "record"),
            ("", "degree=2&hidden=4", "goes with a"),
            ("", "activation=__import__", "there is no '__import__'"),
            ("", "data=moons:colour=1", "there is no setting 'colour'"),
        ],
    )
    def test_what_makes_no_run_is_said_before_a_program_starts(self, words, query, said):
        with pytest.raises(GdcliError, match=said):
            command(words, query)

    def test_a_recording_is_not_changed(self):
        programs = ServedCommand(["gdcli"], invocation(context_of("live", ["--replay", "a.jsonl"]), None), None, parsed)
        programs.check(Asked())
        with pytest.raises(OptionError, match="a recording cannot be changed"):
            programs.check(asked("lr=1"))

    @pytest.mark.parametrize(
        ("words", "actions"),
        [
            ("", "optimizer_next, rate_up, step"),
            ("--optimizer momentum --momentum .8", "step 3, optimizer_next, penalty_next, step"),
            ("sample:moons --hidden 4", "step 3, optimizer_next, dropout_next, step"),
            ("--lr .5 --optimizer momentum --momentum .8", "optimizer_next"),
            (
                "sample:moons --hidden 4 --validation .25",
                "neurons_next, activation_next, penalty_next, batch_next, seed",
            ),
            ("sample:moons --hidden 4", "layers_before, noise_next"),
            ("", "data_next, rate_down"),
        ],
    )
    def test_an_address_leads_to_the_run_that_wrote_it(self, words, actions):
        """What the keys make of a run, and what its address makes of the command that is served, are set up alike."""
        sitting, programs = do(session(*shlex.split(words)), actions), served(*shlex.split(words))
        rate = sitting.run.rate if sitting.run.turns or sitting.run.changes else None
        begun = sitting.factory.configuration(sitting.run.changes)
        query = programs.query(settings_of(begun, rate))
        programs.check(asked(query))
        again = factory(*programs.command(asked(query))[2:])
        assert again.spec == (begun.spec if rate is None else begun.spec.replace(lr=rate))

    def test_nothing_stands_there_before_anything_is_changed(self):
        assert served("sample:spiral").query(settings_of(factory("sample:spiral").configuration(), None)) == ""

    def test_no_file_stands_there(self):
        assert query_of({"data": "./-secret.csv", "lr": "1"}, {"data": "-secret.csv"}) == "lr=1"


class Program:
    """A session that notes what is done to it."""

    def __init__(self, name):
        self.name, self.done, self.over = name, [], asyncio.Event()

    async def start(self):
        self.done.append("start")

    async def end(self):
        self.done.append("end")
        self.over.set()


class TestSessions:
    def run(self, script, most=2, kept=3600.0):
        asyncio.run(script(Sessions(most, kept)))

    def test_one_is_found_by_its_name_alone(self):
        async def script(sessions):
            one = await sessions.take("", lambda: Program("one"))
            assert await sessions.take("one", lambda: pytest.fail("a new one")) is one
            assert (await sessions.take("none", lambda: Program("two"))).name == "two"
            assert one.done == ["start"]
            await sessions.end()
            assert one.done == ["start", "end"]

        self.run(script)

    def test_as_many_as_may_be(self):
        async def script(sessions):
            one, two = [await sessions.take("", lambda name=name: Program(name)) for name in ("one", "two")]
            with pytest.raises(NoRoomError, match="2 pages are open already"):
                await sessions.take("", lambda: pytest.fail("one too many"))
            sessions.leave(two)
            sessions.leave(one)
            sessions.check_room()
            await sessions.take("", lambda: Program("three"))
            assert ("end" in two.done, "end" in one.done) == (True, False), "the one that waits longest"
            await sessions.take("one", lambda: pytest.fail("it is there"))
            with pytest.raises(NoRoomError):
                sessions.check_room()
            await sessions.end()

        self.run(script)

    def test_one_waits_so_long_and_no_longer(self):
        async def script(sessions):
            one = await sessions.take("", lambda: Program("one"))
            sessions.leave(one)
            await one.over.wait()
            assert (await sessions.take("one", lambda: Program("two"))).name == "two"
            await sessions.end()

        self.run(script, kept=0.0)

    def test_a_page_that_comes_again_stops_the_waiting(self):
        async def script(sessions):
            one = await sessions.take("", lambda: Program("one"))
            await sessions.take("one", lambda: None)  # the page that comes may be here before the old one has gone
            sessions.leave(one)
            sessions.check_room()
            assert len(sessions) == 1
            sessions.leave(one)
            assert len(sessions) == 0
            await sessions.take("one", lambda: None)
            await asyncio.sleep(0)
            assert one.done == ["start"]
            sessions.forget(one)
            sessions.leave(one)
            await sessions.end()
            assert one.done == ["start"], "it has ended by itself"

        self.run(script)

    def test_one_that_does_not_start_takes_no_room(self):
        class Broken(Program):
            async def start(self):
                raise OSError("no more processes")

        async def script(sessions):
            with pytest.raises(OSError, match="no more processes"):
                await sessions.take("", lambda: Broken("one"))
            assert len(sessions) == 0

        self.run(script)


def piloted(kind, script, *words):
    """Runs a coroutine with an application for pages, and its pilot; gives what it told its server."""
    told = []

    class Telling(kind):
        def _tell(self, what, **more):
            told.append((what, more))

    async def run():
        app = Telling(session(*words), Screen(120, 40), None)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            await script(app, pilot)

    asyncio.run(run())
    return told


def shown(app):
    return "\n".join(app.stage.page.lines())


class TestPageApp:
    def test_it_tells_its_settings_and_hands_out_pictures(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

        async def script(app, pilot):
            await pilot.press("o", "n", "v", "v")
            assert "gdcli-live-2.svg is among the browser's downloads." in shown(app)

        told = piloted(PageApp, script)
        given = {"data": "sample:deck", "m": "-1", "b": "5"}
        assert told[:2] == [
            ("settings", {"values": given}),
            ("settings", {"values": given | {"optimizer": "momentum", "lr": "0.1"}}),  # the rate stays
        ]
        assert [(kind, more["name"]) for kind, more in told[2:]] == [
            ("picture", "gdcli-live-1.svg"),
            ("picture", "gdcli-live-2.svg"),
        ]
        assert told[2][1]["text"].startswith("<svg")
        assert list(tmp_path.iterdir()) == []

    def test_on_a_terminal_it_is_another(self):
        assert app_in({}) is LiveApp


class TestLesson:
    def test_settings_are_fixed(self):
        async def script(app, pilot):
            before = app.session.factory.configuration()
            others = [key.action for key in KEYS if key.group not in ("Run", "Look", "Look closer")]
            for action in sorted(one for one in others if not one.startswith(("zoom_", "pan_"))):
                app.session.say("")
                app._act(action)  # what a key and a word of the footer do
                assert app.session.message == FIXED, action
            await pilot.press("n", "up", "o")
            await pilot.click(offset=(100, 2))
            await pilot.click(offset=(20, 20))
            assert FIXED in shown(app)
            assert (app.session.factory.configuration(), app.session.run.turns) == (before, ())
            assert "MSE 2.5" not in shown(app), "steps go on"

        assert piloted(LessonApp, script) == []

    def test_what_would_change_them_is_not_shown(self):
        async def script(app, pilot):
            await pilot.pause()
            assert " rate" not in shown(app).splitlines()[-1]
            assert "step" in shown(app).splitlines()[-1]
            await pilot.press("question_mark")
            assert "optimizer" not in shown(app)
            assert "one step back" in shown(app)

        piloted(LessonApp, script)
