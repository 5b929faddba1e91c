"""What is taken into production: the rank sum of a profile, stability as a veto."""

from __future__ import annotations

import pytest
from test_leaderboard import entry

from segbench.contracts import Score
from segbench.errors import InputError
from segbench.leaderboard import boards_of, rank
from segbench.leaderboard.pick import Pick, pick
from segbench.report.pick import as_json, caveats, reasons, render, runner_up

SEGMENTS = {"k": 2, "sizes": [6, 3], "noise": 0, "largest_share": 0.67, "smallest_share": 0.33}


def contestant(name: str, silhouette: float, gamma: float, wcnn: float, ari: float = 0.9,
               **changes: object):  # fmt: skip
    scores = {"quality": Score(silhouette), "silhouette": Score(silhouette),
              "pearson_gamma": Score(gamma), "wcnn": Score(wcnn),
              "stability_ari": Score(ari), **changes.pop("more", {})}  # fmt: skip
    return entry(name, scores=scores, **{"segments": SEGMENTS, **changes})


def choose(*entries: object, profile: str = "compact") -> Pick:
    (board,) = boards_of(rank(entries))
    return pick(board, profile)


def names(found: Pick) -> list[str]:
    return [candidate.line.first.algorithm for candidate in found.shortlist]


def test_least_rank_sum_wins_not_the_greatest_quality():
    found = choose(contestant("loud", 0.9, 0.1, 0.1), contestant("sound", 0.8, 0.8, 0.8),
                   contestant("poor", 0.1, 0.5, 0.5),
                   contestant("last", 0.05, 0.05, 0.05))  # fmt: skip
    assert names(found) == ["sound", "loud", "poor"], "three at most"
    assert [c.rank_sum for c in found.shortlist] == [4.0, 7.0, 7.0]


def test_stability_is_a_veto_and_no_rank_is_lost_to_a_vetoed_one():
    found = choose(contestant("best", 0.9, 0.9, 0.9, ari=0.74),
                   contestant("stable", 0.5, 0.5, 0.5, ari=0.75))  # fmt: skip
    assert names(found) == ["stable"] and found.shortlist[0].rank_sum == 3.0
    assert [(c.line.first.algorithm, s.value) for c, s in found.vetoed] == [("best", 0.74)]
    assert (
        "f · best, would be the better choice if its stability of 0.740 were enough"
        in runner_up(found)
    )


def test_median_over_seeds_decides_the_veto():
    seeds = [contestant(f"a{i}", 0.5, 0.5, 0.5, ari=s, algorithm="a", setup="x", seed=i)
             for i, s in enumerate((0.99, 0.7, 0.6))]  # fmt: skip
    assert names(choose(*seeds)) == []


def test_only_eligible_rows_are_picked():
    found = choose(contestant("cheat", 0.9, 0.9, 0.9, status="ineligible"),
                   contestant("tree", 0.8, 0.8, 0.8, baseline=True),
                   contestant("fair", 0.1, 0.1, 0.1))  # fmt: skip
    assert names(found) == ["fair"] and found.contestants == 1
    assert "baseline tree is no worse (quality 0.800 against 0.100)" in caveats(found)[0]


def test_noise_counts():
    half = {**SEGMENTS, "noise": 4}
    found = choose(contestant("noisy", 0.6, 0.6, 0.6, segments=half), contestant("whole", 0.5, 0.5,
                                                                                 0.5))  # fmt: skip
    assert names(found) == ["whole", "noisy"]


def test_declared_profile_counts():
    thin = {"dunn_nn": Score(0.9), "segment_jaccard_min": Score(0.9)}
    round_ = {"dunn_nn": Score(0.1), "segment_jaccard_min": Score(0.8)}
    both = (contestant("thin", 0.1, 0.1, 0.1, more=thin),
            contestant("round", 0.9, 0.9, 0.9, more=round_))  # fmt: skip
    assert names(choose(*both))[0] == "round"
    assert names(choose(*both, profile="separated"))[0] == "thin"
    with pytest.raises(InputError, match=r"--profile maybe.*one of compact"):
        choose(*both, profile="maybe")
    assert "no result has silhouette_z" in runner_up(choose(*both, profile="calibrated"))


FULL = {
    "stability": {"segments": [{"segment": 0, "jaccard": 0.91}, {"segment": 1, "jaccard": 0.8997}]},
    "seconds": {"total": 31.0, "assign_one": 0.0042, "assign_thousand": 1.5},
}  # fmt: skip


def test_five_sentences_with_their_numbers():
    faithful = {"assignment_fidelity": Score(0.987)}
    found = choose(contestant("a", 0.5, 0.5, 0.5, more=faithful, **FULL),
                   contestant("b", 0.4, 0.4, 0.4))  # fmt: skip
    told = reasons(found)
    assert len(told) == 5
    for sentence, numbers in zip(told, (
        ("quality 0.500", "more than", "3 of 3 measures"),
        ("segment 0 to 91.0%", "1 to 90.0%", "0.90"),
        ("98.7%",), ("4.2 ms", "1.5 s", "31 s"), ("2 segments", "3 customers (33.0%"),
    ), strict=True):  # fmt: skip
        assert all(number in sentence for number in numbers), sentence
        assert sentence.endswith(".")


def test_almost_all_is_not_all():
    found = choose(contestant("a", 0.5, 0.5, 0.5, more={"assignment_fidelity": Score(0.99996)}))
    assert "over 99.9%" in reasons(found)[2] and "100" not in reasons(found)[2]


def test_runner_up_is_told_by_what_it_is_ahead_in_and_by_nothing_else():
    def scores(future: float, gower: float, native: float) -> dict[str, Score]:
        return {"future_eta2": Score(future), "quality@gower": Score(gower),
                "quality@native": Score(native)}  # fmt: skip

    first = contestant("a", 0.5, 0.5, 0.5, more=scores(0.1, 0.2, 0.0))
    second = contestant("b", 0.4, 0.4, 0.4, ari=0.8, more=scores(0.3, 0.1, 0.9))
    told = runner_up(choose(first, second))
    assert told == ("The runner-up, f · b, would be the better choice if future spending were what "
                    "the segments have to explain (0.300 against 0.100).")  # fmt: skip


def test_runner_up_without_any_advantage_is_told_what_it_lacks():
    told = runner_up(choose(contestant("a", 0.5, 0.5, 0.5), contestant("b", 0.4, 0.4, 0.4)))
    assert (
        "Nothing that was measured speaks for the runner-up" in told
        and "behind in 3 of 3 measures" in told
    )


def test_a_line_that_fails_with_half_of_its_seeds_is_no_pick():
    good = [contestant("a0", 0.9, 0.9, 0.9, algorithm="a", setup="x", seed=0)]
    bad = [entry(f"a{i}", None, algorithm="a", setup="x", seed=i, status="timeout")
           for i in (1, 2)]  # fmt: skip
    steady = [contestant(f"b{i}", 0.8, 0.8, 0.8, algorithm="b", setup="y", seed=i)
              for i in range(3)]  # fmt: skip
    found = choose(*good, *bad, *steady)
    assert names(found) == ["b"] and [c.line.first.algorithm for c, _ in found.vetoed] == ["a"]


def test_a_failed_seed_counts_in_every_index():
    """Of 0.9, 0.2 and none the median is 0.2, not what lies between the two that are known."""
    shaky = [contestant(f"a{i}", 0.5, v, v, algorithm="a", setup="x", seed=i)
             for i, v in enumerate((0.9, 0.2))]  # fmt: skip
    shaky.append(entry("a2", None, algorithm="a", setup="x", seed=2, status="timeout"))
    steady = [contestant(f"b{i}", 0.4, 0.5, 0.5, algorithm="b", setup="y", seed=i)
              for i in range(3)]  # fmt: skip
    assert names(choose(*shaky, *steady)) == ["b", "a"]


def test_sentences_are_true_of_a_poor_pick():
    weak = {"segments": [{"segment": 0, "jaccard": 0.9}, {"segment": 1, "jaccard": 0.2}]}
    found = choose(contestant("a", -0.05, 0.5, 0.5, stability=weak))
    assert "no more than" in reasons(found)[0] and "quality -0.050" in reasons(found)[0]
    assert "segment 1 hardly comes back" in " ".join(caveats(found))
    assert "no other" not in runner_up(found) and "no runner-up" in runner_up(found)


def test_an_index_of_a_noisy_runner_up_is_told_as_it_was_ranked():
    half = {**SEGMENTS, "noise": 4}
    told = runner_up(choose(contestant("noisy", 0.6, 0.4, 0.4, segments=half),
                            contestant("whole", 0.5, 0.5, 0.5)))  # fmt: skip
    assert "only silhouette counted" not in told, "0.6 of five ninths is less than 0.5"


def test_the_least_favourable_seed_says_whether_there_are_groups():
    seeds = [contestant(f"a{i}", 0.5, 0.5, 0.5, algorithm="a", setup="x", seed=i,
                        structure={"p": p}, why="fitted on a sample; tables without segments are")
             for i, p in enumerate((0.02, 0.9, 0.03))]  # fmt: skip
    told = caveats(choose(*seeds))
    assert "(p = 0.9)" in told[0] and told[1] == "fitted on a sample"


def test_a_pick_from_a_table_without_groups_says_so():
    none = contestant("a", 0.5, 0.5, 0.5, structure={"p": 0.4}, why="tables without")
    assert "as reliably (p = 0.4)" in caveats(choose(none))[0]
    found = contestant("a", 0.5, 0.5, 0.5, structure={"p": 0.02})
    assert caveats(choose(found)) == []


def test_nothing_to_pick_says_why():
    assert "nothing to pick" in runner_up(choose(contestant("a", 0.5, 0.5, 0.5, status="skipped")))
    shaky = choose(contestant("a", 0.5, 0.5, 0.5, ari=0.3), contestant("b", 0.4, 0.4, 0.4, 0.6))
    assert "The most stable one, f · b, has 0.600" in runner_up(shaky) and reasons(shaky) == []


def test_text_and_json_say_the_same():
    found = choose(contestant("a", 0.5, 0.5, 0.5, why="[bold]not markup[/bold]"),
                   contestant("b", 0.4, 0.4, 0.4),
                   contestant("c", 0.3, 0.3, 0.3, ari=0.1))  # fmt: skip
    (plain,) = as_json([found])
    text = " ".join(render([found], color=False).split())
    assert plain["candidate"]["key"] == "a" and [e["key"] for e in plain["shortlist"]] == ["a", "b"]
    assert plain["vetoed"][0]["key"] == "c"
    for sentence in (*plain["reasons"], *plain["caveats"], plain["runner_up"]):
        assert sentence in text
