"""Sets parts on pages, and spoils pages the way scanners, cameras and OCR do."""

import itertools
import re

SIZES = {"head": 22.0, "title": 18.0, "text": 12.0, "row": 12.0, "info": 12.0, "address": 12.0, "small": 9.0, "foot": 9.0}
LOOKALIKE = {
    "rn": "m", "l": "1", "I": "l", "ü": "u", "ä": "a", "ö": "o", "ß": "B", "0": "O", "O": "0", "5": "S", "e": "c", "m": "rn",
    "c": "e", "h": "b", "fi": "f", "8": "B", "u": "n", "t": "f", "i": "l", "S": "5", "g": "q", "E": "F", ",": ".", ".": ",",
}
# What stands in columns of its own.
VALUE = re.compile(r"-?[\d.,']*\d[.,]\d\d-?|€|EUR|CHF|[€£$]-?[\d.,]+")
VALUES = {"total", "payable", "net", "tax", "discount", "fee", "balance", "item", "paid"}
PAPERS = {
    "plain": ((595.0, 842.0), (595.0, 842.0), (595.0, 842.0), (612.0, 792.0), (595.0, 700.0), (420.0, 595.0)),
    "slip": ((595.0, 420.0), (595.0, 842.0), (420.0, 595.0), (595.0, 794.0)),
    "card": ((595.0, 420.0), (595.0, 842.0), (420.0, 595.0), (595.0, 794.0)),
    "receipt": ((226.0, 600.0), (226.0, 450.0), (300.0, 700.0), (226.0, 900.0), (595.0, 842.0), (500.0, 700.0)),
}


class Sheet:
    """Collects lines; starts a new page when one is full."""

    def __init__(self, paper, rng):
        self.width, self.height = paper
        self.rng = rng
        self.pages = []
        self.block = 0
        self.turn()

    def turn(self):
        self.pages.append({"width": self.width, "height": self.height, "words": []})
        self.y, self.line = 50.0, 0

    def set(self, words, size, left, right):
        """`words` of (text, field) in as many lines as they need."""
        bottom = 1000.0 * self.height / self.width - 40.0
        x = left
        self.start_line(size, bottom)
        for text, name in words:
            wide = size * 0.75 * len(text)
            if x + wide > right and x > left:
                x = left
                self.start_line(size, bottom)
            self.pages[-1]["words"].append({"text": text, "box": [x, self.y, wide, size], "line": self.line, "block": self.block, "field": name})
            x += wide + size * 0.4

    def start_line(self, size, bottom):
        self.y += size * 1.5
        self.line += 1
        if self.y > bottom and self.pages[-1]["words"]:
            self.turn()


    def set_apart(self, words, size, left, rng):
        """A row as tables have it: its words at the left, its values right-aligned in columns."""
        values = [it for it in words if it[1] in VALUES or VALUE.fullmatch(it[0])]
        label = [it for it in words if it not in values]
        if not values or not label:
            return self.set(words, size, left, 940.0)
        self.set(label, size, left, 600.0)
        edges = [940.0 - number * rng.choice((110.0, 150.0)) for number in range(len(values))]
        for (text, name), edge in zip(values, sorted(edges)):
            wide = size * 0.75 * len(text)
            self.pages[-1]["words"].append({"text": text, "box": [edge - wide, self.y, wide, size], "line": self.line, "block": self.block, "field": name})

    def set_label(self, words, size, left, rng):
        """A label and its value: the value in a column of its own, or below."""
        count = next((number for number, it in enumerate(words) if it[1]), len(words))
        label, value = words[:count], words[count:]
        self.set(label, size, left, 940.0)
        if not value:
            return
        x, y, wide, _ = self.pages[-1]["words"][-1]["box"] if label else (left, self.y, 0.0, size)
        if rng.random() < 0.3 and label:
            self.set(value, size, left, 940.0)
            return
        x = max(x + wide + size * 1.5, left + rng.choice((130.0, 180.0, 220.0)))
        for text, name in value:
            self.pages[-1]["words"].append({"text": text, "box": [x, self.y, size * 0.75 * len(text), size], "line": self.line, "block": self.block, "field": name})
            x += size * 0.75 * len(text) + size * 0.4


def words_of(chunks):
    """(word, field) of a chunk list; a word glued from two chunks takes the field of its longer part."""
    out = []
    glued = False
    for text, name in chunks:
        for number, part in enumerate(text.replace("\n", " \n ").split(" ")):
            if number == 0 and glued and out and part and part != "\n":
                out[-1] = (out[-1][0] + part, out[-1][1] or name)
            elif part:
                out.append((part, name))
        glued = not text.endswith((" ", "\n"))
    return out


def pages(parts, form, rng, columns=None):
    """Sets the parts of a document; with `columns` (a generator of chance) as tables and fields."""
    sheet = Sheet(rng.choice(PAPERS[form]), rng)
    large = rng.choice((1.0, 1.0, 1.4, 1.9))
    if form == "plain" and rng.random() < 0.3:
        parts = shuffled_top(parts, rng)
    feet = [part for part in parts if part[0] == "foot"]
    if rng.random() < 0.15:
        parts = feet[:1] + [part for part in parts if part not in feet[:1]]
    last = None
    for style, chunks in parts:
        if style != last:
            sheet.block += 1
            sheet.y += rng.uniform(0.0, 20.0)
        last = style
        size = SIZES[style] * rng.uniform(0.97, 1.03)
        if style == "title" and large == 1.0:
            size = SIZES["text"] * 1.05
        left = rng.choice((80.0, 550.0)) if style == "info" and form == "plain" else 80.0
        lines = [[]]
        for word in words_of(chunks):
            if word[0] == "\n":
                lines.append([])
            else:
                lines[-1].append(word)
        for line in filter(None, lines):
            if style in ("head", "title") and rng.random() < 0.15:
                line = [(text.upper(), name) for text, name in line]
            if columns and style == "row" and columns.random() < 0.8:
                sheet.set_apart(line, size, left, columns)
            elif columns and style == "info" and columns.random() < 0.5:
                sheet.set_label(line, size, left, columns)
            else:
                sheet.set(line, size, left, 940.0)
    return [page for page in sheet.pages if page["words"]]


def shuffled_top(parts, rng):
    """What stands above the first sentence, in another order."""
    body = next((number for number, part in enumerate(parts) if part[0] in ("row",)), None)
    first = next((number for number, part in enumerate(parts) if part[0] == "text"), 0)
    edge = first if body is None else min(first, body)
    top = parts[:edge]
    rng.shuffle(top)
    return top + parts[edge:]


def spoil(pages_, rng):
    """Scanner and OCR: wrong letters, lost and split words, cut edges, columns read across."""
    noise = rng.choice((0.0, 0.0, 0.0, 0.01, 0.03, 0.07, 0.14))
    for page in pages_:
        if rng.random() < 0.06:
            cut_edge(page, rng)
        if rng.random() < 0.1:
            swap_lines(page, rng)
        if noise:
            page["words"] = list(itertools.chain.from_iterable(spoiled(word, noise, rng) for word in page["words"]))
    if len(pages_) > 1 and rng.random() < 0.3:
        del pages_[rng.randint(1, len(pages_) - 1) :]


def cut_edge(page, rng):
    """A photograph that misses the top or the bottom."""
    count = len(page["words"])
    cut = rng.randint(0, count // 4)
    page["words"] = page["words"][cut:] if rng.random() < 0.5 else page["words"][: count - cut]


def swap_lines(page, rng):
    """Blocks in another order."""
    words = page["words"]
    blocks = sorted({word["block"] for word in words})
    rng.shuffle(blocks)
    order = {block: place for place, block in enumerate(blocks)}
    page["words"] = sorted(words, key=lambda word: order[word["block"]])


def spoiled(word, noise, rng):
    """What OCR makes of one word: none, one or two words."""
    if rng.random() < noise * 0.3:
        return []
    text = word["text"]
    for wrong in rng.sample(list(LOOKALIKE), 6):
        if wrong in text and rng.random() < noise * 1.5:
            text = text.replace(wrong, LOOKALIKE[wrong], 1)
    word = {**word, "text": text}
    x, y, wide, high = word["box"]
    if len(text) > 5 and rng.random() < noise * 0.3:
        at = rng.randint(2, len(text) - 2)
        share = wide * at / len(text)
        return [{**word, "text": text[:at], "box": [x, y, share, high]}, {**word, "text": text[at:], "box": [x + share, y, wide - share, high]}]
    if rng.random() < noise * 0.1:
        return [word, {**word, "text": rng.choice("|~.,:;'-_=»")}]
    return [word]
