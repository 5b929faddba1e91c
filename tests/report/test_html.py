"""The leaderboard as one HTML file: what it holds, and what a browser makes of it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from browser import Browser, chromium
from test_leaderboard import entry

from segbench import cli
from segbench.contracts import Row, Score
from segbench.leaderboard import across, boards_of, build, flat, rank
from segbench.report import folder, html
from segbench.report.across import standing_cells
from segbench.report.payload import payload
from segbench.results import write_result

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028&amp;'\""
DATASETS = ("alpha", "beta", "delta", "gamma", f"zeta{HOSTILE}")
TRIALS = {"number": [0, 1, 2, 3], "state": ["complete", "complete", "pruned", "failed"],
          "why": ["", "", "largest segment 99%", "did not converge"],
          "param_k": [2.0, 3.0, 4.0, float("nan")], "quality": [0.2, 0.4, 0.9, None],
          "stability_ari": [0.9, 0.8, None, None], "guard_max": [-1.0, -1.0, 0.2, None],
          "k": [2, 3, 4, None]}  # fmt: skip
QUOTED = HOSTILE.replace('"', '""')
PROFILE = (f'segment,name,size,share,spend,"{QUOTED}"\n'
           "0,spend > 9,1234,0.75,12.3456,pro\n1,spend ≤ 9,400,0.25,3,\n"
           "-1,,1,0.0,1,x\n")  # fmt: skip


def results(root: Path) -> Path:
    """Five data sets, three contestants of two seeds, a baseline and what can go wrong."""
    for at, name in enumerate(DATASETS):
        data = {"name": name, "sha256": f"{at}" * 64, "rows": 1635}
        common = {"dataset": data, "objectives": ["quality", "stability_ari"], "setup": "u"}
        for i, algorithm in enumerate(("kmeans", "gmm", "hdbscan")):
            for seed in (0, 1):
                scores = {"quality": Score(0.6 - 0.1 * i + 0.01 * seed, space="rank", version=1),
                          "stability_ari": Score(0.7 + 0.1 * i, 0.6, 0.95),
                          "ari": Score.undefined("one segment")}  # fmt: skip
                stability = {"scheme": "bootstrap", "replicates": 8,
                             "segments": [{"segment": 0, "jaccard": 0.9123, "low": 0.5,
                                           "high": 0.99}]}  # fmt: skip
                put(root, f"{at}{algorithm}{seed}", algorithm, scores=scores, seed=seed,
                    params={"k": 3}, seconds={"total": 10.0 + 5 * i}, stability=stability,
                    segments={"k": 3, "noise": 1, "smallest_share": 0.1, "largest_share": 0.5},
                    overrides=["algorithm=" + algorithm, "seed=0"], **common)  # fmt: skip
        put(root, f"{at}random", "random", 0.1, baseline=True, **common)
    put(root, "cheat", "cheat", 0.99, status="ineligible", why="largest segment 99.0%",
        **{**common, "dataset": {"name": "alpha", "sha256": "0" * 64, "rows": 1635}})  # fmt: skip
    put(root, "broken", "broken", None, status="failed", why=HOSTILE, space=None,
        dataset={"name": "alpha", "sha256": "0" * 64, "rows": None})  # fmt: skip
    return root


def put(root: Path, key: str, name: str, quality: float | None = None, **changes: Any) -> None:
    stored = entry(name, quality, key=key, features="rfm", **changes)

    def fill(path: Path) -> None:
        if stored.result.params:
            pd.DataFrame(TRIALS).to_parquet(path / "trials.parquet", index=False)
            (path / "profile.csv").write_text(PROFILE, encoding="utf-8")
            (path / "model").mkdir()
            (path / "model" / "model.json").write_text('{"assign": "nearest"}')

    write_result(root / "sweep" / key, stored.result, "", fill)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return build(results(tmp_path_factory.mktemp("results")))


@pytest.fixture(scope="module")
def file(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "board.html"
    path.write_text(html.page(rows, Path("my results")), encoding="utf-8")
    return path


def test_the_payload_has_every_row_with_the_numbers_of_the_other_formats(rows: list[Row]):
    found = payload(rows)
    plain = flat(rows)
    assert list(found["results"]) and set(found["results"]) == {each["key"] for each in plain}
    for each in plain:
        result = found["results"][each["key"]]
        for name in ("rank", "status", "why", "seed", "features", "algorithm", "sweep"):
            assert result[name] == each[name]
        for name in ("quality", "stability_ari"):
            score = result["scores"].get(name, [None])
            assert score[0] == (None if each[name] is None else pytest.approx(each[name], rel=1e-5))
        assert each["key"] in found["boards"][result["board"]]["lines"][result["line"]]["results"]
    medians = {line["name"]: line["cells"][found["boards"][0]["columns"].index("quality")]
               for line in found["boards"][0]["lines"]}  # fmt: skip
    assert medians["rfm · kmeans"] == pytest.approx([0.605, 0.6, 0.61])
    assert medians["rfm · cheat"] == [0.99], "its own score, though it does not count"


def test_across_has_the_standings_and_the_tests(rows: list[Row]):
    found, overall = payload(rows)["across"], across(boards_of(rows))
    assert overall is not None and overall.test is not None
    assert [each["name"] for each in found["standings"]] == [s.name for s in overall.standings]
    assert found["test"]["critical_difference"] == pytest.approx(
        overall.test.critical_difference, rel=1e-5
    )
    assert found["lines"][0].startswith("Friedman") and found["datasets"] == overall.datasets


def test_the_file_asks_for_nothing_and_only_its_own_script_may_run(file: Path):
    text = file.read_text(encoding="utf-8")
    head, data = text.split('<script type="application/json" id="payload">')
    data, script = data.split("</script>", 1)
    own = head + script
    links = re.findall(r"""(?:src|href)\s*=\s*["']?([^"'\s>]+)|url\(([^)]*)\)|@import""", own)
    assert {link[0] for link in links} == {"#view", "data:,"}
    assert set(re.findall(r"https?://[^\s\"']+", own)) == {"http://www.w3.org/2000/svg"}, "a name"
    assert "innerHTML" not in own and "insertAdjacentHTML" not in own and "eval(" not in own
    for kind in ("style", "script"):
        inside = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()
        assert len(inside) == 1 and f"{kind}-src 'sha256-{digest}'" in head
    assert not re.search(r"[<>&\u2028]", data) and json.loads(data)["where"] == "my results"


def test_trials_are_told_by_what_became_of_them(rows: list[Row]):
    row = next(row for row in rows if row.result.algorithm == "kmeans")
    found = folder.trials(Path(row.path), row.result)
    assert found is not None and found["states"] == [0, 0, 3, 2] and found["chosen"] == 1
    assert found["objectives"] == [[0.2, 0.4, 0.9, None], [0.9, 0.8, None, None]]
    assert found["falling"] == [False, False]
    other = replace(row.result, objectives=["davies_bouldin", "quality"])
    assert folder.trials(Path(row.path), other)["falling"] == [True, False]
    assert found["params"] == {"k": [2.0, 3.0, 4.0, None]} and found["why"][3] == "did not converge"


def test_the_profile_reads_as_in_the_terminal(rows: list[Row]):
    row = next(row for row in rows if row.result.algorithm == "kmeans")
    found = folder.profile(Path(row.path))
    assert found == {
        "segments": ["0", "1", "-1"], "shares": [0.75, 0.25, 0.0],
        "names": ["spend > 9", "spend ≤ 9", ""],
        "rows": [["size", "1,234", "400", "1"], ["share", "75.0%", "25.0%", "0.0%"],
                 ["spend", "12.35", "3", "1"], [HOSTILE, "pro", "", "x"]],
    }  # fmt: skip


@pytest.mark.parametrize("name", ["trials.parquet", "profile.csv"])
def test_a_file_that_cannot_be_read_is_said_to_be_so(name: str, tmp_path: Path):
    read = {"trials.parquet": lambda: folder.trials(tmp_path, entry("a").result),
            "profile.csv": lambda: folder.profile(tmp_path)}[name]  # fmt: skip
    assert read() is None
    (tmp_path / name).write_bytes(b"segment,share\n0,x,y\n")
    assert read()["error"].startswith(f"{name} cannot be read")


def test_what_there_is_to_say_of_a_board_comes_before_what_is_said_of_results():
    rows = rank([entry("a", 0.9, others={"standard": 0.1}, why="a remark"),
                 entry("b", 0.5, others={"standard": 0.4}),
                 entry("tree", 0.7, baseline=True)])  # fmt: skip
    assert payload(rows)["boards"][0]["notes"] == [
        ("warning", "not better than the baseline tree: rank 2"),
        ("warning", "the order is another in the standard space: f · a (rank 1): 0.100; "
                    "f · b (rank 2): 0.400"),
        ("warning", "rank 1: a remark"),
    ]  # fmt: skip


def test_boards_of_one_data_set_have_addresses_of_their_own():
    other = entry("b", space="gower")
    found = payload(rank([entry("a"), other]))
    assert [board["id"] for board in found["boards"]] == ["d", "d~2"]
    assert len(found["meetings"]) == 1 and "spaces" in found["meetings"][0]
    named = entry("c", dataset={"name": "d~2", "sha256": "1" * 64})
    again = payload(rank([entry("a"), other, named]))
    assert [board["id"] for board in again["boards"]] == ["d", "d~2", "d~2~2"]


def test_the_command_line_writes_the_board_and_the_page_of_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    results(tmp_path / "results")
    assert cli.main(["leaderboard", "--format", "html"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("<!doctype html>") and not Path("leaderboard.html").exists()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert cli.main(["leaderboard", "--format", "html"]) == 0
    assert Path("leaderboard.html").read_text(encoding="utf-8") == page
    assert capsys.readouterr().out == "leaderboard.html: open it in a browser\n"
    assert cli.main(["report", "0gmm1", "--out", "one.html"]) == 0
    found = payload_of(Path("one.html"))
    assert list(found["results"]) == ["0gmm1"] and found["open"] == "0gmm1"
    assert found["results"]["0gmm1"]["rank"] == 2, "as on the leaderboard that it comes from"
    assert cli.main(["report", "results/sweep/0gmm1", "--out", "two.html", "--results", "no"]) == 0
    assert payload_of(Path("two.html"))["results"]["0gmm1"]["rank"] is None
    assert cli.main(["report", "nothing", "--out", "three.html"]) == 2


def payload_of(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8").split('id="payload">')[1]
    return json.loads(text.split("</script>")[0])


# In a browser.


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = chromium()
    if program is None:
        if os.environ.get("SEGBENCH_BROWSER") == "required":
            pytest.fail("chromium is not installed, and SEGBENCH_BROWSER=required")
        pytest.skip("chromium is not installed")
    browser = Browser(program, tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture
def browser(chrome: Browser) -> Iterator[Browser]:
    """On a desk; whatever a test does, nothing is complained of and nothing else asked for."""
    chrome.look()
    chrome.complaints.clear()
    yield chrome
    assert chrome.complaints == []
    assert len(set(chrome.requests)) == 1 and chrome.requests[0].startswith("file:///")


def order(browser: Browser) -> list[str]:
    return browser.js("[...document.querySelectorAll('tr.line:not([hidden]) th')]"
                      ".map(e => e.textContent)")  # fmt: skip


def head(browser: Browser, title: str) -> str:
    """Mark the head of a column, so that it can be asked for."""
    browser.js(f"[...document.querySelectorAll('thead button')].forEach(e => "
               f"e.id = e.textContent === {title!r} ? 'head' : '')")  # fmt: skip
    return "#head"


def h1(browser: Browser) -> str:
    return browser.js("document.querySelector('h1').textContent")


def test_columns_sort_by_mouse_and_by_keyboard(browser: Browser, file: Path):
    browser.open(file)
    ranked = ["kmeans", "gmm", "hdbscan", "random", "cheat", "broken"]
    assert h1(browser) == "alpha" and order(browser) == ranked
    assert browser.js("document.querySelector('[aria-sort=ascending]').textContent") == "rank"
    browser.click(head(browser, "stability"))
    sort = "document.querySelector('#head').parentElement.getAttribute('aria-sort')"
    assert browser.js(sort) == "descending"
    assert order(browser) == ["hdbscan", "gmm", "kmeans", "random", "cheat", "broken"]
    browser.press("Enter")
    assert browser.js(sort) == "ascending"
    assert order(browser) == ["kmeans", "gmm", "hdbscan", "random", "cheat", "broken"]
    browser.click(head(browser, "quality"))
    assert order(browser) == ranked, "0.99 does not count and is no winner"
    browser.press("Enter")
    assert order(browser) == ["random", "hdbscan", "gmm", "kmeans", "cheat", "broken"]
    ranks = browser.js("[...document.querySelectorAll('tr.line')].map(e => e.cells[1].textContent)")
    assert ranks[:4] == ["baseline", "3", "2", "1"], "a rank is not a row's number"
    browser.click(head(browser, "algorithm"))
    assert order(browser) == sorted(ranked)
    assert browser.js("document.querySelectorAll('[aria-sort]').length") == 1


def test_the_table_is_filtered_and_counted(browser: Browser, file: Path):
    browser.open(file)
    count = "document.querySelector('output').textContent"
    assert browser.js(count) == "6 of 6 lines"
    browser.write("input", "RFM means")
    assert order(browser) == ["kmeans"] and browser.js(count) == "1 of 6 lines"
    assert browser.js("document.querySelectorAll('.pareto a.away').length") == 2
    browser.write("input", "nothing like it")
    assert order(browser) == [] and browser.js(count) == "0 of 6 lines"
    browser.write("input", " ")
    for wanted, found in (("failed", ["broken"]), ("baseline", ["random"]),
                          ("ranked", ["kmeans", "gmm", "hdbscan"])):  # fmt: skip
        browser.js(f"(e => {{ e.value = {wanted!r}; e.dispatchEvent(new Event('change')); }})"
                   "(document.querySelector('select'))")  # fmt: skip
        assert order(browser) == found


def test_a_line_opens_into_its_seeds_and_a_result_into_its_page(browser: Browser, file: Path):
    browser.open(file)
    browser.write("input", "gmm")
    browser.click("tr.line:not([hidden]) .open")
    assert browser.js("document.querySelector('tr:not([hidden]) .open').ariaExpanded") == "true"
    seeds = "[...document.querySelectorAll('.within tbody tr')].map(e => e.cells[0].textContent)"
    assert browser.js(seeds) == ["0", "1"]
    browser.click(".within tbody tr:last-child a")
    browser.wait("document.querySelector('h1').textContent === 'rfm · gmm'")
    assert browser.js("location.hash") == "#/result/0gmm1"
    assert browser.js("document.activeElement.tagName") == "H1"
    assert "rank 2 of 3" in browser.js("document.querySelector('main').textContent")
    browser.js("history.back()")
    browser.wait("document.querySelector('h1').textContent === 'alpha'")
    assert order(browser) == ["gmm"], "the filter is as it was left"
    assert browser.js("document.activeElement.textContent") == "0gmm1", "and so is the focus"


def test_the_plot_is_read_by_keyboard(browser: Browser, file: Path):
    browser.open(file)
    assert browser.js("document.querySelectorAll('.pareto a[tabindex=\"0\"]').length") == 1
    browser.js("document.querySelector('.pareto a[tabindex=\"0\"]').focus()")
    browser.press("ArrowRight")
    label = browser.js("document.activeElement.getAttribute('aria-label')")
    assert label.startswith("rfm · gmm, rank 2, quality 0.505 [0.500, 0.510]")
    assert "rank 2" in browser.js("document.querySelector('.tip:not([hidden])').textContent")
    browser.press("Enter")
    browser.wait("location.hash.startsWith('#/result/0gmm')")
    front = "document.querySelectorAll('.pareto a .onfront').length"
    browser.js("history.back()")
    browser.wait(f"{front} === 3")


def test_the_arrow_keys_pass_over_points_that_are_filtered_away(browser: Browser, file: Path):
    browser.open(file)
    browser.write("input", "hdbscan")
    browser.js("document.querySelector('.pareto a[tabindex=\"0\"]').focus()")
    label = "document.activeElement.getAttribute('aria-label')"
    assert browser.js(label).startswith("rfm · hdbscan"), "the tab key stops at what is left"
    browser.press("ArrowRight")
    assert browser.js(label).startswith("rfm · hdbscan"), "there is no other"


def test_a_finger_sees_what_a_point_is_before_it_goes_there(browser: Browser, file: Path):
    browser.look(390, 844)
    browser.open(file)
    browser.tap(".pareto a .onfront")
    assert browser.js("location.hash") == ""
    assert "rank 3" in browser.js("document.querySelector('.tip:not([hidden])').textContent")
    browser.tap(".pareto a .onfront")
    browser.wait("location.hash.startsWith('#/result/0hdbscan')")


NUMBERS = "[...document.querySelectorAll(%r)].map(e => %s)"


def test_points_lie_where_their_scores_are_and_the_front_is_what_was_attained(
    browser: Browser, file: Path
):
    browser.open(file)
    found = browser.js(NUMBERS % (".pareto a .onfront", "[+e.getAttribute('cx'), "
                                  "+e.getAttribute('cy'), +e.getAttribute('r')]"))  # fmt: skip
    # kmeans, gmm, hdbscan: quality 0.605, 0.505, 0.405; stability 0.7, 0.8, 0.9; 10, 15, 20 s
    (a, b, c) = sorted(found, reverse=True)
    assert a[0] - b[0] == pytest.approx(b[0] - c[0]) and a[0] > b[0]
    assert a[1] - b[1] == pytest.approx(b[1] - c[1]) and a[1] > b[1], "up is more stable"
    assert [a[2] ** 2 / c[2] ** 2, b[2] ** 2 / c[2] ** 2] == pytest.approx([0.5, 0.75]), "areas"
    path = browser.js("document.querySelector('.front').getAttribute('d')")
    steps = re.findall(r"([MHV])([\d.]+)(?:,([\d.]+))?", path)
    assert [step[0] for step in steps] == ["M", "H", "V", "H", "V"]
    ends = [float(steps[0][1]), float(steps[0][2]), *(float(value) for _, value, _ in steps[1:])]
    assert ends == pytest.approx([*a[:2], *b[:2], *c[:2]], abs=0.06)
    bars = browser.js(NUMBERS % (".pareto .error", "['x1', 'y1', 'x2', 'y2'].map("
                                 "name => +e.getAttribute(name))"))  # fmt: skip
    per_unit = (a[0] - b[0]) / 0.1
    assert [a[0] - 0.005 * per_unit, a[1], a[0] + 0.005 * per_unit, a[1]] in [
        pytest.approx(bar) for bar in bars
    ]


def test_points_that_lie_on_each_other_have_one_label(browser: Browser, tmp_path: Path):
    scores = {"a": (0.6, 0.8), "b": (0.6, 0.8), "c": (0.2, 0.3)}
    rows = rank([entry(name, algorithm=name, setup=name,
                       scores={"quality": Score(q), "stability_ari": Score(t)})
                 for name, (q, t) in scores.items()])  # fmt: skip
    (tmp_path / "page.html").write_text(html.page(rows), encoding="utf-8")
    browser.open(tmp_path / "page.html")
    labels = browser.js(NUMBERS % (".pareto .rank", "e.textContent"))
    assert sorted(labels) == ["1, 2", "3"]


def test_intervals_are_drawn_between_the_least_and_the_greatest(browser: Browser, file: Path):
    browser.open(file)
    drawn = browser.js(NUMBERS % (
        "tr.line .drawn:nth-child(5)", "['--at', '--low', '--width'].map("
        "name => parseFloat(e.style.getPropertyValue(name)))"))  # fmt: skip
    scores = [(0.605, 0.6, 0.61), (0.505, 0.5, 0.51), (0.405, 0.4, 0.41)]
    for (value, low, high), (at, left, width) in zip(scores, drawn, strict=False):
        share = (high - low) / 0.51  # of all from 0.1, the baseline's, to 0.61
        assert width == pytest.approx(100 * share, abs=0.06)
        assert at == pytest.approx(100 * (value - 0.1) / 0.51, abs=0.06)
        # A background of this width is moved by a share of what it leaves free.
        assert left * (1 - share) == pytest.approx(100 * (low - 0.1) / 0.51, abs=0.1)


def test_trials_lie_at_their_values_and_those_without_in_a_lane_of_their_own(
    browser: Browser, file: Path
):
    browser.open(file, "#/result/0kmeans0")
    places = browser.js("[...document.querySelectorAll('figure')].map(f => [...f.querySelectorAll("
                        "'.mark')].map(e => (b => [b.x + b.width / 2, b.y + b.height / 2])"
                        "(e.getBoundingClientRect())))")  # fmt: skip
    quality, stability, both = places
    xs, ys = zip(*quality, strict=True)
    assert [x - xs[0] for x in xs[1:]] == pytest.approx([(xs[1] - xs[0]) * i for i in (1, 2, 3)])
    assert ys[0] - ys[1] == pytest.approx((ys[0] - ys[2]) * 0.2 / 0.7, abs=0.2), "0.2, 0.4, 0.9"
    assert ys[3] > ys[0] + 10, "no value is below the least value"
    lane = [y for _, y in stability[2:]]
    assert lane[0] == pytest.approx(lane[1], abs=1) and lane[0] > stability[1][1] + 10
    assert stability[0][1] < stability[1][1] and len(both) == 2
    assert browser.js("[...document.querySelectorAll('figure text')].filter("
                      "e => e.textContent === 'none').length") == 2  # fmt: skip
    ring = browser.js("(b => b.y + b.height / 2)(document.querySelector('figure .ring')"
                      ".getBoundingClientRect())")  # fmt: skip
    assert ring == pytest.approx(ys[1], abs=0.5), "the chosen trial"


def test_a_result_has_its_segments_its_trials_and_its_command(browser: Browser, file: Path):
    browser.open(file, "#/result/0kmeans0")
    text = browser.js("document.querySelector('main').innerText")
    cells = browser.js("[...document.querySelectorAll('[aria-label=Segments] tr')]"
                       ".map(e => [...e.cells].map(c => c.innerText))")  # fmt: skip
    assert cells[0] == ["segment", "0", "1", "noise"] and cells[1] == ["size", "1,234", "400", "1"]
    assert cells[3] == ["recovery", "0.91 [0.50, 0.99]", "", ""]
    assert HOSTILE.split("\u2028")[0] in cells[-1][0] and "0: spend > 9" in text
    marks = "[...document.querySelectorAll('figure')].map(f => f.querySelectorAll('.mark').length)"
    assert browser.js(marks) == [4, 4, 2]
    assert browser.js("document.querySelectorAll('figure .ring').length") == 3
    browser.click("details summary")
    browser.wait("document.querySelectorAll('details tbody tr').length === 4")
    assert browser.js("document.querySelector('details tbody').rows[1].cells[1].textContent") == (
        "complete, chosen"
    )
    commands = browser.js("[...document.querySelectorAll('.command code')].map(e => e.textContent)")
    assert commands == [
        "segbench run algorithm=kmeans seed=0 results=again",
        "segbench assign 0kmeans0 new_customers.csv --out segments.csv --results 'my results'",
        "segbench report 0kmeans0 --out 0kmeans0.html --results 'my results'",
    ]
    assert "undefined" in text and "one segment" in text, "an undefined score says why"
    browser.click(".command button")
    browser.wait("document.querySelector('.command button').textContent !== 'Copy'")


def test_tabs_lead_to_every_board_and_to_the_comparison(browser: Browser, file: Path):
    browser.open(file)
    labels = browser.js("[...document.querySelectorAll('nav a')].map(e => e.textContent)")
    assert labels == [*DATASETS, "Across data sets"]
    browser.click("nav li:last-child a")
    browser.wait("document.querySelector('h1').textContent === 'Across data sets'")
    assert browser.js("document.querySelector('nav [aria-current]').textContent") == labels[-1]
    assert browser.js("document.querySelectorAll('.matrix tbody td').length") == 9
    assert browser.js("document.querySelectorAll('.diagram .leader').length") == 3
    assert browser.js("document.querySelectorAll('.diagram .clique').length") >= 1
    standings = payload_of(file)["across"]["standings"]
    dots = browser.js(NUMBERS % (".diagram .dot", "+e.getAttribute('cx')"))
    ranks = [each["mean_rank"][0] for each in standings]
    assert ranks == [1, 2, 3] and dots[0] < dots[1]
    assert dots[1] - dots[0] == pytest.approx(dots[2] - dots[1])
    bars = browser.js(NUMBERS % (".diagram .clique", "e.getAttribute('d').match(/[\\d.]+/g)"))
    cliques = payload_of(file)["across"]["test"]["cliques"]
    assert [[float(bar[0]), float(bar[2])] for bar in bars] == [
        pytest.approx([dots[clique[0]] - 4, dots[clique[-1]] + 4]) for clique in cliques
    ]
    browser.go("#/result/%E0%A4%A")
    assert "no such page" in h1(browser)


def test_names_are_never_markup(browser: Browser, file: Path):
    address = quote(DATASETS[-1], safe="!'()*~")  # as encodeURIComponent does
    browser.open(file, f"#/board/{address}")
    assert h1(browser) == DATASETS[-1]
    for place in ("#/", "#/across", "#/result/0kmeans0", "#/result/broken"):
        browser.go(place)
        assert browser.js("document.images.length") == 0
        assert browser.js("document.scripts.length") == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_in_colours_that_can_be_read(
    browser: Browser, file: Path, scheme: str
):
    browser.look(390, 844, scheme)
    browser.open(file)
    for place in ("#/board/alpha", "#/across", "#/result/0kmeans0", "#/result/broken", "#/none"):
        browser.go(place)
        assert browser.js("document.documentElement.scrollWidth") == 390, place
    grounds = {"light": "rgb(252, 252, 250)", "dark": "rgb(21, 23, 26)"}
    assert browser.js("getComputedStyle(document.body).backgroundColor") == grounds[scheme]
    for name in ("--text", "--muted", "--accent", "--other"):
        for ground in ("--ground", "--raised"):
            assert browser.js(CONTRAST % (name, ground)) >= 4.5, (name, ground)


CONTRAST = """((a, b) => {
  const light = (name) => {
    const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
      .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
})(%r, %r)"""


def test_what_can_be_operated_has_a_name_and_a_place_for_the_focus(browser: Browser, file: Path):
    browser.open(file)
    for place in ("#/board/alpha", "#/across", "#/result/0kmeans0"):
        browser.go(place)
        nameless = browser.js(
            "[...document.querySelectorAll('a, button, [role=region], svg[role], nav')].filter(e =>"
            " !(e.getAttribute('aria-label') || e.textContent).trim()).length"
        )
        assert nameless == 0
        assert browser.js("[...document.querySelectorAll('input, select')]"
                          ".every(e => e.labels.length === 1)")  # fmt: skip
        assert browser.js("[...document.querySelectorAll('table')].every(e => e.caption || "
                          "e.closest('details'))")  # fmt: skip
    browser.open(file, "#/across")
    browser.press("Tab")
    assert browser.js("document.activeElement.className") == "skip"
    assert browser.js("document.activeElement.getBoundingClientRect().left") > 0
    browser.press("Enter")
    assert browser.js("[location.hash, document.activeElement.id]") == ["#/across", "view"]
    browser.open(file, "#view")  # as a browser without scripts would have left it
    assert h1(browser) == "alpha"


def test_what_is_rounded_is_rounded_as_in_a_terminal(browser: Browser, tmp_path: Path):
    # Of eight data sets mean ranks are eighths, which lie in the middle of two digits.
    rows = rank([entry(f"{at}{name}", 0.55 if at == 0 and name == "b" else quality,
                       algorithm=name, setup=name, dataset={"name": f"d{at}", "sha256": "1" * 64})
                 for at in range(8)
                 for name, quality in (("a", 0.5), ("b", 0.4), ("c", 0.3))])  # fmt: skip
    overall = across(boards_of(rows))
    _, cells = standing_cells(overall)
    (tmp_path / "page.html").write_text(html.page(rows), encoding="utf-8")
    browser.open(tmp_path / "page.html", "#/across")
    shown = browser.js("[...document.querySelectorAll('.wide tbody tr')].map("
                       "r => [...r.cells].slice(1, 4).map(c => c.textContent))")  # fmt: skip
    assert {each.mean_rank.value % 0.25 for each in overall.standings} >= {0.125}
    assert shown == [list(row[1:4]) for row in cells]


def test_what_is_printed_is_everything(browser: Browser, tmp_path: Path):
    rows = rank([entry(f"{i:03}", i / 1000, setup=str(i)) for i in range(300)])
    (tmp_path / "page.html").write_text(html.page(rows), encoding="utf-8")
    browser.open(tmp_path / "page.html")
    assert len(order(browser)) == 250
    browser.js("dispatchEvent(new Event('beforeprint'))")
    assert len(order(browser)) == 300


def test_a_thousand_results_are_quick(browser: Browser, tmp_path: Path):
    score = {"stability_ari": Score(0.9, 0.8, 1.0)}
    one = entry("a", 0.5)
    rows = rank([type(one)(replace(
        one.result, key=f"{i:04}", algorithm=f"a{i}", seconds={"total": float(i)},
        scores={"quality": Score(i / 1000, i / 1000 - 0.01, i / 1000 + 0.01), **score},
    ), Path("nowhere")) for i in range(1000)])  # fmt: skip
    page = tmp_path / "many.html"
    page.write_text(html.page(rows), encoding="utf-8")
    start = time.monotonic()
    browser.open(page)
    assert order(browser)[:2] == ["a999", "a998"] and len(order(browser)) == 250
    assert time.monotonic() - start < 10, "it is some 1 s on a machine with nothing else to do"
    browser.click(head(browser, "time"))
    assert order(browser)[:2] == ["a0", "a1"]
    browser.write("input", "a77")
    assert len(order(browser)) == 11
    browser.write("input", " ")
    browser.click("tr.line:last-child .open")
    browser.click("main > button")
    assert len(order(browser)) == 1000
    assert browser.js("document.activeElement.closest('tr').rowIndex") == 252, "one is open"
