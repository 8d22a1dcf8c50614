"""What `gdcli train` refuses: one line that names the flag or the place in the file, a hint, the right exit code."""

import gzip

import numpy as np
import pytest

pytestmark = pytest.mark.quick

GOOD = "a,b,kind\n" + "".join(f"{n},{n % 3},{'low' if n < 10 else 'high'}\n" for n in range(20))
NUMBERS = "x,y\n" + "".join(f"{n},{2 * n}.25\n" for n in range(20))


def idx(array):
    array = np.asarray(array, np.uint8)
    return bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def hinted(result):
    return any(line.startswith("  ") for line in result.err.splitlines())


@pytest.fixture
def good(table):
    return table(GOOD)


class TestTheCommandLine:
    @pytest.mark.parametrize(
        ("arguments", "parts"),
        [
            *((("--hidden", value), ("--hidden",)) for value in ("x", "-3", "3,,4", "1.5", "", "nan", "1e400", "4,0")),
            *((("--hidden", value), ("--hidden",)) for value in ("4,", ",", "4;5", "99999999999999", "4 x")),
            (("--hidden", "4", "--activation", "rellu"), ("--activation", "rellu")),
            (("--hidden", "4", "--activation", ""), ("--activation",)),
            (("--hidden", "4", "--activation", "__all__"), ("--activation",)),
            (("--hidden", "4,3,2", "--activation", "relu,tanh"), ("--activation", "2", "3")),
            (("--hidden", "4", "--activation", "relu,tanh"), ("--activation",)),
            (("--activation", "tanh"), ("--activation",)),
            (("--dropout", "0.5"), ("--dropout",)),
            *((("--hidden", 4, "--dropout", value), ("--dropout",)) for value in ("1", "-0.1", "1.5", "nan", "x")),
            (("--hidden", 4, "--init", "hee"), ("--init", "hee")),
            (("--dtype", "float16"), ("--dtype", "float16")),
            (("--dtype", "int32"), ("--dtype",)),
            (("--optimizer", "adamm"), ("--optimizer", "adamm")),
            (("--loss", "cross-entropi"), ("--loss",)),
            (("--task", "clustering"), ("--task",)),
            *((("--scale", value), ("--scale",)) for value in ("foo", "0", "-1", "nan", "inf", "")),
            *((("--validation", value), ("--validation",)) for value in ("0", "1", "1.5", "-0.1", "nan")),
            *((("--label-smoothing", value), ("--label-smoothing",)) for value in ("1", "-0.1", "nan", "x")),
            *((("--class-weight", value), ("--class-weight",)) for value in ("low", "mid=2", "low=x", "low=-1", "=")),
            *((("--class-weight", value), ("--class-weight",)) for value in ("low=nan", "low=inf", "", "balance")),
            *((("--lr", value), ("--lr",)) for value in ("-1", "nan", "inf", "x")),
            *((("--epochs", value), ("--epochs",)) for value in ("-1", "x", "1.5")),
            *((("--batch-size", value), ("--batch-size",)) for value in ("0", "-4", "x", "1.5")),
            *((("--l2", value), ("--l2",)) for value in ("-1", "nan", "x")),
            *((("--l1", value), ("--l1",)) for value in ("-1", "nan", "x")),
            *((("--patience", value), ("--patience",)) for value in ("-1", "x", "0")),
            *((("--seed", value), ("--seed",)) for value in ("-1", "x", "1.5")),
            *((("--threads", value), ("--threads",)) for value in ("0", "-1", "x")),
            *((("--show", value), ("--show",)) for value in ("-1", "x")),
            (("--save", "m.pkl"), ("--save",)),
            (("--y", "nosuch"), ("'nosuch'",)),
            (("--x", "a,nosuch"), ("'nosuch'",)),
            (("--x", "a,kind", "--y", "kind"), ("'kind'",)),
            (("--categorical", "nosuch"), ("'nosuch'",)),
            (("--categorical", "kind", "--y", "kind"), ("'kind'",)),
            (("--hiden", "4"), ("--hiden",)),
        ],
        ids=lambda value: " ".join(map(str, value))[:40],
    )
    def test_is_refused(self, gdcli, good, refused, arguments, parts):
        result = gdcli("train", good, "--epochs", 2, *arguments)
        refused(result, 2, *parts)
        assert hinted(result)

    @pytest.mark.parametrize(
        ("arguments", "part"),
        [
            (("--loss", "cross-entropy"), "--loss"),
            (("--loss", "binary-cross-entropy"), "--loss"),
            (("--class-weight", "balanced"), "--class-weight"),
            (("--label-smoothing", "0.1"), "--label-smoothing"),
        ],
    )
    def test_what_goes_with_classes_only(self, gdcli, table, refused, arguments, part):
        refused(gdcli("train", table(NUMBERS), "--epochs", 2, *arguments), 2, part)

    def test_did_you_mean(self, gdcli, good):
        assert "relu" in gdcli("train", good, "--hidden", 4, "--activation", "rellu").err
        assert "adam" in gdcli("train", good, "--optimizer", "adamm").err
        assert "--hidden" in gdcli("train", good, "--hiden", 4).err

    def test_a_loss_for_two_classes_is_explained_to_three(self, gdcli, refused):
        """--help lists it, so 'there is none' would be untrue."""
        result = gdcli("train", "sample:iris", "--loss", "binary-cross-entropy", "--epochs", 1)
        refused(result, 2, "--loss")
        assert "3 classes" in result.err or "two classes" in result.err or "three" in result.err

    def test_nothing_to_train_on(self, gdcli, refused):
        refused(gdcli("train"), 2)
        refused(gdcli("train", "--hidden", 4), 2)

    def test_a_regression_of_texts(self, gdcli, good, refused):
        refused(gdcli("train", good, "--task", "regression"), 3, "data.csv", "'kind'", "line 2")

    def test_no_warning_and_no_internals_in_messages(self, gdcli, good):
        for words in (("--class-weight", "low=x"), ("--hidden", "x"), ("--lr", "x"), ("--epochs", "x")):
            err = gdcli("train", good, *words).err
            assert "Invalid value: " not in err
            assert "Error" not in err


class TestTheData:
    @pytest.mark.parametrize(
        ("content", "parts"),
        [
            ("", ("data.csv",)),
            ("a,b,y\n", ("data.csv",)),
            ("a,b,y\n1,2,x\n", ("one row",)),
            ("a,b,y\n1,2,x\n2,3,x\n3,4,x\n", ("'y'", "'x'")),
            ("a,b,y\n1,2,x\n1,2,z\n1,2,x\n", ("'a'", "constant", "1")),
            ("a,b,y\n1,2,x\n2,oops,z\n3,4,x\n", ("data.csv", "line 3", "'b'", "'oops'")),
            ("a,b,y\n1,2,x\n2,,z\n3,4,x\n", ("data.csv", "line 3", "'b'")),
            ("a,b,y\n1,2,x\n2,3,\n3,4,x\n", ("data.csv", "line 3", "'y'")),
            ("a,b,y\n1,2,x\n2,3\n3,4,x\n", ("data.csv", "line 3")),
            ("a,b,y\n1,2,x\n2,inf,z\n3,4,x\n", ("data.csv", "line 3", "'b'")),
            ("y\nx\nz\nx\n", ("data.csv",)),
            ("c,y\nred,x\nblue,z\n", ("data.csv",)),
        ],
        ids=[
            "empty",
            "no rows",
            "one row",
            "one class",
            "no input varies",
            "text",
            "gap",
            "no label",
            "short",
            "inf",
            "no input",
            "texts",
        ],
    )
    def test_is_refused(self, gdcli, table, refused, content, parts):
        result = gdcli("train", table(content), "--y", "y", "--epochs", 2)
        refused(result, 3, *parts)
        assert hinted(result)

    @pytest.mark.parametrize("content", ["a,b,y\n1,2,x\n", "a,b,y\n1,2,x\n2,3,x\n"])
    def test_the_file_is_named(self, gdcli, table, content):
        assert "data.csv" in gdcli("train", table(content), "--y", "y").err.splitlines()[0]

    def test_a_text_input_points_to_categorical(self, gdcli, table):
        result = gdcli("train", table("a,c,y\n1,red,x\n2,blue,z\n3,green,x\n"), "--x", "a,c", "--y", "y")
        assert result.code in (2, 3)
        assert "--categorical" in result.err

    def test_no_such_file(self, gdcli, refused, tmp_path):
        refused(gdcli("train", tmp_path / "none.csv"), 3, "none.csv")
        refused(gdcli("train", "sample:irises"), 2 if gdcli("train", "sample:irises").code == 2 else 3, "irises")

    @pytest.mark.parametrize("flag", ["--test", "--validation"])
    def test_no_such_other_file(self, gdcli, good, refused, tmp_path, flag):
        refused(gdcli("train", good, flag, tmp_path / "none.csv"), 3, "none.csv")

    @pytest.mark.parametrize("flag", ["--test", "--validation"])
    def test_an_unknown_class_in_another_file(self, gdcli, good, table, refused, flag):
        other = table("a,b,kind\n1,2,low\n3,1,tulip\n", "other.csv")
        result = gdcli("train", good, flag, other, "--epochs", 1)
        refused(result, 3, "other.csv", "line 3", "'tulip'")
        assert "low" in result.err.splitlines()[1]

    @pytest.mark.parametrize("flag", ["--test", "--validation"])
    @pytest.mark.parametrize("content", ["a,kind\n1,low\n", "a,b\n1,2\n"])
    def test_another_file_without_a_column(self, gdcli, good, table, refused, flag, content):
        refused(gdcli("train", good, flag, table(content, "other.csv"), "--epochs", 1), 3, "other.csv")

    @pytest.mark.parametrize("flag", ["--test", "--validation"])
    def test_another_file_with_a_bad_cell(self, gdcli, good, table, refused, flag):
        other = table("b,a,kind\n1,2,low\n3,x1,low\n", "other.csv")
        refused(gdcli("train", good, flag, other, "--epochs", 1), 3, "other.csv", "line 3", "'a'", "'x1'")

    @pytest.mark.parametrize("flag", ["--test", "--validation"])
    def test_other_files_have_columns_by_name(self, gdcli, good, table, flag):
        """In another order, with more columns: the same figures."""
        rows = [line.split(",") for line in GOOD.splitlines()]
        other = table("\n".join(f"{kind},x,{b},{a}" for a, b, kind in rows).replace("x", "more", 1) + "\n", "other.csv")
        arguments = ("train", good, "--epochs", 2, "--format", "json")
        part = flag.removeprefix("--")
        same = gdcli(*arguments, flag, good).json[part]
        assert gdcli(*arguments, flag, other).json[part] == same

    def test_categorical_values_only_seen_elsewhere(self, gdcli, table):
        """A colour that the training rows do not have: refused by its line, or counted as none of them."""
        data = table("c,x,y\nred,1,a\nblue,2,b\nred,3,a\nblue,4,b\n")
        other = table("c,x,y\nred,1,a\ngreen,2,b\n", "other.csv")
        result = gdcli(
            *("train", data, "--x", "x,c", "--y", "y", "--categorical", "c"),
            *("--validation", "none", "--test", other, "--epochs", 1, "--format", "json"),
        )
        assert result.code in (0, 3), result.err
        assert "a bug" not in result.err
        if result.code == 3:
            assert "green" in result.err

    def test_a_validation_fraction_that_leaves_nothing(self, gdcli, table):
        data = table("a,y\n1,p\n2,q\n3,p\n")
        for part in (0.01, 0.99):
            result = gdcli("train", data, "--validation", part, "--epochs", 1)
            assert result.code in (0, 2, 3)
            assert "a bug" not in result.err

    def test_a_target_of_many_texts_is_not_a_class_each(self, gdcli, table):
        """Every label a different one: refused or trained, but no crash of the split."""
        data = table("a,y\n" + "".join(f"{n},name{n}\n" for n in range(30)))
        result = gdcli("train", data, "--epochs", 1, "--format", "json")
        assert result.code in (0, 3), result.err
        assert "a bug" not in result.err


class TestImages:
    @pytest.fixture
    def images(self, tmp_path):
        path = tmp_path / "images"
        path.write_bytes(idx(np.arange(4 * 9).reshape(4, 3, 3)))
        return path

    def labels(self, tmp_path, array, name="labels"):
        (tmp_path / name).write_bytes(idx(array))
        return tmp_path / name

    def test_without_labels(self, gdcli, images, refused):
        result = gdcli("train", images)
        refused(result, 3, "images")
        assert "--labels" in result.err

    def test_of_another_number(self, gdcli, images, tmp_path, refused):
        refused(gdcli("train", images, "--labels", self.labels(tmp_path, [1, 2, 1])), 3, "4", "3")

    def test_labels_that_are_images(self, gdcli, images, refused):
        refused(gdcli("train", images, "--labels", images), 3, "labels")

    def test_labels_that_are_text(self, gdcli, images, table, refused):
        refused(gdcli("train", images, "--labels", table("1\n2\n", "labels.txt")), 3, "labels.txt")

    def test_labels_that_are_not_there(self, gdcli, images, tmp_path, refused):
        refused(gdcli("train", images, "--labels", tmp_path / "none"), 3, "none")

    def test_cut_short(self, gdcli, images, tmp_path, refused):
        labels = self.labels(tmp_path, [1, 2, 1, 2])
        images.write_bytes(images.read_bytes()[:-1])
        refused(gdcli("train", images, "--labels", labels), 3, "images")

    def test_gzip_cut_short(self, gdcli, images, tmp_path, refused):
        labels = self.labels(tmp_path, [1, 2, 1, 2])
        path = tmp_path / "images.gz"
        path.write_bytes(gzip.compress(images.read_bytes())[:-5])
        refused(gdcli("train", path, "--labels", labels), 3, "images.gz")

    def test_test_images_of_another_size(self, gdcli, images, tmp_path, refused):
        labels = self.labels(tmp_path, [1, 2, 1, 2])
        other = tmp_path / "other"
        other.write_bytes(idx(np.zeros((2, 2, 2))))
        result = gdcli(
            *("train", images, "--labels", labels, "--validation", "none"),
            *("--test", other, "--test-labels", self.labels(tmp_path, [1, 2], "other-labels"), "--epochs", 1),
        )
        refused(result, 3, "other")

    def test_labels_of_test_images_missing(self, gdcli, images, tmp_path, refused):
        labels = self.labels(tmp_path, [1, 2, 1, 2])
        result = gdcli("train", images, "--labels", labels, "--test", images, "--epochs", 1)
        refused(result, 3, "images")
        assert "--test-labels" in result.err

    def test_a_folder_without_the_four_files(self, gdcli, tmp_path, refused):
        (tmp_path / "folder").mkdir()
        refused(gdcli("train", tmp_path / "folder"), 3, "folder")

    def test_show_without_images(self, gdcli, good):
        result = gdcli("train", good, "--show", 3, "--epochs", 1)
        assert result.code in (0, 2)
        assert "a bug" not in result.err
        assert result.code == 2 or "image" in result.err

    def test_labels_with_a_table(self, gdcli, good, tmp_path):
        """Not silently ignored."""
        result = gdcli("train", good, "--labels", self.labels(tmp_path, [1, 2]), "--epochs", 1)
        assert result.code in (2, 3)


@pytest.mark.parametrize(
    ("labels", "hint"),
    [
        ([f"car {n}" for n in range(60)], "--y a predicts another column, --y name this one"),
        ([f"car {n // 2}" for n in range(62)], "--y a predicts another column, --y name this one"),
        ([f"2024-{n // 28 + 1:02}-{n % 28 + 1:02}" for n in range(60)], "turn dates into numbers"),
    ],
)
@pytest.mark.parametrize("command", [("train",), ("sweep", "train", "--lr", "0.1,0.2"), ("live", "--plain")])
def test_names_that_nobody_asked_for_are_no_target(gdcli, table, labels, hint, command):
    path = table("a,b,name\n" + "".join(f"{n % 7},{n % 5}.5,{label}\n" for n, label in enumerate(labels)))
    result = gdcli(*command, path)
    assert result.code == 3
    assert f"labels in {len(labels)} rows, as names and dates do" in result.err
    assert hint in result.err
    assert gdcli("train", path, "--y", "name", "--epochs", 1).code == 0  # whoever asks for it gets it
