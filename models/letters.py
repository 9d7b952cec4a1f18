"""Makes household documents that nobody ever wrote: kind, words with places, and spans.

The sentences stand in `phrases/<kind>.txt`; this file fills their slots, sets them on pages and
spoils the pages the way scanners do. Everything is invented. `python letters.py invoice de` prints
a few, to be read by a person.

A phrase file holds scenarios:

    = de utility annual          language, who writes, name (unique within the file)
    T: Jahresrechnung | Ihre Rechnung       headings, one is drawn
    R: Kundennummer, Vertragskonto          labels of references, some are drawn
    + Sentence that is always there.
    - Sentence that is drawn or not.
    B: table                                what `tables.py` sets
    N: plain | slip | card | receipt        the layout; plain unless said

In sentences `[a|b|]` is one of the alternatives, `{slot}` an invented value and `{slot:field}` one
that is remembered as the span of that field.
"""

import math
import random
import re
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import inventions
import layout
import tables

PHRASES = Path(__file__).parent / "phrases"
GROUPS = 4
KINDS = (
    "invoice payment_reminder credit_note receipt quote order delivery contract cancellation insurance "
    "official_notice fine tax bank_statement payslip medical appointment parcel invitation warranty "
    "certificate letter advertisement"
).split()


@dataclass
class Scenario:
    kind: str
    language: str
    sender: str
    name: str
    titles: list = field(default_factory=list)
    references: list = field(default_factory=list)
    always: list = field(default_factory=list)
    sometimes: list = field(default_factory=list)
    tables: list = field(default_factory=list)
    form: str = "plain"

    @property
    def id(self):
        return f"{self.kind}/{self.language}/{self.sender} {self.name}"

    @property
    def group(self):
        """Scenarios borrow sentences within their group only, so that a group can be held out."""
        return group_of(self.id)


def group_of(scenario_id):
    return zlib.crc32(scenario_id.encode()) % GROUPS


def scenarios():
    """All of them, in the order of their files."""
    out = []
    for kind in KINDS:
        for line in (PHRASES / f"{kind}.txt").read_text().splitlines():
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("="):
                language, sender, *name = line[1:].split()
                out.append(Scenario(kind, language, sender, " ".join(name)))
                continue
            mark, rest = line.split(" ", 1)
            one, rest = out[-1], rest.strip()
            if mark == "T:":
                one.titles += split_outside(rest)
            elif mark == "R:":
                one.references += [part.strip() for part in rest.split(",")]
            elif mark == "+":
                one.always.append(rest)
            elif mark == "-":
                one.sometimes.append(rest)
            elif mark == "B:":
                one.tables += split_outside(rest)
            elif mark == "N:":
                one.form = rest
            else:
                raise ValueError(f"{kind}: {line}")
    names = [one.id for one in out]
    assert len(names) == len(set(names)), [it for it in names if names.count(it) > 1]
    return out


def split_outside(text):
    """Splits at `|` outside brackets."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "[") - (char == "]")
        if char == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


INNERMOST = re.compile(r"\[([^\[\]]*)\]")
SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}")


class Filler:
    """Chooses alternatives and fills slots; one per document, so that names stay the same in it."""

    def __init__(self, rng, language, sender):
        self.rng = rng
        self.world = inventions.World(rng, language, sender)

    def fill(self, text):
        """Chunks of (text, field or None)."""
        while True:
            found = INNERMOST.search(text)
            if not found:
                break
            text = text[: found.start()] + self.rng.choice(found[1].split("|")) + text[found.end() :]
        chunks, end = [], 0
        for slot in SLOT.finditer(text):
            chunks.append((text[end : slot.start()], None))
            chunks.append((self.world.value(slot[1]), slot[2]))
            end = slot.end()
        chunks.append((text[end:], None))
        return [(re.sub(r"  +", " ", part), name) for part, name in chunks if part]

    def plain(self, text):
        return "".join(part for part, _ in self.fill(text))


# What any letter may say, so that these words decide nothing.
BOILERPLATE = {
    "de": """Bei [Fragen|Rückfragen|Unklarheiten] [erreichen Sie uns|sind wir für Sie da|rufen Sie uns gerne an] [unter|telefonisch unter] {phone}.
Dieses Schreiben wurde maschinell erstellt und ist ohne Unterschrift gültig.
Bitte geben Sie bei [Rückfragen|Zahlungen|allen Schreiben] [stets|immer] [Ihre|die] [Kundennummer|Rechnungsnummer|Vertragsnummer|das Aktenzeichen] an.
Unsere Öffnungszeiten: Mo–Fr {time}–{time} Uhr[, Sa {time}–{time} Uhr|].
Informationen zum Datenschutz [finden Sie|erhalten Sie] [unter|auf] {web}.
Sie finden uns auch im Internet: {web}
Bankverbindung: {iban} BIC {bic}
Es gelten unsere Allgemeinen Geschäftsbedingungen.
Änderungen und Irrtümer vorbehalten.
Geschäftsführer: {name}, {name} · Amtsgericht {city} HRB {num} · USt-IdNr. DE{num9}
Steuernummer {num}/{num}/{num} · Gerichtsstand {city}
Bitte beachten Sie auch die Rückseite.
Vielen Dank für Ihr Vertrauen.
Wir wünschen Ihnen [alles Gute|einen schönen Tag|eine schöne Zeit].
Ihre Daten werden vertraulich behandelt.
Die Rechnung [finden Sie anbei|erhalten Sie gesondert|geht Ihnen separat zu].
Sollten Sie [bereits gezahlt haben|die Angelegenheit schon erledigt haben], [betrachten Sie|sehen Sie] dieses Schreiben als gegenstandslos.
Anlagen: [keine|Überweisungsträger|Merkblatt|1 Blatt|Formular|Prospekt|Antwortbogen]
Diese E-Mail wurde automatisch versendet. Bitte antworten Sie nicht darauf.
Scannen Sie den QR-Code [für weitere Informationen|mit Ihrer App|und sparen Sie Zeit].
Unser Service: {phone} (Mo–Sa, {time} bis {time} Uhr, kostenlos)
Seite {n} von {n}
Sachbearbeiter: {name} Zimmer {n} Durchwahl {n}
Mitglied werden und [Vorteile sichern|dabei sein]: {web}
Wir sind zertifiziert nach ISO {num}.
Umgezogen? Teilen Sie uns Ihre neue Anschrift mit.
Verwaltung: {street}, {plz} {city}""",
    "en": """If you have any [questions|queries], please [call|contact] us on {phone}.
This is a computer generated [document|letter] and needs no signature.
Please quote [your reference|your account number|the invoice number|this reference] in all correspondence.
Opening hours: Monday to Friday {time} to {time}[, Saturday {time} to {time}|].
Our privacy notice is [at|available at] {web}.
Find us online: {web}
Bank details: sort code {sort} account {num8} [IBAN {iban}|]
Our terms and conditions apply.
E&OE
Registered in [England and Wales|Ireland|Scotland] No. {num8}. Registered office: {street}, {city}. VAT No. GB {num9}
Please see overleaf for more information.
Thank you for [your custom|choosing us|your support|your trust].
We wish you [all the best|a lovely day].
Your data is kept confidential.
Your invoice is [enclosed|sent separately|available online].
If you have already [paid|dealt with this], please ignore this letter.
Enc: [leaflet|form|reply slip|none|invoice|copy statement]
This is an automated message. Please do not reply to this email.
Scan the QR code [for more information|with your phone|to save time].
Customer service: {phone} (Mon–Sat, {time} to {time}, calls may be recorded)
Page {n} of {n}
Dealt with by: {name}, Room {n}, ext {n}
Go paperless: sign in at {web}
Authorised and regulated by the [Financial Conduct Authority|Central Bank of Ireland]. Firm no. {num}
Moving home? Let us know your new address.
Large print and other formats are available on request.
Correspondence to: {street}, {city}, {postcode}""",
}
for _language in BOILERPLATE:
    BOILERPLATE[_language] = BOILERPLATE[_language].splitlines()

SALUTATIONS = {
    "de": ["Sehr geehrte Damen und Herren,", "Sehr geehrter Herr {last},", "Sehr geehrte Frau {last},", "Guten Tag {name},", "Hallo {first},", "Liebe Frau {last},", "Grüezi Frau {last}"],
    "en": ["Dear Sir or Madam,", "Dear Mr {last},", "Dear Mrs {last},", "Dear {name},", "Hi {first},", "Dear customer,", "Hello {first},"],
}
CLOSINGS = {
    "de": ["Mit freundlichen Grüßen", "Freundliche Grüße", "Mit freundlichem Gruß", "Beste Grüße", "Im Auftrag", "Ihr Team von {company}", "Freundliche Grüsse", "Hochachtungsvoll"],
    "en": ["Yours sincerely,", "Yours faithfully,", "Kind regards,", "Best wishes,", "For and on behalf of {company}", "Regards,", "Many thanks,"],
}
DATE_LABELS = {
    "de": ["Datum", "Datum:", "{city}, den", "{city},", "Ausstellungsdatum", "vom", "Datum und Zeichen", ""],
    "en": ["Date", "Date:", "Date of issue", "Issued", "Dated", ""],
}
PERSONAL = ("person", "friends")


def compose(scenario, rng, pool):
    """The parts of one document, in their order; `pool` holds every scenario, for stray sentences."""
    filler = Filler(rng, scenario.language, scenario.sender)
    language, parts = scenario.language, []
    add = lambda style, text: parts.append((style, filler.fill(text)))
    slip = scenario.form in ("receipt", "card")
    personal = scenario.sender in PERSONAL
    letterhead(scenario, rng, filler, parts)
    if not slip and not personal and rng.random() < 0.85:
        add("address", "{name}\n{street}\n[{plz} |]{city}" if language == "de" else "{name}\n{street}\n{city}\n{postcode}")
    labels = rng.sample(scenario.references, rng.randint(min(1, len(scenario.references)), len(scenario.references)))
    info = [label + rng.choice([": ", " ", ":  "]) + rng.choice(["{code:reference}", "{num:reference}"]) for label in labels]
    if not personal or rng.random() < 0.4:
        info.insert(rng.randint(0, len(info)), (rng.choice(DATE_LABELS[language]) + " {date:issue_date}").strip())
    for label in info:
        add("info", label)
    titled = bool(scenario.titles) and rng.random() < 0.93
    if titled:
        add("title", rng.choice(scenario.titles))
    if not slip and rng.random() < 0.75:
        add("text", rng.choice(SALUTATIONS[language]))
    body(scenario, rng, filler, parts, pool)
    if not slip and rng.random() < 0.75:
        add("text", rng.choice(CLOSINGS[language]))
        if rng.random() < 0.7:
            add("text", "{name}")
    if not personal:
        for line in rng.sample(BOILERPLATE[language], rng.choice((0, 1, 2, 3, 4, 6))):
            add("foot", line)
    return parts


def letterhead(scenario, rng, filler, parts):
    """Who writes: at the top, mostly large."""
    if scenario.sender in PERSONAL:
        if rng.random() < 0.5:
            parts.append(("info", filler.fill("{name:sender}\n{street}\n{city}")))
        return
    if rng.random() < 0.95:
        parts.append((rng.choice(("head", "head", "text")), filler.fill("{company:sender}")))
    if rng.random() < 0.7:
        parts.append(("small", filler.fill("{company} · {street} · {city}" if rng.random() < 0.5 else "{street}, {city} [Tel.|Tel|T] {phone} [{web}|{mail}|]")))


def length(scenario, rng):
    """How many words the body should have, at least; real letters are long-winded."""
    if scenario.form in ("receipt", "card"):
        return rng.choice((0, 0, 30, 60, 110))
    return int(math.exp(rng.uniform(math.log(20), math.log(420))))


def body(scenario, rng, filler, parts, pool):
    """Sentences and tables: the sure ones in order, the others among them, now and then a stray one."""
    share = rng.uniform(0.3, 0.9)
    sentences = [it for it in scenario.always if rng.random() < 0.93]
    for one in (it for it in scenario.sometimes if rng.random() < share):
        sentences.insert(rng.randint(0, len(sentences)), one)
    if rng.random() < 0.5:
        sentences.insert(rng.randint(0, len(sentences)), rng.choice(BOILERPLATE[scenario.language]))
    if rng.random() < 0.12:
        others = [it for it in pool if it.language == scenario.language and it.kind != scenario.kind]
        stray = rng.choice(others)
        if stray.sometimes:
            sentences.insert(rng.randint(1, max(1, len(sentences))), rng.choice(stray.sometimes))
    kindred = [it for it in pool if it.language == scenario.language and it.kind == scenario.kind and it.group == scenario.group]
    words, wanted = sum(len(it.split()) for it in sentences), length(scenario, rng)
    talk = rng.choice((0.3, 0.6, 0.85))
    while words < wanted:
        if rng.random() < talk:
            one = rng.choice(rng.choice((inventions.TALK, BOILERPLATE))[scenario.language])
        else:
            source = scenario if rng.random() < 0.7 else rng.choice(kindred)
            one = rng.choice(source.always + source.sometimes)
        words += len(filler.plain(one).split())
        sentences.insert(rng.randint(0, len(sentences)), one)
    styled = [("text", filler.fill(one)) for one in sentences]
    if scenario.tables and rng.random() < 0.92:
        rows = tables.make(rng.choice(scenario.tables), rng, filler, scenario.language)
        place = rng.randint(min(1, len(styled)), len(styled))
        styled[place:place] = [("row", row) for row in rows]
    parts.extend(styled)


def generate(scenario, rng, pool):
    """One document: kind, scenario, language and pages of words with places and fields."""
    parts = compose(scenario, rng, pool)
    pages = layout.pages(parts, scenario.form, rng)
    layout.spoil(pages, rng)
    return {"kind": scenario.kind, "scenario": scenario.id, "language": scenario.language, "pages": pages}


def documents(count_per_kind, seed):
    """`count_per_kind` documents of every kind, scenarios and languages evenly drawn."""
    pool = scenarios()
    for kind in KINDS:
        own = [it for it in pool if it.kind == kind]
        for number in range(count_per_kind):
            rng = random.Random(f"{seed} {kind} {number}")
            yield generate(own[number % len(own)], rng, pool)


def show(kind, language, count=3):
    pool = scenarios()
    own = [it for it in pool if it.kind == kind and it.language == language]
    for number in range(count):
        document = generate(random.choice(own), random.Random(), pool)
        print("=" * 20, document["scenario"])
        for page in document["pages"]:
            last = None
            for word in page["words"]:
                print("\n" if word["line"] != last else " ", end="")
                last = word["line"]
                print(word["text"] + (f"<{word['field']}>" if word["field"] else ""), end="")
            print()


if __name__ == "__main__":
    show(*sys.argv[1:3])
