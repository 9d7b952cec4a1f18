"""Makes the amounts of a generated document agree: net and tax add up to the total, lines to the net.

`settle` rewrites the values of chunks whose field is a role; what they look like stays.
"""

import re

NUMBER = re.compile(r"\d[\d.,']*\d|\d")
RATES = (0.19, 0.19, 0.07, 0.2, 0.1, 0.081, 0.23, 0.06, 0.0)


def written(cents, like):
    """`cents` in the way of writing of `like`."""
    whole, rest = divmod(abs(cents), 100)
    comma = like[-3:-2] == ","
    plain = f"{whole:,}" if whole >= 1000 and re.search(r"\d[.,']\d{3}", like) or whole >= 10000 else str(whole)
    if "'" in like:
        plain = plain.replace(",", "'")
    elif comma:
        plain = plain.replace(",", ".")
    return f"{plain}{',' if comma else '.'}{rest:02}"


def settle(parts, rng):
    """Rewrites the parts of one document in place."""
    items = [(number, index) for number, (_, chunks) in enumerate(parts) for index, (_, name) in enumerate(chunks) if name == "item"]
    last = {number: index for number, index in items}
    rate = rng.choice(RATES)
    lines = {number: int(10 ** rng.uniform(2.0, 4.6)) for number in last}
    net = sum(lines.values()) or int(10 ** rng.uniform(2.5, 5.3))
    is_gross = rng.random() < 0.4
    total = net if is_gross else net + round(net * rate)
    net = round(total / (1 + rate))
    paid = rng.choice((0, 0, 0, round(total * rng.uniform(0.1, 0.9))))
    values = {"total": total, "payable": total - paid, "net": net, "tax": total - net}
    tendered = None
    for number, (_, chunks) in enumerate(parts):
        for index, (text, name) in enumerate(chunks):
            cents = values.get(name)
            if name == "item":
                cents = lines[number] if index == last[number] else round(lines[number] / rng.randint(1, 6))
            elif name == "paid":
                if tendered is None and rng.random() < 0.6:
                    tendered = total if rng.random() < 0.4 else -(-total // 500) * 500
                    cents = tendered
                elif tendered is not None:
                    cents = tendered - total
            elif name == "discount":
                cents = round(total * rng.choice((0.02, 0.03, 0.05, 0.1, 0.98, 0.97)))
            elif name == "fee":
                cents = rng.choice((100, 250, 300, 500, 590, 1000, 1250, 2500, 495))
            if cents is not None:
                chunks[index] = (NUMBER.sub(lambda found: written(cents, found[0]), text, count=1), name)
