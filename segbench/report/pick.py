"""Why a line was picked, in five sentences, and what would have to be true for the runner-up."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from segbench.contracts import Score
from segbench.leaderboard import Line
from segbench.leaderboard.pick import VETO, Candidate, Pick
from segbench.report.columns import number

WIDTH = 110
CHANCE = 0.05
NAMES = {"silhouette": "silhouette", "pearson_gamma": "Pearson gamma", "wcnn": "WCNN",
         "dunn_nn": "DuNN", "segment_jaccard_min": "recovery of the weakest segment",
         "dbcv": "DBCV", "icl": "ICL"}  # fmt: skip


def as_json(picks: Sequence[Pick]) -> list[dict[str, Any]]:
    """One object for each board."""
    return [
        {
            "dataset": p.board.dataset, "profile": p.profile, "indices": list(p.indices),
            "contestants": p.contestants,
            "candidate": _entry(p.shortlist[0]) if p.shortlist else None,
            "shortlist": [_entry(each) for each in p.shortlist],
            "vetoed": [{**_entry(each), "stability_ari": score.value} for each, score in p.vetoed],
            "reasons": reasons(p), "caveats": caveats(p), "runner_up": runner_up(p),
        }
        for p in picks
    ]  # fmt: skip


def _entry(candidate: Candidate) -> dict[str, Any]:
    result = candidate.line.typical.result
    return {"key": result.key, "name": candidate.name, "rank_sum": candidate.rank_sum,
            "ranks": candidate.ranks, "params": dict(result.params)}  # fmt: skip


def render(picks: Sequence[Pick], color: bool | None = None) -> str:
    """All picks as text."""
    out = io.StringIO()
    console = Console(file=out, width=WIDTH, force_terminal=color, highlight=False)
    for each in picks:
        names = ", ".join(NAMES.get(index, index) for index in each.indices)
        console.print(f"\n[bold]{escape(each.board.dataset)}[/bold] · by rank sum of {names} "
                      f"among {each.contestants} eligible, stability {VETO} or more")  # fmt: skip
        for place, candidate in enumerate(each.shortlist):
            result = candidate.line.typical.result
            title = "Pick:     " if place == 0 else f"{place + 1}:        "
            style = "bold" if place == 0 else ""
            console.print(escape(f"{title} {candidate.name}  (rank sum {candidate.rank_sum:g}, "
                                 f"quality {number(candidate.line.quality)}, {result.key[:8]})"),
                          style=style)  # fmt: skip
        for candidate, score in each.vetoed:
            console.print(escape(f"Vetoed:    {candidate.name}  (stability {number(score)})"),
                          style="dim")  # fmt: skip
        for i, sentence in enumerate(reasons(each), 1):
            console.print(escape(f"  {i}. {sentence}"))
        for caveat in caveats(each):
            console.print(escape(f"  But: {caveat}"), style="yellow")
        console.print(escape(f"  {runner_up(each)}"))
    return out.getvalue().rstrip("\n")


def reasons(picked: Pick) -> list[str]:
    """Five sentences for the pick, each with its numbers; none where nothing was picked."""
    if not picked.shortlist:
        return []
    candidate = picked.shortlist[0]
    return [
        _compact(picked, candidate), _comes_back(candidate.line), _faithful(candidate.line),
        _fast(candidate.line), _simple(candidate.line),
    ]  # fmt: skip


def _compact(picked: Pick, candidate: Candidate) -> str:
    firsts = sum(rank == 1 for rank in candidate.ranks.values())
    n = len(picked.indices)
    return (f"Customers of one segment resemble each other more than those of different segments: "
            f"quality {number(candidate.line.quality)} (1 is perfect, at 0 they overlap), "
            f"and of {n} measures of that it comes first in {firsts}.")  # fmt: skip


def _comes_back(line: Line) -> str:
    result = line.typical.result
    segments = (result.stability or {}).get("segments") or []
    known = [each for each in segments if each.get("jaccard") is not None]
    whole = line.median("stability_ari").value or 0.0
    if not known:
        return (f"On other samples of the customers the segmentation comes back with an agreement "
                f"of {whole:.2f} of 1.")  # fmt: skip
    parts = ", ".join(f"segment {each['segment']} to {_percent(each['jaccard'])}"
                      for each in known[:12])  # fmt: skip
    return (f"The segments come back on other samples of the customers, {parts}; "
            f"as a whole the agreement is {whole:.2f} of 1.")  # fmt: skip


def _faithful(line: Line) -> str:
    score = line.median("assignment_fidelity")
    if score.value is None:
        return "How faithfully new customers are assigned was not measured (0 checks)."
    return (f"A new customer gets the segment that the algorithm itself would give in "
            f"{_percent(score.value)} of the cases that were checked.")  # fmt: skip


def _percent(share: float) -> str:
    """Never a round 100 % where something is missing."""
    return f"{share:.1%}" if share == 1 or share < 0.9995 else "over 99.9%"


def _fast(line: Line) -> str:
    seconds = line.typical.result.seconds
    if "assign_one" not in seconds:
        return f"Finding the segments took {seconds.get('total', 0):.0f} s."
    return (f"Assigning one customer takes {_duration(seconds['assign_one'])}, a thousand at once "
            f"{_duration(seconds['assign_thousand'])}; finding the segments took "
            f"{seconds.get('total', 0):.0f} s.")  # fmt: skip


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{max(1000 * seconds, 0.1):.3g} ms"


def _simple(line: Line) -> str:
    row = line.typical
    segments = row.result.segments or {}
    sizes = segments.get("sizes") or [0]
    attributes = _attributes(Path(row.path)) if row.path else None
    told = f", told apart by {attributes} attributes" if attributes else ""
    noise = segments.get("noise") or 0
    none = f", and {noise:,} customers belong to none" if noise else ""
    share = segments.get("smallest_share", 0)
    return (f"There are {segments.get('k')} segments to address{told}; the smallest has "
            f"{min(sizes):,} customers ({share:.1%} of all){none}.")  # fmt: skip


def _attributes(folder: Path) -> int | None:
    """How many columns a new customer must have."""
    about = folder / "model" / "model.json"
    if not about.is_file():
        return None
    plain = json.loads(about.read_text(encoding="utf-8"))
    return len(plain["numeric"]) + len(plain["categorical"])


def caveats(picked: Pick) -> list[str]:
    """What speaks against the pick, whoever is compared."""
    if not picked.shortlist:
        return []
    row = picked.shortlist[0].line.typical
    found = [row.result.why] if row.result.why else []
    p = (row.result.structure or {}).get("p")
    if p is not None and p > CHANCE:
        found = [f"tables without groups give segments that come back as reliably (p = {p:.2g}): "
                 "take them for a cut that is handy, not for kinds of customers"]  # fmt: skip
    if row.not_above:
        best = next(line for line in picked.board.lines
                    if line.baseline and line.first.algorithm == row.not_above)  # fmt: skip
        found.append(f"the baseline {row.not_above} is as good (quality {number(best.quality)})")
    others = [row.result.seed for row in picked.shortlist[0].line.rows if not row.eligible]
    if others:
        seeds = ", ".join(map(str, others))
        found.append(f"it has no eligible result with seed {seeds}")
    return found


def runner_up(picked: Pick) -> str:
    """What would have to be true for the second to be the better choice."""
    if not picked.shortlist:
        if not picked.vetoed:
            return "Nothing is eligible: there is nothing to pick."
        best, score = max(picked.vetoed, key=lambda each: each[1].value or -1.0)
        return (f"Nothing is picked: no eligible segmentation comes back often enough. The most "
                f"stable one, {best.name}, has {number(score)}; {VETO} is wanted. A greater budget "
                "(study.n_trials) or other features may find one.")  # fmt: skip
    first = picked.shortlist[0]
    if len(picked.shortlist) > 1:
        second, terms = picked.shortlist[1], ""
    elif picked.vetoed:
        second, score = picked.vetoed[0]
        terms = f"its stability of {number(score)} were enough ({VETO} is wanted), and "
    else:
        return "There is no runner-up: nothing else is eligible."
    found = _advantages(picked, first.line, second.line)
    if not found and not terms:
        lead = _lead(first.line, second.line)
        return (f"Nothing that was measured speaks for the runner-up, {second.name}: it would have "
                f"to gain more than {lead} of quality.")  # fmt: skip
    why = "; or ".join(found) or "nothing else that was measured mattered"
    return f"The runner-up, {second.name}, would be the better choice if {terms}{why}."


def _lead(first: Line, second: Line) -> str:
    a, b = first.quality.value, second.quality.value
    return f"{(a or 0.0) - (b or 0.0):.3f}"


def _advantages(picked: Pick, first: Line, second: Line) -> list[str]:
    """Everything measured by which the second is ahead, with both numbers."""
    asked = [(f"only {NAMES.get(index, index)} counted", index) for index in picked.indices]
    asked += [("the quality that the leaderboard ranks by alone counted", "quality")]
    spaces = sorted({name for name in first.first.scores if name.startswith("quality@")}
                    - {"quality@native"})  # fmt: skip
    asked += [(f"customers were compared in the {name.partition('@')[2]} space", name)
              for name in spaces]  # fmt: skip
    asked += [
        ("coming back on other samples mattered most", "stability_ari"),
        ("the weakest segment had to come back", "segment_jaccard_min"),
        ("future spending were what the segments have to explain", "future_eta2"),
        ("agreement with the known labels decided", "ari"),
        ("faithful assignment of new customers decided", "assignment_fidelity"),
    ]  # fmt: skip
    found = []
    for words, name in dict.fromkeys(asked):
        ours, theirs = _digits(first, name), _digits(second, name)
        if ours is not None and theirs is not None and theirs > ours:
            found.append(f"{words} ({theirs:.3f} against {ours:.3f})")
    return [*found, *_of_the_model(first, second)]


def _digits(line: Line, name: str) -> float | None:
    """As it is printed: what the digits do not show is no lead."""
    score: Score | None = line.median(name) if line.has(name) else None
    return None if score is None or score.value is None else round(score.value, 3)


def _of_the_model(first: Line, second: Line) -> list[str]:
    ours, theirs = first.typical.result, second.typical.result
    a, b = ours.segments or {}, theirs.segments or {}
    found = []
    if a.get("k") and b.get("k") and b["k"] != a["k"]:
        words = "fewer segments were wanted" if b["k"] < a["k"] else "finer segments were wanted"
        found.append(f"{words} ({b['k']} against {a['k']})")
    if b.get("smallest_share", 0) > a.get("smallest_share", 0) + 0.005:
        found.append(f"no segment were to be small (the smallest has {b['smallest_share']:.1%} of "
                     f"the customers against {a['smallest_share']:.1%})")  # fmt: skip
    fast, slow = (result.seconds.get("assign_one") for result in (theirs, ours))
    if fast and slow and fast < slow / 2:
        found.append(f"every millisecond counted ({_duration(fast)} a customer against "
                     f"{_duration(slow)})")  # fmt: skip
    return found
