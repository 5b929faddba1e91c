"""Scores of a partition.

Internal scores judge a partition by the customers' attributes alone, external ones by known labels.
Each is one function in the file of its family, registered under its key with its definition
(`INTERNAL`, `EXTERNAL`); here they have scikit-learn's names and signatures.
"""

# The order of the families is the order of the scores in every output.
# ruff: noqa: I001
from segbench.metric.silhouette import (
    silhouette_macro_score,
    silhouette_score,
    simplified_silhouette_score,
)
from segbench.metric.dispersion import (
    ball_hall_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    entropy_score,
    gdi43_score,
    gdi53_score,
    xie_beni_score,
)
from segbench.metric.medoid import medoid_dispersion_score
from segbench.metric.s_dbw import s_dbw_score
from segbench.metric.dunn import dunn_score
from segbench.metric.pairs import pearson_gamma_score, within_between_score
from segbench.metric.c_index import c_index_score
from segbench.metric.density import dbcv_score
from segbench.metric.likelihood import icl_score
from segbench.metric.neighbour import dunn_nn_score, wcnn_score
from segbench.metric.hopkins import hopkins, hopkins_score
from segbench.metric.agreement.pair_counting import (
    adjusted_rand_score,
    fowlkes_mallows_score,
    jaccard_score,
)
from segbench.metric.agreement.element_centric import element_centric_similarity_score
from segbench.metric.agreement.information import (
    adjusted_mutual_info_score,
    normalized_mutual_info_score,
    v_measure_score,
    variation_of_information_score,
)
from segbench.metric.agreement.matching import normalized_clustering_accuracy_score, psi_score
from segbench.metric.calibration import CALIBRATED, Calibration, with_candidates
from segbench.metric.composite import COMPOSITES, combined, maximize, rank_sum, worst
from segbench.metric.prepared import Prepared
from segbench.metric.registry import EXTERNAL, INTERNAL
from segbench.metric.scoring import best_agreement, score_outcomes, score_partition

__all__ = [
    "CALIBRATED",
    "COMPOSITES",
    "EXTERNAL",
    "INTERNAL",
    "Calibration",
    "Prepared",
    "adjusted_mutual_info_score",
    "adjusted_rand_score",
    "ball_hall_score",
    "best_agreement",
    "c_index_score",
    "calinski_harabasz_score",
    "combined",
    "davies_bouldin_score",
    "dbcv_score",
    "dunn_nn_score",
    "dunn_score",
    "element_centric_similarity_score",
    "entropy_score",
    "fowlkes_mallows_score",
    "gdi43_score",
    "gdi53_score",
    "hopkins",
    "hopkins_score",
    "icl_score",
    "jaccard_score",
    "maximize",
    "medoid_dispersion_score",
    "normalized_clustering_accuracy_score",
    "normalized_mutual_info_score",
    "pearson_gamma_score",
    "psi_score",
    "rank_sum",
    "s_dbw_score",
    "score_outcomes",
    "score_partition",
    "silhouette_macro_score",
    "silhouette_score",
    "simplified_silhouette_score",
    "v_measure_score",
    "variation_of_information_score",
    "wcnn_score",
    "with_candidates",
    "within_between_score",
    "worst",
    "xie_beni_score",
]
