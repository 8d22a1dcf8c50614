"""Verdicts on runs whose truth is known: `python benchmarks/verdicts.py [sizes|iris|rings|losses]...`, or all.

Each part prints what is said how often, beside what must be, and exits 1 where it is not so.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable

import numpy as np

import gdcli


def sizes() -> bool:
    """Degrees 1, 3 and 9 on 14 points of a noisy cubic, 40 times: 3 is kept in 36 or more, 9 never."""
    kept: Counter[int] = Counter()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = np.linspace(-2, 2, 14)
        y = x**3 - 3 * x + rng.normal(scale=0.5, size=14)
        result = gdcli.sweep("fit", (x, y), degree=[1, 3, 9], standardize=True)
        assert result.keep is not None
        kept[result.keep.differs["degree"]] += 1
    print(f"sizes: kept {dict(kept)} (3 in at least 36, 9 never)")
    return kept[3] >= 36 and not kept[9]


def iris() -> bool:
    """iris --hidden 16, seeds 0 to 9: overfitting is said of none whose validation accuracy is 1."""
    wrong = 0
    for seed in range(10):
        for options in ({"lr": 0.01, "epochs": 100}, {"lr": 0.03, "epochs": 300}, {}):
            result = gdcli.train("sample:iris", hidden=[16], seed=seed, **options)
            said = {verdict.name for verdict in result.verdicts}
            wrong += result.scores["validation"]["accuracy"] == 1 and "overfitting" in said
    print(f"iris: overfitting said of {wrong} runs with validation accuracy 1 (0)")
    return not wrong


def rings() -> bool:
    """circles and xor without hidden layers, 20 seeds of rows and of weights: learned nothing, and the way on."""
    said = 0
    for seed in range(20):
        for toy in ("circles", "xor"):
            for options in ({"lr": 0.05, "epochs": 60}, {"lr": 0.05, "epochs": 60, "validation": 0.3}, {}):
                result = gdcli.train(f"sample:{toy}:seed={seed}", seed=seed, **options)
                sentences = [v.sentence for v in result.verdicts if v.name == "learned nothing"]
                good = bool(sentences) and "--hidden" in sentences[0]
                if not good:
                    print(f"  {toy} {seed} {options}: {[v.sentence for v in result.verdicts]}")
                said += good
    print(f"rings: learned nothing said of {said} of 120 runs (all)")
    return said == 120


def losses() -> bool:
    """Both losses of two classes on breast_cancer: ranked by one measure."""
    result = gdcli.sweep("train", "sample:breast_cancer", loss=["binary-cross-entropy", "mse"], lr=0.01, epochs=30)
    assert result.comparison is not None
    print(f"losses: by {result.ranked_by}: {result.comparison.sentence}")
    return result.ranked_by is not None


PARTS: dict[str, Callable[[], bool]] = {part.__name__: part for part in (sizes, iris, rings, losses)}

if __name__ == "__main__":
    passed = [PARTS[name]() for name in sys.argv[1:] or PARTS]
    sys.exit(not all(passed))
