"""Agreement of two labellings of the same customers, whatever their segments are called.

Functions on (n,) int32 labels are what is registered: each customer with a negative label is noise
and a segment of its own. Those named `..._score` take scikit-learn's arguments, labels of any kind:
a negative number is a label like any other there, and a score without a value is NaN. Labellings
that are the same partition agree with 1 by definition, also where a formula gives 0/0 (one
segment, n segments, one customer). Without customers every score is undefined.
"""
