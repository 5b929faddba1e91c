"""Why a line was picked, in five sentences, and what would have to be true for the runner-up."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from segbench.contracts import Score
from segbench.leaderboard import Line
from segbench.leaderboard.pick import VETO, Candidate, Pick, coverage
from segbench.report.columns import number
from segbench.report.text import marked
from segbench.results import about_model

WIDTH = 110
CHANCE = 0.05
MOST = 12
"""Segments that a sentence names."""
DISSOLVED = 0.5
"""Mean Jaccard recovery up to which a segment does not come back (Hennig 2007)."""
NAMES = {"silhouette": "silhouette", "pearson_gamma": "Pearson gamma", "wcnn": "WCNN",
         "dunn_nn": "DuNN", "segment_jaccard_min": "recovery of the weakest segment",
         "dbcv": "DBCV", "icl": "ICL"}  # fmt: skip


def as_json(picks: Sequence[Pick]) -> list[dict[str, Any]]:
    """One object for each board."""
    return [
        {
            "dataset": p.board.dataset, "space": p.board.measured.space,
            "data_sha256": p.board.measured.dataset.get("sha256"),
            "profile": p.profile, "indices": list(p.indices),
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
    console = Console(file=out, width=WIDTH, force_terminal=color, highlight=False, emoji=False)
    for each in picks:
        names = ", ".join(NAMES.get(index, index) for index in each.indices)
        console.print(f"\n[bold]{marked(each.board.dataset)}[/bold] · "
                      f"{each.board.measured.space} space · by rank sum of {names} "
                      f"among {each.contestants} eligible, stability {VETO} or more")  # fmt: skip
        for place, candidate in enumerate(each.shortlist):
            result = candidate.line.typical.result
            title = "Pick:     " if place == 0 else f"{place + 1}:        "
            style = "bold" if place == 0 else ""
            console.print(marked(f"{title} {candidate.name}  (rank sum {candidate.rank_sum:g}, "
                                 f"quality {number(candidate.line.quality)}, {result.key[:8]})"),
                          style=style)  # fmt: skip
        for candidate, score in each.vetoed:
            console.print(marked(f"Vetoed:    {candidate.name}  (stability {number(score)})"),
                          style="dim")  # fmt: skip
        for i, sentence in enumerate(reasons(each), 1):
            console.print(marked(f"  {i}. {sentence}"))
        for caveat in caveats(each):
            console.print(marked(f"  But: {caveat}"), style="yellow")
        console.print(marked(f"  {runner_up(each)}"))
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
    rivals = [each.ranks for each in picked.shortlist[1:]]
    firsts = sum(all(rank <= other[index] for other in rivals)
                 for index, rank in candidate.ranks.items())  # fmt: skip
    quality = candidate.line.quality.value or 0.0
    more = "more than" if quality > 0 else "no more than"
    return (f"Customers of one segment resemble each other {more} those of different segments: "
            f"quality {quality:.3f} (1 is perfect, at 0 they overlap), and by {firsts} of "
            f"{len(picked.indices)} measures of that none of the shortlist is better.")  # fmt: skip


def _comes_back(line: Line) -> str:
    result = line.typical.result
    segments = (result.stability or {}).get("segments") or []
    known = [each for each in segments if each.get("jaccard") is not None]
    whole = line.median("stability_ari").value or 0.0
    if not known:
        return (f"On other samples of the customers the segmentation comes back with an agreement "
                f"of {whole:.2f} of 1.")  # fmt: skip
    parts = ", ".join(f"segment {each['segment']} to {_percent(each['jaccard'])}"
                      for each in known[:MOST])  # fmt: skip
    parts += f" and {len(known) - MOST} others" if len(known) > MOST else ""
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
    if not {"assign_one", "assign_thousand"} <= seconds.keys():
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
    attributes = _attributes(Path(row.path)) if row.path else 0
    told = f", told apart by {attributes} attributes" if attributes else ""
    noise = segments.get("noise") or 0
    none = f", and {noise:,} customers belong to none" if noise else ""
    share = segments.get("smallest_share", 0)
    return (f"There are {segments.get('k')} segments to address{told}; the smallest has "
            f"{min(sizes):,} customers ({share:.1%} of all){none}.")  # fmt: skip


def _attributes(folder: Path) -> int:
    """How many columns a new customer must have; 0 where that is not known."""
    about = about_model(folder)
    return len(about.get("numeric", ())) + len(about.get("categorical", ()))


def caveats(picked: Pick) -> list[str]:
    """What speaks against the pick, whoever is compared."""
    if not picked.shortlist:
        return []
    line = picked.shortlist[0].line
    whys = [why for row in line.counted for why in row.result.why.split("; ") if why]
    found = [why for why in dict.fromkeys(whys) if not why.startswith("tables without segments")]
    ps = [(row.result.structure or {}).get("p") for row in line.counted]
    p = max((each for each in ps if each is not None), default=0.0)
    if p > CHANCE:
        found.insert(0, "tables without groups give segments that come back as reliably "
                     f"(p = {p:.2g}): take them for a cut that is handy, not for kinds of "
                     "customers")  # fmt: skip
    weak = [each for each in (line.typical.result.stability or {}).get("segments") or []
            if each.get("jaccard") is not None and each["jaccard"] <= DISSOLVED]  # fmt: skip
    if weak:
        names = ", ".join(str(each["segment"]) for each in weak)
        found.append(f"segment {names} hardly comes back: it is none to build a campaign on")
    below = line.counted[0].not_above
    if below:
        best = next(each for each in picked.board.lines
                    if each.baseline and each.first.algorithm == below)  # fmt: skip
        found.append(f"the baseline {below} is no worse (quality {number(best.quality)} against "
                     f"{number(line.quality)})")  # fmt: skip
    others = [row.result.seed for row in picked.shortlist[0].line.rows if not row.eligible]
    if others:
        seeds = ", ".join(map(str, others))
        found.append(f"it has no eligible result with seed {seeds}")
    return found


def runner_up(picked: Pick) -> str:
    """What would have to be true for the second to be the better choice."""
    if not picked.shortlist:
        if picked.unmeasured:
            return f"Nothing is picked: no result has {', '.join(picked.unmeasured)}."
        if not picked.vetoed:
            return "Nothing is eligible: there is nothing to pick."
        best, score = max(picked.vetoed, key=lambda each: _or_least(each[1]))
        if score.value is None:
            return (
                "Nothing is picked: of no eligible segmentation it is known how often it comes "
                "back (half of the seeds or more have no result, or it was not measured)."
            )
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
        ahead = sum(second.ranks[index] > first.ranks[index] for index in picked.indices)
        return (f"Nothing that was measured speaks for the runner-up, {second.name}: it is behind "
                f"in {ahead} of {len(picked.indices)} measures and ahead in none.")  # fmt: skip
    why = "; or ".join(found) or "nothing else that was measured mattered"
    return f"The runner-up, {second.name}, would be the better choice if {terms}{why}."


def _or_least(score: Score) -> float:
    return -1.0 if score.value is None else score.value


def _advantages(picked: Pick, first: Line, second: Line) -> list[str]:
    """Everything measured by which the second is ahead, with both numbers."""
    asked = [(f"only {NAMES.get(index, index)} counted", index) for index in picked.indices]
    asked += [("the quality that the leaderboard ranks by alone counted", "quality")]
    spaces = sorted({name for name in first.typical.result.scores if name.startswith("quality@")}
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
        ours, theirs = (_digits(line, name, name in picked.indices) for line in (first, second))
        if ours is not None and theirs is not None and theirs > ours:
            found.append(f"{words} ({theirs:.3f} against {ours:.3f})")
    return [*found, *_of_the_model(first, second)]


def _digits(line: Line, name: str, covered: bool) -> float | None:
    """As it is printed: what the digits do not show is no lead.

    An index of the profile counts times the share of customers that have a segment, as it did when
    the lines were ranked.
    """
    value = line.median(name).value if line.has(name) else None
    if value is None:
        return None
    return round(value * coverage(line) if covered and value > 0 else value, 3)


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
