"""segbench: customer segmentation as an experiment that can be trusted."""

__version__ = "0.1.0"
