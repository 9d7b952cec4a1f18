"""Tables: rows of chunks, each as `Filler.fill` gives them."""

HEADERS = {
    "de": {
        "positions": ["Pos. Bezeichnung Menge Einzelpreis Gesamtpreis", "Artikel Anzahl Preis Betrag", "Leistung Menge EP GP", "Beschreibung Betrag EUR", "Pos Text Mwst Summe"],
        "goods": ["Pos. Artikel Menge", "Art.-Nr. Bezeichnung Anzahl Einheit", "Artikel bestellt geliefert offen", "Menge Artikelnummer Beschreibung"],
        "priced": ["Artikel Menge Preis", "Anzahl Artikel Einzelpreis Summe", "Produkt Preis"],
    },
    "en": {
        "positions": ["Description Qty Unit price Amount", "Item Quantity Price Total", "Details Net VAT Total", "Service Hours Rate Amount", "Description Amount"],
        "goods": ["Item Description Qty", "SKU Product Ordered Shipped", "Qty Item code Description", "Item Ordered Delivered Back order"],
        "priced": ["Item Qty Price", "Product Price", "Qty Item Unit Total"],
    },
}
TOTALS = {
    "de": {
        "invoice": ["Zwischensumme {amount:net}", "Nettobetrag {eur:net}", "zzgl. {pct} MwSt. {eur}", "Umsatzsteuer {pct} {amount:tax}", "Gesamtbetrag {eur:total}", "Rechnungsbetrag {eur:total}", "Zu zahlen {eur:payable}", "Summe brutto {eur:total}", "Total inkl. MWST {eur:total}"],
        "order": ["Zwischensumme {eur:net}", "Versandkosten {eur:fee}", "Gesamtsumme {eur:total}", "Bestellwert {eur:total}", "Lieferung kostenlos", "enthaltene MwSt. {eur}"],
        "quote": ["Angebotssumme netto {eur:net}", "MwSt. {pct} {eur:tax}", "Angebotssumme brutto {eur:total}", "Gesamtpreis {eur:total}", "Summe {eur:total}", "Total Offerte {eur:total}"],
        "credit": ["Gutschriftbetrag {eur:total}", "Summe -{eur:total}", "Erstattungsbetrag {eur:total}", "abzgl. MwSt. {pct} -{eur:tax}", "Gutschrift gesamt {eur:total}", "Rückzahlung {eur:total}"],
        "receipt": ["SUMME {eur:total}", "Summe EUR {amount:total}", "Total {amount:total}", "BAR {amount:paid}", "Gegeben {amount:paid}", "Rückgeld {amount:paid}", "EC-Karte {amount:paid}", "Karte {amount:paid}", "Kreditkarte VISA {amount:paid}", "MwSt A {pct} {amount:tax} {amount:tax}", "Netto {amount:net} MwSt {amount:tax} Brutto {amount}", "Zwischensumme {amount:net}", "zu zahlen {amount:total}"],
    },
    "en": {
        "invoice": ["Subtotal {eur:net}", "Net {eur:net}", "VAT {pct} {eur:tax}", "VAT @ {pct} {amount:tax}", "Total due {eur:payable}", "Amount due {eur:payable}", "Balance due {eur:payable}", "Invoice total {eur:total}", "Total inc. VAT {eur:total}", "Sales tax {eur:tax}", "Please pay {eur:payable}"],
        "order": ["Subtotal {eur:net}", "Delivery {eur:fee}", "Shipping {eur:fee}", "Order total {eur:total}", "Total {eur:total}", "Free delivery", "Discount -{eur:discount}"],
        "quote": ["Quotation total {eur:total}", "Estimate subtotal {eur:net}", "VAT {pct} {eur:tax}", "Estimated total {eur:total}", "Total price {eur:total}", "Labor {eur} Materials {eur}"],
        "credit": ["Credit total {eur:total}", "Total credited -{eur:total}", "Amount refunded {eur:total}", "VAT credited -{eur}", "Less original invoice -{eur}", "Refund {eur:total}"],
        "receipt": ["TOTAL {eur:total}", "Subtotal {amount:net}", "CASH {amount:paid}", "CHANGE {amount:paid}", "VISA DEBIT {amount:paid}", "Card {eur:paid}", "CONTACTLESS {amount:paid}", "VAT {pct} {amount:tax}", "TAX {amount:tax}", "Balance to pay {amount:total}", "Rounding {amount:paid}", "ITEMS {n}", "Total Amount {amount:total}"],
    },
}
ROWS = {
    "de": {
        "bank": ["{date} {date} Lastschrift {company} -{amount}", "{date} Überweisung {name} {amount} S", "{date} Gehalt/Lohn {amount} H", "{date} Kartenzahlung {grocery} {company} -{amount}", "{date} Dauerauftrag Miete {amount}-", "{date} Gutschrift {name} {amount}+", "{date} Bargeldauszahlung Geldautomat {city} -{amount}", "{date} Entgelt Kontoführung -{amount}", "{date} SEPA-Basislastschrift {company} {amount} S", "{date} Zinsen {amount}", "{date} Twint {name} {amount}"],
        "payslip": ["Grundgehalt {amount}", "Monatslohn {amount}", "Stundenlohn {n} Std. {amount}", "Gesamtbrutto {amount}", "Steuerbrutto {amount}", "Lohnsteuer {amount}", "Solidaritätszuschlag {amount}", "Kirchensteuer {amount}", "Krankenversicherung AN {amount}", "Rentenversicherung {amount}", "Arbeitslosenversicherung {amount}", "Pflegeversicherung {amount}", "Steuerklasse {n} Kinderfreibetrag {amount}", "Vermögenswirksame Leistungen {amount}", "Überstunden {amount}", "Nettoverdienst {amount:net}", "Auszahlungsbetrag {amount:total}", "SV-Dienstnehmeranteil {amount}", "Urlaubszuschuss {amount}", "AHV/IV/EO 5,3% {amount}", "ALV 1,1% {amount}", "BVG Pensionskasse {amount}", "Nettolohn {amount:total}", "SV-Nummer {num} Eintritt {date}", "Resturlaub {n} Tage"],
        "labs": ["Hämoglobin {amount} g/dl {n} – {n}", "Leukozyten {amount} /nl", "Cholesterin gesamt {n} mg/dl", "HbA1c {pct}", "TSH {amount} mU/l", "Kreatinin {amount} mg/dl", "CRP < {n} mg/l", "Ferritin {n} ng/ml", "Vitamin D {n} ng/ml", "Blutdruck {n}/{n} mmHg"],
        "medicines": ["{Word_} {n} mg 1-0-1", "{Word_} Tropfen {n} ml", "{Word_} Tabletten N{n} morgens 1", "{Word_} Salbe bei Bedarf", "Physiotherapie {n} x KG"],
        "grades": ["Deutsch gut", "Mathematik befriedigend", "Englisch sehr gut", "Sport gut", "Sachunterricht gut", "Verhalten gut Mitarbeit sehr gut"],
        "taxes": ["Zu versteuerndes Einkommen {amount}", "Festgesetzte Steuer {amount}", "Einkommensteuer {amount} Solidaritätszuschlag {amount}", "Abzug vom Lohn {amount}", "Bereits gezahlt {amount:paid}", "verbleibende Steuer {amount}", "Einkünfte aus nichtselbständiger Arbeit {amount}", "Werbungskosten {amount}", "Sonderausgaben {amount}", "Messbetrag {amount} Hebesatz {n} %", "Vorauszahlung I. Quartal {date} {amount}", "Steuerbetrag {amount:payable}", "1. Rate {date} {amount}", "Staatssteuer {amount} Gemeindesteuer {amount}", "Einheitswert {amount}"],
        "premium": ["Haftpflicht {amount}", "Teilkasko SB {n} {amount}", "Vollkasko {amount}", "Hausrat {amount} Versicherungssumme {amount}", "Beitrag jährlich {amount}", "Versicherungssteuer {pct} {amount}", "Glasbruch mitversichert", "Schadenfreiheitsklasse {n}", "Prämie {amount}", "Selbstbehalt {amount}", "Unfall Invalidität {amount}"],
        "fees": ["Geldbuße {eur}", "Gebühr {eur:fee}", "Auslagen {eur:fee}", "Gesamtbetrag {eur:payable}", "zulässige Geschwindigkeit {n} km/h", "Festgestellte Geschwindigkeit {n} km/h (nach Toleranzabzug)", "Punkte {n}", "Verwarnungsgeld {eur:payable}", "Strafbetrag {eur:payable}", "Busse CHF {amount:payable}"],
        "debts": ["Rechnung {code} vom {date} {amount}", "Offener Betrag {eur}", "Mahngebühr {eur:fee}", "Verzugszinsen {eur:fee}", "Hauptforderung {eur}", "Inkassokosten {eur:fee}", "Zu zahlen {eur:payable}", "Gesamtforderung {eur:payable}", "fällig seit {date}"],
        "offers": ["statt {amount} nur {amount}", "-{n} % auf {product}", "{product} ab {eur}", "Aktion {product} {amount}", "{n}% Rabatt {product}", "{grocery} je kg {amount}", "Gutscheincode {code}"],
        "specs": ["Modell {code}", "Seriennummer {code:reference}", "Kaufdatum {date}", "Händler {company}", "Typ {code} Baujahr {year}", "Garantiedauer {n} Monate"],
    },
    "en": {
        "bank": ["{date} Direct debit {company} {amount}", "{date} Card payment {company} {amount}", "{date} Salary {amount} {amount}", "{date} Standing order rent {amount}", "{date} ATM withdrawal {city} {amount}", "{date} Transfer from {name} {amount}", "{date} Interest {amount:fee}", "{date} Deposit {amount}", "{date} Bank charge {amount}", "{date} Faster payment {name} {amount} {amount}", "{date} Check {num} {amount}", "{date} Contactless {grocery} {amount}", "Balance brought forward {amount:balance}", "{date} ACH credit payroll {amount}"],
        "payslip": ["Basic pay {amount}", "Gross pay {amount}", "PAYE tax {amount:tax}", "National Insurance {amount}", "Employee NI {amount}", "Pension contribution {amount}", "Overtime {n} hrs {amount}", "Net pay {amount:total}", "Tax code {n}57L NI number QQ{num}C", "Taxable pay to date {amount}", "PRSI {amount} USC {amount}", "Total deductions {amount}", "Federal withholding {amount}", "Social Security {amount} Medicare {amount}", "Student loan {amount}", "Hours {n} Rate {amount}", "Year to date {amount}", "State tax {amount:tax}", "Employer NI {amount}", "Holiday pay {amount}", "401(k) {amount}"],
        "labs": ["Haemoglobin {n} g/L ({n}-{n})", "White cell count {amount}", "Cholesterol {amount} mmol/L", "HbA1c {n} mmol/mol", "TSH {amount} mU/L", "Creatinine {n}", "Blood pressure {n}/{n} mmHg", "Ferritin {n} ug/L", "Glucose {n} mg/dL"],
        "medicines": ["{Word_} {n}mg tablets take one daily", "{Word_} cream apply twice daily", "{Word_} inhaler two puffs", "{Word_} capsules {n}mg x {n}", "Refills: {n} Rx {num}"],
        "grades": ["English B+", "Mathematics A", "Science Merit", "History Pass", "Grade {n} Distinction", "Credits {n} GPA 3.{n}"],
        "taxes": ["Taxable income {eur}", "Tax due {eur}", "Less tax deducted {eur:paid}", "Payment on account {eur}", "Balancing payment {eur}", "Class 4 National Insurance {eur}", "Personal allowance {eur}", "Instalment 1 {date} {eur}", "Instalments {n} to {n} {eur}", "County Council {eur} Police {eur} Fire {eur}", "Band {Word_} annual charge {eur}", "Less discount -{eur:discount}", "Amount payable {eur:payable}", "Assessed value {eur} Tax rate {pct}", "School district {eur}", "Preliminary tax {eur:tax}", "Adjusted gross income {eur}", "Refund {eur}"],
        "premium": ["Annual premium {eur}", "Insurance Premium Tax {eur:tax}", "Compulsory excess {eur}", "Buildings sum insured {eur}", "Contents {eur}", "Cover comprehensive", "No claims discount {n} years", "Liability {eur}", "Collision deductible {eur}", "Monthly instalment {eur}", "Deductible {eur} Copay {eur}"],
        "fees": ["Fine {eur}", "Victim surcharge {eur:fee}", "Costs {eur:fee}", "Total to pay {eur:payable}", "Penalty charge {eur:payable}", "Discounted amount {eur:discount}", "Speed limit {n} mph recorded speed {n} mph", "Violation code {n} {eur}", "Penalty points {n}", "Fixed charge {eur:payable}", "Amount after {n} days {eur}"],
        "debts": ["Invoice {code} dated {date} {eur}", "Overdue balance {eur:balance}", "Late fee {eur:fee}", "Interest {eur:fee}", "Principal {eur}", "Amount outstanding {eur:payable}", "Total now due {eur:payable}", "30 days {amount} 60 days {amount} 90 days {amount}", "due since {date}"],
        "offers": ["was {eur} now {eur}", "{n}% off {product}", "{product} from {eur}", "Save {eur:discount} on {product}", "Buy one get one free {grocery}", "Use code {code}", "only {eur}"],
        "specs": ["Model {code}", "Serial number {code:reference}", "Purchase date {date}", "Retailer {company}", "Type {code} Year {year}", "Warranty period {n} months"],
    },
}


def make(name, rng, filler, language):
    """Rows of the table called `name`: `positions invoice`, `goods`, `bank` …"""
    kind, _, total = name.partition(" ")
    rows = []
    if kind in HEADERS[language]:
        rows.append(rng.choice(HEADERS[language][kind]))
        rows += [item(kind, number, rng) for number in range(1, rng.choice((1, 2, 3, 4, 6, 9, 14)) + 1)]
    elif kind == "till":
        rows += [rng.choice(("{grocery} {amount:item}", "{n} x {amount:item} {grocery} {amount:item} A", "{grocery} {amount:item} B", "{num} {grocery} {amount:item}", "{product} {amount:item}")) for _ in range(rng.choice((1, 2, 4, 7, 12, 20)))]
    else:
        texts = ROWS[language][kind]
        rows += [rng.choice(texts) for _ in range(rng.randint(5, 40))] if kind == "bank" else rng.sample(texts, rng.randint(min(3, len(texts)), len(texts)))
    if total:
        texts = TOTALS[language][total]
        rows += sorted(rng.sample(texts, rng.randint(1, 5)), key=texts.index)
    return [filler.fill(row.replace("{Word_}", "{word}")) for row in rows]


def item(kind, number, rng):
    """One position."""
    what = rng.choice(("{product}", "{job}"))
    if kind == "goods":
        return rng.choice((f"{number} {{product}} {{n}} Stk", f"{{code}} {{product}} {{n}}", "{n} x {product}", "{num} {product} {n} {n} 0"))
    return rng.choice((f"{number} {what} {{n}} {{amount:item}} {{amount:item}}", f"{what} {{amount:item}}", f"{number}. {what} {{n}} h {{amount:item}} {{amount:item}}", f"{what} {{n}} x {{eur:item}} {{eur:item}}", f"{what} {{pct}} {{amount:item}}"))
