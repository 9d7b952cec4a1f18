"""What the model sees of a document. `src/understanding/features.rs` computes the same numbers:
change both together, and bump `VERSION`, or the fixture test there fails.

A document is a list of pages; a page has `width`, `height` (points) and `words`, each with `text`,
`box` (x, y, w, h in thousandths of the page's width) and `line`.
"""

import math
import unicodedata

VERSION = 1

UNIGRAMS = (0, 4096)  # offset, size: words
BIGRAMS = (4096, 4096)  # pairs of words
TOP = (8192, 2048)  # words and pairs at the top of the first page
HEADS = (10240, 1984)  # large lines, and short lines as a whole
SUBWORDS = (12224, 4096)  # pieces of five letters of longer words
NUMBERS = (16320, 64)  # counts, in steps
DIMENSION = 16384

WORDS_MAX = 1500
PAGES_MAX = 4
TOP_WORDS = 60
IBAN_COUNTRIES = ("de", "at", "ch", "gb", "ie", "li", "lu", "nl", "fr", "be")
SINGLE = {"ß": "ss", "æ": "ae", "Æ": "ae", "ø": "o", "Ø": "o", "œ": "oe", "Œ": "oe", "ł": "l", "Ł": "l"}
SYMBOLS = {"€": "<eur>", "£": "<gbp>", "$": "<usd>", "%": "<pct>"}


def fold(text):
    """Lower case without accents; what is no ASCII letter or digit stays as it is."""
    out = []
    for char in unicodedata.normalize("NFKD", text):
        if unicodedata.combining(char):
            continue
        out.append(SINGLE.get(char, char.lower() if char.isascii() else char))
    return "".join(out)


def is_letter(char):
    return "a" <= char <= "z"


def is_digit(char):
    return "0" <= char <= "9"


def shape(word):
    """The token that stands for a folded word with digits in it."""
    if "%" in word:
        return "<pct>"
    start, end = 0, len(word)
    while start < end and not (is_letter(word[start]) or is_digit(word[start])):
        start += 1
    while end > start and not (is_letter(word[end - 1]) or is_digit(word[end - 1])):
        end -= 1
    core, tail = word[start:end], word[end:]
    if any(is_letter(char) for char in core):
        return mixed(core)
    parts, seps = [""], []
    for char in core:
        if is_digit(char):
            parts[-1] += char
        else:
            seps.append(char)
            parts.append("")
    sizes = [len(part) for part in parts]
    if len(parts) == 1:
        if sizes[0] == 4 and core[:2] in ("19", "20"):
            return "<year>"
        return "<n1>" if sizes[0] <= 2 else "<n2>" if sizes[0] <= 5 else "<n3>" if sizes[0] <= 9 else "<n4>"
    if len(parts) == 3 and seps[0] == seps[1] and seps[0] in "./-":
        if sizes[0] in (1, 2) and sizes[1] in (1, 2) and sizes[2] in (2, 4):
            return "<date>"
        if sizes[0] == 4 and sizes[1] in (1, 2) and sizes[2] in (1, 2):
            return "<date>"
    if len(parts) == 2 and sizes[0] in (1, 2) and sizes[1] == 2:
        if seps[0] == ":":
            return "<time>"
        if seps[0] == "." and tail.startswith("."):
            return "<date>"
    if seps[-1] in ".," and sizes[-1] == 2:
        return "<minus>" if word.startswith("-") or tail.startswith("-") or word.startswith("−") else "<amount>"
    return "<nx>"


def mixed(core):
    """The token of a word of letters and digits."""
    if core[:2] in IBAN_COUNTRIES and len(core) >= 4 and is_digit(core[2]) and is_digit(core[3]):
        if len(core) == 4 or len(core) >= 15:
            return "<iban>"
    if is_letter(core[0]) and len(core) <= 5:
        return core
    return "<code>"


def tokens(word):
    """The tokens of one word as it stands on the page."""
    word = fold(word)
    out = []
    if any(is_digit(char) for char in word):
        for char in word:
            if char in "€£$":
                out.append(SYMBOLS[char])
        out.append(shape(word))
        return out
    part = ""
    for char in word:
        if is_letter(char):
            part += char
            continue
        if part:
            out.append(part)
            part = ""
        if char in SYMBOLS:
            out.append(SYMBOLS[char])
    if part:
        out.append(part)
    return out


def fnv(text):
    """FNV-1a, 32 bits, its upper half folded in."""
    value = 2166136261
    for byte in text.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value ^ (value >> 15)


class Bag:
    """The features that are set in one block; a block's length is 1 whatever its number of words."""

    def __init__(self, block):
        self.offset, self.size = block
        self.set = set()

    def add(self, text):
        self.set.add(self.offset + fnv(text) % self.size)

    def into(self, values):
        if self.set:
            value = 1.0 / math.sqrt(len(self.set))
            values.update((index, value) for index in self.set)


def lines_of(page):
    """Words of a page by line: consecutive words with the same number."""
    lines, last = [], None
    for word in page["words"]:
        if word["line"] != last:
            lines.append([])
            last = word["line"]
        lines[-1].append(word)
    return lines


def step(value, limits):
    """In which step a count lies."""
    return sum(value >= limit for limit in limits)


def add_heads(bag, page):
    """Large lines word by word; short lines in the upper part as a whole."""
    lines = lines_of(page)
    heights = sorted(max(word["box"][3] for word in line) for line in lines)
    median = heights[len(heights) // 2] if heights else 0.0
    limit = 600.0 * page["height"] / page["width"]
    for line in lines:
        own = [token for word in line for token in tokens(word["text"])]
        if max(word["box"][3] for word in line) >= 1.3 * median:
            for token in own:
                bag.add("h " + token)
            for first, second in zip(own, own[1:]):
                bag.add("h " + first + " " + second)
        if 1 <= len(own) <= 4 and line[0]["box"][1] < limit:
            bag.add("l " + " ".join(own))


def features(pages):
    """Feature number -> value."""
    uni, bi, top, heads, sub = (Bag(it) for it in (UNIGRAMS, BIGRAMS, TOP, HEADS, SUBWORDS))
    counts = dict.fromkeys(("words", "<amount>", "<date>", "<minus>", "<pct>", "digits", "letters"), 0)
    for number, page in enumerate(pages[:PAGES_MAX]):
        edge = 250.0 * page["height"] / page["width"]
        last, last_top = None, None
        for word in page["words"]:
            if counts["words"] >= WORDS_MAX:
                break
            counts["words"] += 1
            at_top = number == 0 and (counts["words"] <= TOP_WORDS or word["box"][1] < edge)
            for char in word["text"]:
                counts["digits"] += is_digit(char)
                counts["letters"] += char.isascii() and char.isalpha()
            for token in tokens(word["text"]):
                if token in counts:
                    counts[token] += 1
                uni.add("u " + token)
                if last is not None:
                    bi.add("b " + last + " " + token)
                last = token
                if at_top:
                    top.add("t " + token)
                    if last_top is not None:
                        top.add("t " + last_top + " " + token)
                    last_top = token
                if len(token) >= 7 and is_letter(token[0]):
                    padded = "^" + token + "$"
                    for start in range(len(padded) - 4):
                        sub.add("s " + padded[start : start + 5])
    if pages:
        add_heads(heads, pages[0])
    values = {}
    for bag in (uni, bi, top, heads, sub):
        bag.into(values)
    for index in numbers(pages, counts):
        values[NUMBERS[0] + index] = 0.5
    return values


def numbers(pages, counts):
    """Which of the counting features are set."""
    first = pages[0] if pages else {"width": 1.0, "height": 1.0}
    share = 100.0 * counts["digits"] / max(1, counts["digits"] + counts["letters"])
    groups = (
        step(len(pages), (2, 3, 4)),
        step(first["height"] / first["width"], (0.6, 1.0, 1.2, 1.6, 2.2)),
        step(counts["words"], (20, 50, 100, 180, 300, 500, 900)),
        step(counts["<amount>"], (1, 2, 4, 7, 12, 20, 35)),
        step(counts["<date>"], (1, 2, 3, 5, 8, 14, 25)),
        step(counts["<minus>"], (1, 2, 5)),
        step(counts["<pct>"], (1, 2, 4)),
        step(share, (3.0, 7.0, 12.0, 20.0, 30.0, 45.0)),
    )
    return [8 * group + value for group, value in enumerate(groups)]
