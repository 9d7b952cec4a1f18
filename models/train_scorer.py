"""Trains the models for the roles of amounts and days; writes `amounts.onnx`, `days.onnx`, a fixture.

    cargo build --example candidates          what the models see is said by the Rust code itself
    python train_scorer.py                    trains on everything and writes
    python train_scorer.py --held-out         leaves scenarios out and says how well their roles are told
"""

import argparse
import json
import random
import subprocess
from pathlib import Path

import numpy as np
from scipy import sparse

import accounts
import layout
import letters
import tills
from nets import Net, graph, quantised, softmax

HERE = Path(__file__).parent
PROGRAM = HERE.parent / "target/debug/examples/candidates"
DIMENSION = 4096
NUMBERS = 3968
HIDDEN = 24
EPOCHS = 6
BATCH = 128
SEED = 31
ROLES = {
    "amounts": "total payable net tax discount fee balance item paid other".split(),
    "days": "issue due period delivery birth valid other".split(),
}
NAMES = {"issue_date": "issue"}
RECEIVED = "2031-01-01"


def generated(count_per_kind, slips, seed):
    """Letters in columns with sums that agree, and till receipts."""
    pool = letters.scenarios()
    for kind in letters.KINDS:
        own = [it for it in pool if it.kind == kind]
        for number in range(count_per_kind):
            rng = random.Random(f"{seed} roles {kind} {number}")
            scenario = own[number % len(own)]
            parts = letters.compose(scenario, rng, pool)
            accounts.settle(parts, rng)
            pages = layout.pages(parts, scenario.form, rng, columns=rng)
            layout.spoil(pages, rng)
            yield {"scenario": scenario.id, "pages": pages}
    for number in range(slips):
        rng = random.Random(f"{seed} slip {number}")
        document = tills.document(rng, rng.choice(("en", "en", "de")))
        layout.spoil(document["pages"], rng)
        yield document


def seen(documents):
    """What the Rust code sees of each document's candidates."""
    lines = [json.dumps({"received": RECEIVED, "pages": [page_of(number, page) for number, page in enumerate(one["pages"], 1)]}) for one in documents]
    told = subprocess.run([PROGRAM], input="\n".join(lines), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in told.stdout.splitlines()]


def page_of(number, page):
    """A page as the reader tells it (`domain::document::Page`)."""
    words = [
        {"text": it["text"], "box": dict(zip("xywh", (round(side, 2) for side in it["box"]))), "line": it["line"], "block": it["block"], "confidence": 1.0}
        for it in page["words"]
    ]
    return {"number": number, "source": "ocr", "width": page["width"], "height": page["height"], "words": words}


def role(document, candidate, roles):
    """The field that most of a candidate's words have."""
    first, last = candidate["words"]
    words = document["pages"][candidate["page"] - 1]["words"][first : last + 1]
    names = [word.get("field") for word in words if any(letter.isdigit() for letter in word["text"])]
    named = [NAMES.get(name, name) for name in names if name]
    best = max(set(named), key=named.count) if named else "other"
    return roles.index(best) if best in roles else roles.index("other")


def dataset(what, documents, told):
    """Rows, roles, scenarios and document numbers of all candidates."""
    roles, rows, wanted, names, numbers = ROLES[what], [], [], [], []
    for number, (document, one) in enumerate(zip(documents, told)):
        for candidate in one[what]:
            rows.append(candidate["values"])
            wanted.append(role(document, candidate, roles))
            names.append(document["scenario"])
            numbers.append(number)
    indices = np.array([index for row in rows for index, _ in row])
    values = np.array([value for row in rows for _, value in row], np.float32)
    starts = np.cumsum([0] + [len(row) for row in rows])
    return sparse.csr_matrix((values, indices, starts), (len(rows), DIMENSION)), np.array(wanted), np.array(names), np.array(numbers)


class RoleNet(Net):
    """Trained by Adam with dropped words and dropped hidden units."""

    def __init__(self, roles, seed):
        rng = np.random.default_rng(seed)
        weights = [
            rng.normal(0, 0.08, (DIMENSION, HIDDEN)).astype(np.float32),
            np.zeros(HIDDEN, np.float32),
            rng.normal(0, 0.3, (HIDDEN, roles)).astype(np.float32),
            np.zeros(roles, np.float32),
        ]
        super().__init__(rng, weights)

    def shares(self, rows):
        return softmax(self.logits(rows))

    def train(self, rows, roles):
        for epoch in range(EPOCHS):
            order = self.rng.permutation(len(roles))
            rate = 0.003 * (1 - epoch / EPOCHS) + 0.0001
            for start in range(0, len(order), BATCH):
                batch = order[start : start + BATCH]
                self.step(rows[batch], roles[batch], rate)
        unseen = np.asarray((rows != 0).sum(axis=0)).ravel() < 3
        self.weights[0][unseen] = 0

    def step(self, rows, roles, rate):
        rows = rows.copy()
        # A label may be misread or unknown: then place and sums must do.
        keep = self.rng.choice((1.0, 0.8, 0.5, 0.0), p=(0.3, 0.35, 0.25, 0.1))
        is_word = rows.indices < NUMBERS
        rows.data = np.where(is_word, rows.data * (self.rng.random(len(rows.data)) < keep), rows.data * (self.rng.random(len(rows.data)) < 0.9)).astype(np.float32)
        first, bias, second, last = self.weights
        hidden = np.maximum(rows @ first + bias, 0)
        mask = (self.rng.random(hidden.shape) < 0.8).astype(np.float32) / 0.8
        hidden *= mask
        share = softmax(hidden @ second + last)
        target = np.full_like(share, 0.04 / share.shape[1])
        target[np.arange(len(roles)), roles] += 0.96
        error = (share - target) / len(roles)
        back = (error @ second.T) * (hidden > 0) * mask
        self.adam([rows.T @ back + 3e-6 * first, back.sum(0), hidden.T @ error, error.sum(0)], rate)


def measured(net, data, roles, key):
    """How often each role is told, and how often the likeliest candidate for `key` is one."""
    rows, wanted, _, numbers = data
    shares = net.shares(rows)
    told = shares.argmax(axis=1)
    by_role = {name: round(float((told[wanted == index] == index).mean()), 3) for index, name in enumerate(roles) if (wanted == index).any()}
    right = of = 0
    column = roles.index(key)
    for number in np.unique(numbers[wanted == column]):
        mine = np.flatnonzero(numbers == number)
        of += 1
        right += wanted[mine[shares[mine, column].argmax()]] == column
    return {"all": round(float((told == wanted).mean()), 4), "likeliest": round(right / max(of, 1), 4), **by_role}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--count", type=int, default=250, help="documents for each kind")
    parser.add_argument("--slips", type=int, default=2500, help="till receipts")
    options = parser.parse_args()
    documents = list(generated(options.count, options.slips, SEED))
    told = seen(documents)
    fixture = {}
    for what, key in (("amounts", "total"), ("days", "issue")):
        data = dataset(what, documents, told)
        rows, wanted, names, numbers = data
        if options.held_out:
            out = np.array([letters.group_of(name) == 0 for name in names])
            net = RoleNet(len(ROLES[what]), SEED)
            net.train(rows[~out], wanted[~out])
            print(what, len(wanted), "held out:", measured(net, (rows[out], wanted[out], names[out], numbers[out]), ROLES[what], key))
            continue
        net = RoleNet(len(ROLES[what]), SEED)
        net.train(rows, wanted)
        print(what, len(wanted), "seen:", measured(net, data, ROLES[what], key))
        (HERE / f"{what}.onnx").write_bytes(graph(what, net.weights, {"roles": " ".join(ROLES[what])}).SerializeToString())
        small, scale = quantised(net.weights[0])
        net.weights[0] = small * scale
        chosen = np.random.default_rng(SEED).choice(len(wanted), 12, replace=False)
        fixture[what] = [{"values": [[int(i), round(float(v), 4)] for i, v in zip(rows[n].indices, rows[n].data)], "shares": [round(float(it), 4) for it in net.shares(rows[n])[0]]} for n in chosen]
    if fixture:
        (HERE / "scorer_fixture.json").write_text(json.dumps(fixture, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
