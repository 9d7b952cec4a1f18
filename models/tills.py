"""Till receipts as shops of many countries print them: narrow, in columns, with sums that add up.

Every word knows its field: `sender`, `issue_date`, `total`, `net`, `tax`, `item`, `paid`.
"""

import inventions

WIDTH = 1000.0
NAMES = ("{0} {1}", "{0} & {1}", "{0} {1} TRADING", "{0} ENTERPRISE", "RESTORAN {0}", "{0} HARDWARE", "{0} MART", "KEDAI {0}", "{0} SUPERMARKET", "{0} BOOK STORE", "{0} CAFE", "{0} PHARMACY", "{0} STATIONERY")
FORMS = ("", "", " SDN BHD", " LTD", " PTE LTD", " INC.", " GmbH", " GmbH & Co. KG", " e.K.", " (M) SDN. BHD.", " PLC")
WORDS = {
    "en": {
        "title": ("TAX INVOICE", "RECEIPT", "CASH RECEIPT", "CASH BILL", "SIMPLIFIED TAX INVOICE", "INVOICE", "OFFICIAL RECEIPT", "SALES RECEIPT", ""),
        "date": ("Date:", "Date", "DATE", "Date :", "Invoice Date", "Doc Date :", "Bill Date:", "", "", "Transaction Date"),
        "number": ("Invoice No:", "Receipt No.", "Bill No :", "Doc No.", "Trans:", "CS No", "Rcpt#:", "Order #"),
        "who": ("Cashier:", "Served by", "Sales Person", "Counter", "Table", "Staff", "POS", "User"),
        "net": ("Subtotal", "Sub Total", "SUB-TOTAL", "Total Excl. GST", "Total (Excluding GST)", "Total Before Tax", "Net", "Amount excl. tax", "Taxable amount", "Gross Amt"),
        "tax": ("GST 6%", "Total GST", "VAT 20%", "GST @6%", "Tax", "SST 10%", "Sales Tax", "Service Charge 10%", "Add GST", "Tax Amt"),
        "total": ("TOTAL", "Total", "Grand Total", "NET TOTAL", "Total Amount", "Total Sales (Inclusive GST)", "Total Payable", "Amount Due", "TOTAL RM", "Total (RM)", "Total Incl. GST", "Total Rounded", "Rounded Total (RM)", "BALANCE DUE", "Total Due", "TOTAL AMT", "Nett Total", "Bill Total", "Round D Total", "Total Inclusive of GST"),
        "discount": ("Discount", "Disc", "Total Discount", "Item Discount"),
        "round": ("Rounding Adj", "Rounding", "Round Adj.", "Rounding Adjustment"),
        "cash": ("CASH", "Cash", "Cash Tendered", "Payment", "VISA", "Paid Amount", "Tendered", "MASTERCARD", "Cash Received", "Total Paid"),
        "change": ("CHANGE", "Change", "Change Due", "Balance", "Change Given"),
        "count": ("Total Qty", "Item count", "Total Items", "No. of items", "QTY:"),
        "head": ("Description Qty Price Amount", "Item Qty U/Price Total", "QTY ITEM RM", "ITEM PRICE", "Qty Description Amt"),
        "summary": ("GST Summary Amount(RM) Tax(RM)", "Tax Code % Net Amt Tax", "GST Analysis Goods Tax Amount", "VAT Rate Net VAT Gross"),
        "thanks": ("Thank you, please come again", "GOODS SOLD ARE NOT RETURNABLE", "THANK YOU FOR SHOPPING WITH US", "Have a nice day", "Please retain for exchange within 7 days", "E & O E"),
    },
    "de": {
        "title": ("Rechnung", "Quittung", "Kassenbon", "BON", "Beleg", ""),
        "date": ("Datum:", "Datum", "Bon-Datum", "", "", "Belegdatum"),
        "number": ("Bon-Nr.", "Beleg-Nr.", "Rechnung Nr.", "Bon", "Kassenbeleg"),
        "who": ("Kasse", "Bediener:", "Es bediente Sie", "Tisch", "Filiale"),
        "net": ("Zwischensumme", "Netto", "Nettobetrag", "Summe netto"),
        "tax": ("MwSt 19%", "USt 7%", "inkl. MwSt", "MwSt.", "enthaltene MwSt 20%"),
        "total": ("SUMME", "Summe EUR", "Gesamtbetrag", "Total", "ZU ZAHLEN", "Gesamt", "Endbetrag", "Total CHF", "Summe", "TOTAL EUR", "Rechnungsbetrag", "Betrag EUR"),
        "discount": ("Rabatt", "Nachlass", "Coupon"),
        "round": ("Rundung", "Rundungsdifferenz"),
        "cash": ("BAR", "Gegeben", "EC-Karte", "girocard", "Kartenzahlung", "VISA", "Bar gegeben", "Gegeben Bar"),
        "change": ("Rückgeld", "Zurück", "RÜCKGELD", "Wechselgeld"),
        "count": ("Posten", "Anzahl Artikel", "Artikel:"),
        "head": ("Artikel Menge Preis", "Bezeichnung EUR", "Menge Artikel Betrag"),
        "summary": ("MwSt% MwSt Netto Brutto", "Steuer Netto Brutto", "A 19% Netto MwSt Brutto"),
        "thanks": ("Vielen Dank für Ihren Einkauf", "Umtausch nur mit Bon", "Auf Wiedersehen", "Danke für Ihren Besuch"),
    },
}


class Slip:
    """Lines of a narrow paper; `text` is a list of (word, field)."""

    def __init__(self, rng, letters):
        self.rng, self.wide, self.words, self.y, self.line = rng, WIDTH * 0.9 / letters, [], 60.0, 0
        self.left = WIDTH * 0.05

    def put(self, words, x=None, big=1.0, align="left", goes_on=False):
        if not words:
            return
        if not goes_on:
            self.y += self.wide * self.rng.uniform(1.9, 2.3) * big
            self.line += 1
        size = self.wide * big
        length = sum(len(text) + 1 for text, _ in words) * size - size
        if align == "centre":
            x = (WIDTH - length) / 2
        elif align == "right":
            x = (WIDTH * 0.95 if x is None else x) - length
        elif x is None:
            x = self.left
        for text, name in words:
            self.words.append({"text": text, "box": [x, self.y, len(text) * size * 0.95, size * 1.5], "line": self.line, "block": 0, "field": name})
            x += (len(text) + 1) * size

    def row(self, label, values, big=1.0):
        """A label at the left (or in the middle) and values at the right."""
        place = self.rng.random()
        if place < 0.12:
            self.put(label + values, big=big, align="right")
            return
        self.put(label, big=big, x=self.left if place < 0.8 else WIDTH * 0.35)
        edge = WIDTH * 0.95
        for text, name in reversed(values):
            self.put([(text, name)], x=edge, big=big, align="right", goes_on=True)
            edge -= self.wide * self.rng.choice((9, 11))


def plain(text, name=None):
    return [(word, name) for word in text.split()]


def document(rng, language):
    """One receipt: kind, pages, fields."""
    world = inventions.World(rng, language, "shop")
    words = WORDS[language]
    slip = Slip(rng, rng.choice((32, 38, 42, 48)))
    money = Money(rng, language)
    head(slip, rng, world, words)
    dated = rng.random()
    if dated < 0.7:
        day(slip, rng, world, words)
    rest = [lambda: slip.row(plain(rng.choice(words["number"])), plain(world.make_code())), lambda: slip.row(plain(rng.choice(words["who"])), plain(world.make_first()))]
    for add in rng.sample(rest, rng.randint(0, 2)):
        add()
    items(slip, rng, world, words, money)
    sums(slip, rng, words, money)
    if dated >= 0.7:
        day(slip, rng, world, words)
    for text in rng.sample(words["thanks"], rng.randint(0, 3)):
        slip.put(plain(text), align="centre")
    height = slip.y + rng.uniform(30, 300)
    page = {"width": 226.0, "height": 226.0 * height / WIDTH, "words": slip.words}
    return {"kind": "receipt", "scenario": f"receipt/{language}/shop till", "language": language, "pages": [page]}


def head(slip, rng, world, words):
    name = rng.choice(NAMES).format(world.make_word().upper(), world.make_word().upper()) + rng.choice(FORMS)
    if rng.random() < 0.25:
        name = name.title()
    if rng.random() < 0.2:
        slip.put(plain(world.make_name()), align="centre")
    slip.put(plain(name, "sender"), big=rng.choice((1.0, 1.0, 1.3, 1.6)), align="centre")
    if rng.random() < 0.6:
        slip.put(plain(f"({world.make_num()}-{rng.choice('ABDHKTUVWX')})"), align="centre")
    for text in (f"NO {rng.randint(1, 99)}, JALAN {world.make_word().upper()} {rng.randint(1, 20)}/{rng.randint(1, 20)},", world.make_street(), f"{world.make_plz()} {world.make_city()}"):
        if rng.random() < 0.7:
            slip.put(plain(text), align=rng.choice(("centre", "left")))
    if rng.random() < 0.6:
        slip.put(plain(rng.choice(("TEL : ", "Tel. ", "Phone: ")) + world.make_phone()), align="centre")
    if rng.random() < 0.6:
        slip.put(plain(rng.choice(("GST ID : 00", "GST Reg No: 00", "USt-IdNr. DE", "VAT No. ")) + world.make_num9()), align="centre")
    title = rng.choice(words["title"])
    slip.put(plain(title), align="centre", big=rng.choice((1.0, 1.2)))


def day(slip, rng, world, words):
    label, date = plain(rng.choice(words["date"])), plain(world.make_date(), "issue_date")
    clock = plain(world.make_time()) if rng.random() < 0.7 else []
    style = rng.random()
    if style < 0.5:
        slip.put(label + date + clock)
    elif style < 0.8:
        slip.put(label)
        slip.put(date + clock, x=WIDTH * 0.4, goes_on=bool(label))
    else:
        slip.put(plain(world.make_code()) + date + clock)


class Money:
    """How this till writes money, and what was bought."""

    def __init__(self, rng, language):
        self.rng, self.comma = rng, language == "de"
        self.mark = rng.choice(("", "", "", "RM", "$", "£")) if language == "en" else rng.choice(("", "", "€", "EUR"))
        self.prices = [int(10 ** rng.uniform(1.7, 4.0)) for _ in range(rng.choice((1, 1, 2, 3, 5, 8, 14)))]
        self.counts = [rng.choice((1, 1, 1, 2, 3, 6)) for _ in self.prices]
        self.sum = sum(price * count for price, count in zip(self.prices, self.counts))

    def text(self, cents, mark=False):
        whole, rest = divmod(abs(cents), 100)
        number = f"{whole:,}.{rest:02}"
        if self.comma:
            number = number.replace(",", " ").replace(".", ",").replace(" ", ".")
        sign = "-" if cents < 0 else ""
        return sign + (self.mark if mark and self.mark in ("$", "£", "RM") else "") + number

    def value(self, cents, name, mark=False):
        """The words of an amount."""
        if mark and self.mark and self.rng.random() < 0.6:
            if self.mark in ("€", "EUR") or self.rng.random() < 0.4:
                pair = [(self.mark, name), (self.text(cents), name)]
                return pair if self.mark != "€" else pair[::-1]
            return [(self.text(cents, True), name)]
        return [(self.text(cents), name)]


def items(slip, rng, world, words, money):
    if rng.random() < 0.6:
        slip.put(plain(rng.choice(words["head"])))
    style = rng.randint(0, 3)
    for price, count in zip(money.prices, money.counts):
        what = plain((world.make_grocery() if rng.random() < 0.6 else world.make_product()).upper() if rng.random() < 0.6 else world.make_product())
        tail = [(rng.choice(("SR", "A", "Z", "S", "*")), None)] if rng.random() < 0.25 else []
        value = money.value(price * count, "item")
        if style == 0:
            slip.row(what, value)
        elif style == 1:
            slip.put(plain(world.make_num9()) + what)
            slip.row(plain(f"{count} x") + money.value(price, "item"), value)
        elif style == 2:
            slip.row(plain(str(count)) + what, money.value(price, "item") + value)
        else:
            slip.put(what)
            slip.row(plain(f"{count}.00 PC"), money.value(price, "item") + value)
        if tail:
            slip.put(tail, x=WIDTH * 0.97, goes_on=True)


def sums(slip, rng, words, money):
    """The foot of a receipt: any order of sums that tills print, always adding up."""
    say = lambda name: plain(rng.choice(words[name]) + rng.choice(("", "", ":", " :")))
    rate = rng.choice((0.06, 0.06, 0.19, 0.07, 0.2, 0.1, 0.0))
    gross = money.sum
    is_inclusive = rng.random() < 0.6
    if not is_inclusive:
        gross += round(gross * rate)
    less = round(gross * 0.1) if rng.random() < 0.12 else 0
    gross -= less
    net = round(gross / (1 + rate))
    rounded = round(gross / 5) * 5 if rng.random() < 0.5 else gross
    rows = []
    if rng.random() < 0.55:
        rows.append((say("net"), money.value(net if not is_inclusive else money.sum, "net" if not is_inclusive or money.sum != rounded else "total")))
    if less:
        rows.append((say("discount"), money.value(-less if rng.random() < 0.5 else less, "discount")))
    if rate and rng.random() < 0.6:
        rows.append((say("tax"), money.value(gross - net, "tax")))
    if rng.random() < 0.35 or rounded != gross:
        rows.append((say("total"), money.value(gross, "total" if gross == rounded else "net", True)))
    if rounded != gross or rng.random() < 0.2:
        rows.append((say("round"), money.value(rounded - gross, "fee")))
    if rng.random() < 0.2:
        rng.shuffle(rows)
    rows.append((say("total"), money.value(rounded, "total", True)))
    if rng.random() < 0.3:
        rows.insert(rng.randint(0, len(rows)), (say("count"), plain(str(sum(money.counts)))))
    pay = []
    if rng.random() < 0.75:
        given = rounded if rng.random() < 0.3 else -(-rounded // 500) * 500 if rng.random() < 0.5 else -(-rounded // 5000) * 5000
        pay.append((say("cash"), money.value(given, "paid", True)))
        if rng.random() < 0.8:
            pay.append((say("change"), money.value(given - rounded, "paid", True)))
    loud = rng.choice((1.0, 1.0, 1.4, 1.8))
    for label, values in rows:
        slip.row(label, values, big=loud if values[-1][1] == "total" else 1.0)
    for label, values in pay:
        slip.row(label, values)
    if rng.random() < 0.4:
        slip.put(plain(rng.choice(words["summary"])))
        code = plain(rng.choice(("SR @ 6%", "Z", "A 19%", "SR 6", "ZRL 0%", "B 7%")))
        shown = money.value(net, "net") + money.value(gross - net, "tax")
        if rng.random() < 0.4:
            shown += money.value(gross, "total" if gross == rounded else "net")
        slip.row(code, shown)
