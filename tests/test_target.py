"""Only classes of the allowed libraries are built, whatever a config says."""

import sys

import pytest
import yaml
from hdbscan import HDBSCAN
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from segbench.algorithm.kprototypes import KPrototypes
from segbench.errors import InputError
from segbench.features.steps import SignedLog1p
from segbench.paths import CONF
from segbench.target import build, parameters, resolve

REFUSED = [
    "os.system",
    "subprocess.Popen",
    "builtins.eval",
    "pickle.loads",
    "numpy.load",
    "joblib.Memory",
    "sklearn.utils.Bunch",
    "sklearn.pipeline.Pipeline",
    "sklearn.datasets.fetch_openml",
    "segbench.target.build",
    "segbench.dataset.load",
    # prefixes that only look allowed
    "sklearn.cluster",
    "sklearn.clusters.KMeans",
    "hdbscanner.HDBSCAN",
    "segbench.features_evil.Step",
    "SKLEARN.cluster.KMeans",
    " sklearn.cluster.KMeans",
    # climbs through what an allowed module imports
    "sklearn.cluster._kmeans.np.load",
    "sklearn.cluster._kmeans.warnings.warn",
    "sklearn.cluster._kmeans.BaseEstimator",
    "sklearn.preprocessing._data.sparse.csr_matrix",
    "hdbscan.hdbscan_.Memory",
    "hdbscan.hdbscan_.KDTree",
    "segbench.features.pipeline.Pipeline",
    "segbench.features.pipeline.build",
    "segbench.features.pipeline.pd.read_pickle",
    "segbench.features.pipeline.NotApplicable",
    "segbench.algorithm.clusterer.Matrix",
    # what is there, and is no class
    "sklearn.cluster.k_means",
    "sklearn.cluster._kmeans",
    "sklearn.cluster.KMeans.fit",
    "sklearn.cluster.NoSuchClass",
    "sklearn.cluster.",
    "sklearn.cluster..KMeans",
    "hdbscan.no_such_module.X",
    "",
]


@pytest.mark.parametrize("path", REFUSED)
def test_a_name_outside_the_allow_list_is_refused(path):
    with pytest.raises(InputError) as caught:
        build({"_target_": path})
    assert caught.value.file == "_target_"
    assert caught.value.found == path
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("module", ["sender_s_choice", "hdbscanner"])
def test_a_refused_module_is_not_even_imported(tmp_path, monkeypatch, module):
    (tmp_path / f"{module}.py").write_text("class Step: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError):
        build({"_target_": f"{module}.Step"})
    assert module not in sys.modules


@pytest.mark.parametrize(
    ("path", "cls"),
    [
        ("sklearn.cluster.KMeans", KMeans),
        ("sklearn.cluster._kmeans.KMeans", KMeans),
        ("sklearn.mixture.GaussianMixture", GaussianMixture),
        ("hdbscan.HDBSCAN", HDBSCAN),
        ("segbench.features.steps.SignedLog1p", SignedLog1p),
        ("segbench.algorithm.kprototypes.KPrototypes", KPrototypes),
    ],
)
def test_an_allowed_name_is_its_class(path, cls):
    assert resolve(path) is cls


def test_arguments_come_from_the_spec_and_the_call_which_wins():
    built = build({"_target_": "sklearn.cluster.KMeans", "n_clusters": 3, "tol": 0.5}, n_clusters=4)
    assert (built.n_clusters, built.tol) == (4, 0.5)


def test_an_argument_that_the_class_lacks_is_refused_by_name():
    with pytest.raises(InputError) as caught:
        build({"_target_": "sklearn.cluster.KMeans", "n_cluster": 3}, n_init=2)
    assert (caught.value.file, caught.value.found) == ("sklearn.cluster.KMeans", "n_cluster")


@pytest.mark.parametrize(
    "path",
    [
        "sklearn.cluster._kmeans._BaseKMeans",
        "hdbscan._hdbscan_tree.TreeUnionFind",
        "segbench.features.pipeline.FeaturePipeline",
    ],
)
def test_a_class_that_a_config_cannot_build_is_refused_in_one_line(path):
    with pytest.raises(InputError):
        build({"_target_": path})


@pytest.mark.parametrize("cls", [KMeans, GaussianMixture, KPrototypes])
def test_parameters_are_those_that_scikit_learn_sees(cls):
    assert sorted(parameters(cls)) == sorted(cls._get_param_names())


def specs(found):
    """Every mapping with a `_target_` inside a config."""
    if isinstance(found, dict):
        yield from [found] if "_target_" in found else []
        found = list(found.values())
    for part in found if isinstance(found, list) else ():
        yield from specs(part)


COMPONENTS = sorted([*(CONF / "features").glob("*.yaml"), *(CONF / "algorithm").glob("*.yaml")])


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_target_of_the_config_folder_is_allowed(path):
    for spec in specs(yaml.safe_load(path.read_text(encoding="utf-8"))):
        assert isinstance(resolve(spec["_target_"]), type)
