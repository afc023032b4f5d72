"""The published figures of quorums (PBS, Bailis et al. 2012): what `quorum` and its test are held to.

Per latency model and (R, W), with three replicas: 99.9th percentiles of reads and writes, and the wait t after which
99.9 % of reads are fresh. Printed latencies are counts of a million operations.

The printed t are lower than the true ones, because the authors' program took the first grid point that reached .999
(measurement reference, 8.3); so t is held to what five million trials and more gave when it was counted exactly.
"""

Pair = tuple[int, int]
PAIRS: tuple[Pair, ...] = ((1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (1, 3))  # R, W
PRINTED_TRIALS, TRUE_TRIALS = 1_000_000, 5_000_000
PRINTED_MS: dict[str, tuple[tuple[float, float, float], ...]] = {  # of each pair: read latency, write latency, t
    "LNKD-SSD": ((0.66, 0.66, 1.85), (0.66, 1.63, 1.79), (1.63, 0.65, 0), (1.62, 1.64, 0), (4.14, 0.65, 0),
                 (0.65, 4.09, 0)),
    "LNKD-DISK": ((0.66, 10.99, 45.5), (0.65, 20.97, 43.3), (1.63, 10.9, 13.6), (1.64, 20.96, 0), (4.12, 10.89, 0),
                  (0.65, 112.65, 0)),
    "YMMR": ((5.58, 10.83, 1364), (5.61, 427.12, 1352), (32.6, 10.73, 202), (33.18, 428.11, 0), (219.27, 10.79, 0),
             (5.63, 1870.86, 0)),
    "WAN": ((3.4, 55.12, 113), (3.4, 167.64, 0), (151.3, 56.36, 30.2), (151.31, 167.72, 0), (153.86, 55.19, 0),
            (3.44, 241.55, 0)),
}  # fmt: skip
TRUE_MS: dict[tuple[str, Pair], tuple[float, float]] = {  # t as it was counted anew, as a range; elsewhere 0
    ("LNKD-SSD", (1, 1)): (1.97, 1.97), ("LNKD-SSD", (1, 2)): (1.86, 1.86), ("LNKD-DISK", (1, 1)): (51.4, 52.1),
    ("LNKD-DISK", (1, 2)): (47.6, 48.1), ("LNKD-DISK", (2, 1)): (14.1, 14.1), ("YMMR", (1, 1)): (1460, 1460),
    ("YMMR", (1, 2)): (1437, 1437), ("YMMR", (2, 1)): (220, 220), ("WAN", (1, 1)): (115.9, 115.9),
    ("WAN", (2, 1)): (30.9, 30.9),
}  # fmt: skip
FRESH: dict[tuple[str, float], float] = {  # of R = W = 1: P(fresh) at t ms
    ("LNKD-SSD", 0): 0.9736, ("LNKD-SSD", 5): 0.99999, ("LNKD-DISK", 0): 0.4370, ("LNKD-DISK", 10): 0.9264,
    ("YMMR", 0): 0.8928, ("WAN", 0): 0.3337,
}  # fmt: skip
