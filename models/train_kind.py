"""Trains the model for a document's kind and writes `kind.onnx`, its fixture and its figures.

    python train_kind.py              trains on everything and writes
    python train_kind.py --held-out   leaves scenarios out and says how well those are told

`nets.py` says what the graph is; what goes into its Softmax is divided by the temperature that fits
scenarios that were not trained on.
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
from scipy import sparse

import features
import letters
from nets import Net, graph, quantised, softmax

HERE = Path(__file__).parent
HIDDEN = 16
MEMBERS = 3
EPOCHS = 7
BATCH = 64
SEED = 20
# Shares of a document's features that a step keeps: real letters say much that no scenario says.
KEEP = (0.6, 0.3, 0.15)
DECAY = 1e-5


def dataset(count_per_kind, seed):
    """Features, kinds and scenarios of generated documents."""
    rows, kinds, names = [], [], []
    for document in letters.documents(count_per_kind, seed):
        rows.append(features.features(document["pages"]))
        kinds.append(letters.KINDS.index(document["kind"]))
        names.append(document["scenario"])
    return matrix(rows), np.array(kinds), np.array(names)


def matrix(rows):
    indices = [index for row in rows for index in row]
    values = [value for row in rows for value in row.values()]
    starts = np.cumsum([0] + [len(row) for row in rows])
    return sparse.csr_matrix((np.array(values, np.float32), indices, starts), (len(rows), features.DIMENSION))


def committee(rows, kinds):
    """Several nets side by side in one: what they learned by chance averages out."""
    members = []
    for number in range(MEMBERS):
        net = KindNet(np.random.default_rng(SEED + number))
        net.train(rows, kinds)
        members.append(net.weights)
    first, bias, second, last = zip(*members)
    net.weights = [np.hstack(first), np.hstack(bias), np.vstack(second) / MEMBERS, sum(last) / MEMBERS]
    return net


class KindNet(Net):
    """Trained by Adam with dropped words, dropped hidden units, smoothed labels."""

    def __init__(self, rng):
        kinds = len(letters.KINDS)
        weights = [
            rng.normal(0, 0.05, (features.DIMENSION, HIDDEN)).astype(np.float32),
            np.zeros(HIDDEN, np.float32),
            rng.normal(0, 0.2, (HIDDEN, kinds)).astype(np.float32),
            np.zeros(kinds, np.float32),
        ]
        super().__init__(rng, weights)

    def train(self, rows, kinds, epochs=EPOCHS):
        for epoch in range(epochs):
            order = self.rng.permutation(len(kinds))
            rate = 0.004 * (1 - epoch / epochs)
            for start in range(0, len(order), BATCH):
                batch = order[start : start + BATCH]
                self.step(rows[batch], kinds[batch], rate)
        # What is never seen in training stays silent afterwards.
        seen = np.asarray((rows != 0).sum(axis=0)).ravel() >= 2
        self.weights[0][~seen] = 0

    def step(self, rows, kinds, rate):
        rows = rows.copy()
        rows.data *= self.rng.random(len(rows.data)) < self.rng.choice(KEEP)
        for offset, size in (features.TOP, features.HEADS, features.NUMBERS, features.NUMBERS):
            if self.rng.random() < 0.2:
                rows.data[(rows.indices >= offset) & (rows.indices < offset + size)] = 0
        first, bias, second, last = self.weights
        hidden = np.maximum(rows @ first + bias, 0)
        mask = (self.rng.random(hidden.shape) < 0.7).astype(np.float32) / 0.7
        hidden *= mask
        share = softmax(hidden @ second + last)
        target = np.full_like(share, 0.08 / share.shape[1])
        target[np.arange(len(kinds)), kinds] += 0.92
        error = (share - target) / len(kinds)
        back = (error @ second.T) * (hidden > 0) * mask
        self.adam([rows.T @ back + DECAY * first, back.sum(0), hidden.T @ error + DECAY * second, error.sum(0)], rate)


def fit_temperature(logits, kinds):
    """The temperature at which the true kinds are least surprising."""
    def surprise(temperature):
        share = softmax(logits / temperature)
        return -np.log(share[np.arange(len(kinds)), kinds] + 1e-9).mean()

    return float(min(np.arange(0.3, 4.0, 0.05), key=surprise))


def held_out(rows, kinds, names):
    """Accuracy, temperature and per-kind figures on scenarios that were left out of training."""
    fold = np.array([letters.group_of(name) for name in names])
    logits = np.zeros((len(kinds), len(letters.KINDS)), np.float32)
    for number in range(letters.GROUPS):
        net = committee(rows[fold != number], kinds[fold != number])
        logits[fold == number] = net.logits(rows[fold == number])
    told = logits.argmax(axis=1)
    by_kind = {kind: float((told[kinds == number] == number).mean()) for number, kind in enumerate(letters.KINDS)}
    worst = sorted((float((told[names == name] == kinds[names == name]).mean()), name) for name in set(names))
    return float((told == kinds).mean()), fit_temperature(logits, kinds), by_kind, worst, (logits, told)


def fixture(net, temperature):
    """Documents with the features and shares that Rust must compute too."""
    pool = letters.scenarios()
    out = []
    for number, (kind, language) in enumerate((("invoice", "de"), ("receipt", "en"), ("fine", "de"), ("payslip", "en"))):
        scenario = next(it for it in pool if it.kind == kind and it.language == language)
        document = letters.generate(scenario, random.Random(number), pool)
        pages = [{**page, "words": [word_of(word) for word in page["words"]]} for page in document["pages"]]
        values = features.features(pages)
        row = matrix([values])
        share = softmax(quantised_logits(net, row) / temperature)[0]
        wanted = sorted([int(index), round(float(value), 6)] for index, value in values.items())
        out.append({"kind": kind, "pages": pages, "features": wanted, "shares": [round(float(it), 4) for it in share]})
    words = "Straße ÜBER Bußgeld-Bescheid 12.03.2026 1.234,56€ £12.50 -3,99 14:30 DE89 2026 20% P60 RE-2026/118 15.04. 003 ŁÓDŹ ﬁn".split()
    return {"words": [[word, features.tokens(word)] for word in words], "documents": out}


def word_of(word):
    return {"text": word["text"], "box": [round(it, 2) for it in word["box"]], "line": word["line"], "block": word["block"]}


def quantised_logits(net, rows):
    first, bias, second, last = net.weights
    small, scale = quantised(first)
    return np.maximum((rows @ small.astype(np.float32)) * scale + bias, 0) @ second + last


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--count", type=int, default=300, help="documents for each kind")
    options = parser.parse_args()
    rows, kinds, names = dataset(options.count, SEED)
    accuracy, temperature, by_kind, worst, _ = held_out(rows, kinds, names)
    print(f"held-out scenarios: {accuracy:.3f}, temperature {temperature:.2f}")
    print(" ".join(f"{kind} {share:.2f}" for kind, share in by_kind.items()))
    if options.held_out:
        print("\n".join(f"{share:.2f} {name}" for share, name in worst[:40]))
        return
    net = committee(rows, kinds)
    fresh, truth, _ = dataset(60, SEED + 1)
    print(f"fresh documents of known scenarios: {(quantised_logits(net, fresh).argmax(axis=1) == truth).mean():.3f}")
    properties = {"kinds": " ".join(letters.KINDS), "features": str(features.VERSION)}
    model = graph("kind", net.weights, properties, temperature)
    (HERE / "kind.onnx").write_bytes(model.SerializeToString())
    (HERE / "kind_fixture.json").write_text(json.dumps(fixture(net, temperature), ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"kind.onnx: {(HERE / 'kind.onnx').stat().st_size} bytes")


if __name__ == "__main__":
    main()
