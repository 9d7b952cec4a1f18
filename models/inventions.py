"""Invented people, places, companies and numbers. A list is long where the value must not matter."""

import datetime

SYLLABLES = "al an ber bir bruck dal dorn eb el en fal fel gar gol hal har hel hol kal kar kir lan lin lor mar mel mor nar nor ol os ral rei ren ros sal san sel sol tal tan tel tor ul ur val ver wal wen wil zel".split()
FIRST = {
    "de": "Anna Ben Clara David Emil Frieda Greta Hannes Ida Jonas Karla Leon Mia Noah Oskar Paula Ronja Sven Thea Ulrich Vera Willi Yusuf Zoe Katrin Stefan Petra Jürgen Ayşe Mehmet Renate Heinz".split(),
    "en": "Alice Brian Chloe Daniel Ella Finn Grace Harry Isla Jack Kate Liam Mary Niall Olivia Peter Quinn Rory Sarah Thomas Una Victor Wendy Aoife Sean Priya Omar Janet Colin Siobhan".split(),
}
LAST = {
    "de": "Müller Schmid Berger Hofer Kaya Lang Winter Krause Vogel Sommer Brandt Lorenz Fuchs Haas Keller Roth Baumann Steiner Egger Wyss Frei Huber Moser Yılmaz Novak Petersen Jansen Albers".split(),
    "en": "Smith Murphy Walsh Patel Jones Taylor Byrne Clarke Evans Wright Green Hall Kelly Doyle Wood Khan Turner Baker Moore Hughes Carter Shaw Reid Grant Nolan Quinn Foster".split(),
}
STREETS = {
    "de": "straße gasse weg allee platz ring ufer steig strasse".split(),
    "en": "Street|Road|Lane|Avenue|Close|Drive|Terrace|Park".split("|"),
}
TOWNS = {
    "de": "berg dorf hausen heim feld bach stadt tal burg ingen wil kirchen".split(),
    "en": "ton ford ham bury field wick bridge mouth port ley well".split(),
}
MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),
    "en": "January February March April May June July August September October November December".split(),
}
DAYS = {
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag".split(),
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
}
# Who writes: how such senders are called.
SENDERS = {
    "de": {
        "utility": "Stadtwerke {town}|{Word} Energie GmbH|{Word}strom AG|Wasserverband {town}|Gasversorgung {town}|{Word} Netz und Wärme|EVU {town}|Wasserwerk {town}|Abfallwirtschaft {town}",
        "telecom": "{Word} Telekom GmbH|{Word}net|Kabel {Word} AG|{Word} Mobil|Glasfaser {town}|{Word} Kommunikation",
        "shop": "{Word} Versand GmbH|{Word}shop24|Möbelhaus {last}|Elektro {last}|Buchhandlung {last}|{Word} Onlinehandel|Modehaus {last}|Fahrrad {last}|Gartencenter {town}|{Word}.de",
        "craft": "Malerbetrieb {last}|{last} Sanitär & Heizung|Elektrotechnik {last}|Dachdeckerei {last} GmbH|Schreinerei {last}|Tischlerei {last} e.K.|{last} & Söhne Gartenbau|Installateur {last}|Zimmerei {last}|{last} Fensterbau",
        "garage": "Autohaus {last}|Kfz-Werkstatt {last}|Garage {last} AG|Reifen {last}|Zweirad {last}",
        "doctor": "Dr. med. {first} {last}|Praxis Dr. {last}|Zahnarztpraxis {last}|Gemeinschaftspraxis {last} & {last2}|Physiotherapie {last}|Augenarzt Dr. {last}|Hautarztpraxis am {Word}|Kinderarztpraxis {last}|Tierarztpraxis {last}|Labor Dr. {last}|Radiologie {town}",
        "hospital": "Klinikum {town}|Krankenhaus St. {Word}|Universitätsklinik {town}|Landeskrankenhaus {town}|Spital {town}",
        "city": "Stadt {town}|Gemeinde {town}|Landratsamt {town}|Stadtverwaltung {town}|Marktgemeinde {town}|Kreisverwaltung {town}|Bezirkshauptmannschaft {town}|Magistrat der Stadt {town}|Einwohnergemeinde {town}|Bürgeramt {town}",
        "gov": "Bundesamt für {Word}wesen|Familienkasse {town}|Jobcenter {town}|Agentur für Arbeit {town}|Rentenversicherung {Word}|Ausländerbehörde {town}|Wohngeldstelle {town}|BAföG-Amt {town}|Sozialamt {town}|Jugendamt {town}|Bauamt {town}|Rundfunk Beitragsservice {Word}|SVA {town}|Ausgleichskasse {town}",
        "court": "Amtsgericht {town}|Landgericht {town}|Bezirksgericht {town}|Handelsgericht {town}",
        "police": "Polizeipräsidium {town}|Zentrale Bußgeldstelle {town}|Ordnungsamt {town}|Landespolizeidirektion {town}|Kantonspolizei {town}|Stadt {town} Ordnungsamt|Bezirkshauptmannschaft {town}|Statthalteramt {town}|Stadt {town} Verkehrsüberwachung",
        "taxoffice": "Finanzamt {town}|Finanzamt {town}-Nord|Steueramt {town}|Finanzamt Österreich|Steuerverwaltung des Kantons {town}|Stadtkasse {town} Steueramt|Kantonales Steueramt {town}|Hauptzollamt {town}|Gemeinde {town} Finanzverwaltung",
        "bank": "Sparkasse {town}|Volksbank {town} eG|{Word} Bank AG|Raiffeisenbank {town}|Kantonalbank {town}|{Word} Direktbank|Bausparkasse {Word}|{Word} Kreditkarten",
        "insurer": "{Word} Versicherung AG|{Word} Versicherungsverein a. G.|{Word} Krankenkasse|AOK {town}|{Word} Lebensversicherung|{Word} Assekuranz|BKK {Word}|Allgemeine {Word} Haftpflicht",
        "employer": "{Word} Maschinenbau GmbH|{last} Logistik|{Word} Software AG|Klinik {town} gGmbH|{Word} Bau GmbH & Co. KG|Stadt {town} Personalamt|{Word} Gastronomie|{Word} Pflege gGmbH",
        "landlord": "Hausverwaltung {last}|Wohnbau {town} eG|{Word} Immobilien GmbH|Wohnungsgenossenschaft {town}|{last} Grundbesitz|Liegenschaftsverwaltung {last}",
        "lawyer": "Rechtsanwälte {last} & {last2}|Kanzlei {last}|Notariat {last}|Notar {first} {last}",
        "collector": "{Word} Inkasso GmbH|Creditreform {town}|{Word} Forderungsmanagement|Inkassobüro {last}",
        "club": "TSV {town} e. V.|Musikverein {town}|Kleingartenverein {Word}|SV {Word} 19{n}|Förderverein {town} e. V.|Tennisclub {town}|Alpenverein Sektion {town}|Freiwillige Feuerwehr {town}|Kirchengemeinde St. {Word}|Chor {Word}",
        "school": "Grundschule {town}|Gymnasium {town}|Kita {Word}|Volkshochschule {town}|Realschule am {Word}|Musikschule {town}|Universität {town}|Kindergarten {Word}|Hochschule {town}",
        "supermarket": "{Word}markt|{Word} Frischemarkt|Bäckerei {last}|Metzgerei {last}|{Word} Drogerie|Getränke {last}|Apotheke am {Word}|{Word} Tankstelle|Baumarkt {Word}|{Word} Discount",
        "restaurant": "Gasthaus zum {Word}|Pizzeria {Word}|Café {last}|Restaurant {Word}|Hotel {Word}|Wirtshaus {last}",
        "parcel": "{Word} Paket|{Word} Express|{Word}post|Paketdienst {Word}|{Word} Logistik Zustellung|Paketshop {last}",
        "charity": "Tierhilfe {town}|Hilfswerk {Word} e. V.|Kinderhilfe {Word}|{Word} Stiftung|Förderkreis {town}",
        "travel": "{Word} Reisen GmbH|Reisebüro {last}|{Word} Bahn|{Word} Airlines|Ferienpark {Word}|Hotel {Word}",
        "person": "{name}", "friends": "{first} und {first2}",
    },
    "en": {
        "utility": "{Word} Energy Ltd|{town} Water|{Word} Power|{Word} Gas & Electric|{town} Water Services|Electric {Word}|{Word} Utilities plc|{town} City Light",
        "telecom": "{Word} Telecom|{Word} Broadband Ltd|{Word} Mobile|{Word} Fibre|{Word}net Communications|{Word} Wireless Inc.",
        "shop": "{Word} Ltd|{Word} Home Stores|{last}'s Furniture|{Word} Electricals|{last} Books|{Word} Outdoors|{Word}.co.uk|{last} & Co Appliances|{Word} Direct|{Word} Garden Centre",
        "craft": "{last} Plumbing & Heating|{last} Roofing Ltd|{last} & Sons Builders|{Word} Windows|{last} Electrical|{Word} Landscapes|{last} Joinery|{Word} Decorators|{last} Contractors LLC",
        "garage": "{last} Motors|{town} Garage|{Word} Tyres|{Word} Auto Repair|{last} Cycles",
        "doctor": "Dr {first} {last}|The {Word} Surgery|{town} Dental Practice|{town} Medical Centre|{Word} Physiotherapy|{Word} Opticians|{last} Veterinary Clinic|{Word} Health Centre|{Word} Family Medicine",
        "hospital": "{town} General Hospital|St {Word}'s Hospital|{town} NHS Foundation Trust|{town} University Hospital|{Word} Clinic",
        "city": "{town} Borough Council|{town} City Council|{town} County Council|{town} District Council|City of {town}|Town of {town}|{town} Town Council",
        "gov": "Department for {Word} Affairs|Department of Social Protection|{Word} Licensing Agency|Passport Service|DVLA {town}|Student Finance {town}|State of {Word} Department of Labor|Child Benefit Office|Electoral Registration Office {town}|Pension Service {town}|Planning Department {town}|Social Security Administration",
        "court": "{town} County Court|{town} Magistrates' Court|District Court {town}|Superior Court of {Word} County|HM Courts Service {town}",
        "police": "{town} Police|{Word} Constabulary|Parking Services {town}|An Garda Síochána {town}|City of {town} Parking Violations|{town} Traffic Enforcement|Safety Camera Partnership {town}|{town} Council Parking",
        "taxoffice": "HM Revenue & Customs|Revenue Commissioners|Internal Revenue Service|{town} Council Tax Office|County of {Word} Tax Collector|{town} Council Revenues|State of {Word} Department of Revenue|Office of the Revenue Commissioners",
        "bank": "{Word} Bank plc|{town} Building Society|{Word} Credit Union|Bank of {town}|First {Word} Bank|{Word} Card Services|{Word} Savings",
        "insurer": "{Word} Insurance Ltd|{Word} Mutual|{Word} Life Assurance|{Word} Health Insurance|{Word} Direct Cover|{town} Friendly Society|{Word} Casualty Company",
        "employer": "{Word} Engineering Ltd|{last} Logistics|{Word} Software Ltd|{town} Care Homes|{Word} Construction plc|{Word} Foods Inc.|{town} Academy Trust|{Word} Hospitality",
        "landlord": "{last} Lettings|{town} Housing Association|{Word} Property Management|{last} Estates|{Word} Apartments LLC",
        "lawyer": "{last} & {last2} Solicitors|{last} Law LLP|{Word} Legal|{last} {last2} Attorneys",
        "collector": "{Word} Debt Recovery|{Word} Collections Ltd|{last} Credit Management|{Word} Recoveries LLC",
        "club": "{town} Cricket Club|{town} Rowing Club|{Word} Choir|{town} Allotment Society|{town} Historical Society|{Word} Golf Club|St {Word}'s Parish|{town} Scouts|{Word} Residents' Association",
        "school": "{town} Primary School|{town} High School|St {Word}'s National School|{town} College|University of {town}|{Word} Nursery|{Word} Music Academy",
        "supermarket": "{Word} Stores|{Word} Foods|{last}'s Bakery|{Word} Pharmacy|{Word} Express|{last} Butchers|{Word} DIY|{Word} Fuel|{Word} Market",
        "restaurant": "The {Word} Arms|Café {Word}|{last}'s Kitchen|{Word} Hotel|The {Word} Inn|{Word} Diner",
        "parcel": "{Word} Parcels|{Word} Express Delivery|{Word} Post|{Word} Couriers|{Word} Logistics",
        "charity": "{town} Animal Rescue|{Word} Relief Fund|Friends of {town}|{Word} Trust|{Word} Hospice",
        "travel": "{Word} Holidays|{Word} Airways|{Word} Rail|{last} Travel|{Word} Ferries",
        "person": "{name}", "friends": "{first} and {first2}",
    },
}
PRODUCTS = {
    "de": "Kaffeemaschine|Bohrmaschine|Regal {Word}|Waschmaschine|Kopfhörer|Schuhe Gr. {n}|Winterjacke|Fahrradhelm|Lampe {Word}|Drucker|Notebook {Word} {n}|Buch „{Word}“|Matratze|Staubsauger|Toaster|Rucksack|Kabel 2 m|Tisch Eiche|Pflanzerde 40 l|Fernseher|Kühlschrank|Smartphone {Word}|Wandfarbe weiß|Kinderwagen|Hundefutter",
    "en": "coffee machine|cordless drill|shelf {Word}|washing machine|headphones|shoes size {n}|winter jacket|bike helmet|lamp {Word}|printer|laptop {Word} {n}|book “{Word}”|mattress|vacuum cleaner|toaster|backpack|cable 2 m|oak table|potting compost 40 l|television|fridge freezer|phone {Word}|white paint|pushchair|dog food",
}
GROCERIES = {
    "de": "Vollmilch|Butter|Brot|Bananen|Äpfel|Eier 10er|Käse|Nudeln|Kaffee|Wasser|Joghurt|Tomaten|Hackfleisch|Apfelsaft|Semmeln|Seife|Spülmittel|Kartoffeln|Schokolade|Pfand|Batterien|Zahnpasta|Super E10|Cappuccino|Schnitzel|Pils 0,5|Tagessuppe",
    "en": "whole milk|butter|bread|bananas|apples|eggs 12|cheddar|pasta|coffee|water|yogurt|tomatoes|minced beef|orange juice|rolls|soap|washing up liquid|potatoes|chocolate|carrier bag|batteries|toothpaste|unleaded|latte|fish & chips|lager|soup of the day",
}
JOBS = {
    "de": "Arbeitszeit Monteur|Fahrtkosten|Material|Kleinmaterial|Anfahrt|Grundpreis|Arbeitspreis|Verbrauch kWh|Wartung|Reinigung|Beratung|Montage|Monatsbeitrag|Grundgebühr|Miete {month}|Fliesen verlegen|Wände streichen|Heizkörper tauschen|Stundensatz|Unterricht|Entsorgung|Filter|Ölwechsel|Bremsbeläge|Ziffer {n} Beratung|Kursgebühr",
    "en": "labour|call-out charge|materials|sundries|travel|standing charge|unit rate kWh|usage|servicing|cleaning|consultation|installation|monthly fee|line rental|rent {month}|tiling|painting walls|replace radiator|hourly rate|tuition|waste disposal|filter|oil change|brake pads|examination|course fee",
}


# What anybody writes about anything.
TALK = {
    "de": """[Wir hoffen|Ich hoffe], dass [diese Angaben|diese Informationen|unsere Auskünfte] Ihnen [weiterhelfen|nützlich sind].
[Weitere Einzelheiten|Nähere Angaben|Alle Einzelheiten] [entnehmen Sie bitte|finden Sie in] [den beigefügten Unterlagen|der Anlage|dem beiliegenden Merkblatt|der folgenden Aufstellung].
[Bitte lesen Sie|Beachten Sie bitte] auch die [folgenden Hinweise|Hinweise auf der zweiten Seite|Erläuterungen].
[Damit|So] können wir [Ihr Anliegen|alles] [schnell|zügig|ohne Verzögerung] bearbeiten.
[Seit|Bereits seit] {year} sind wir [für Sie|in {city} und Umgebung|als Familienbetrieb] tätig.
Unser [Büro|Sekretariat|Kundendienst] ist [am {weekday}|in den Ferien|zwischen den Feiertagen] [geschlossen|nur vormittags besetzt|nicht besetzt].
[Wie immer|Wie gewohnt|Selbstverständlich] [sind wir gerne für Sie da|können Sie uns auch schreiben|stehen wir für ein Gespräch bereit].
[In der Regel|Üblicherweise|Meistens] [dauert das nur wenige Tage|brauchen Sie dafür nichts weiter zu tun|genügt ein kurzer Anruf].
[Hinweis|Wichtig|Bitte beachten]: [Diese Angaben beruhen auf den uns vorliegenden Daten|Alle Angaben ohne Gewähr|Nur vollständige Unterlagen können bearbeitet werden].
[Dabei|Hierbei|Daneben] [haben wir berücksichtigt|gilt weiterhin|bleibt es dabei], dass [sich die Verhältnisse ändern können|alle bisherigen Vereinbarungen bestehen bleiben|Sie jederzeit nachfragen können].
[Sie haben eine Frage|Noch Fragen|Haben Sie Fragen]? [Unser Team|{name}|Ihre Ansprechpartnerin {name}] hilft Ihnen [gerne|jederzeit] weiter.
[Auch in diesem Jahr|Wie im vergangenen Jahr|Nach längerer Pause] [gibt es einige Neuerungen|hat sich vieles getan|möchten wir uns bei Ihnen bedanken].
[Änderungen|Korrekturen] [Ihrer Daten|Ihrer Anschrift] [können Sie selbst vornehmen|melden Sie uns bitte|geben Sie einfach telefonisch durch].
[Bitte bewahren Sie|Heben Sie bitte] dieses [Schreiben|Dokument|Blatt] [gut auf|sorgfältig auf|für Ihre Unterlagen auf].
{company}, {street}, {city}, Telefon {phone}, Telefax {phone}, {mail}
Vorstand: {name} (Vorsitz), {name}, {name} · Sitz {city} · Register {num}
Bank {iban} · BIC {bic} · Steuernummer {num}/{num} · {web}
[Zimmer {n}, {n}. Stock|Haltestelle {word}platz, Linien {n} und {n}|Parkplätze hinter dem Haus]""",
    "en": """[We hope|I hope] [this information|this|these details] [is helpful|helps|answers your questions].
[Further details|More information|Full details] [can be found|are set out] [in the enclosed leaflet|below|on the following page|on our website].
[Please read|Please note] the [notes below|important information overleaf|following points] [carefully|].
[This helps us|This means we can] [deal with things quickly|keep our records up to date|give you the best service].
[Since|Serving {city} since] {year} we have been [a family business|working in your area|proud to serve you].
Our [office|team|reception] is [closed on {weekday}|closed over the holidays|open mornings only].
[As always|As usual|Of course] [we are happy to help|you can write to us|you can talk to a member of the team].
[Normally|Usually|In most cases] [this takes only a few days|there is nothing more to do|a quick call is enough].
[Note|Important|Please note]: [this is based on the information we hold|details are correct at the time of printing|we can only deal with complete forms].
[This includes|We have taken into account|It remains the case] that [circumstances may change|existing arrangements stay in place|you can ask us at any time].
[Got a question|Any questions|Need help]? [Our team|{name}|Your contact {name}] [will be glad to help|can help you].
[This year|Once again|After some time] [there are a few changes|much has happened|we would like to thank you].
[Changes|Corrections] to your [details|address] can be [made online|sent to us|given over the phone].
[Please keep|Keep] this [letter|document|page] [safe|for your records|in a safe place].
{company}, {street}, {city}. Tel {phone} Fax {phone} {mail}
Directors: {name}, {name}, {name}. Registered at {city} number {num8}
IBAN {iban} BIC {bic} VAT {num9} {web}
[Room {n}, floor {n}|Nearest station {word}, buses {n} and {n}|Parking behind the building]""",
}
TALK = {language: text.splitlines() for language, text in TALK.items()}


class World:
    """The invented world of one document; what may be named twice keeps its name."""

    def __init__(self, rng, language, sender):
        self.rng, self.language = rng, language
        self.sender_names = SENDERS[language][sender].split("|")
        self.region = rng.choice(("DE", "DE", "AT", "CH") if language == "de" else ("UK", "UK", "IE", "US"))
        self.currency = {"CH": "CHF", "UK": "£", "US": "$"}.get(self.region, "EUR")
        self.day = datetime.date(2017, 1, 1) + datetime.timedelta(days=rng.randint(0, 4400))
        self.date_form, self.kept = rng.randint(0, 5), {}

    def pick(self, items):
        return self.rng.choice(items)

    def value(self, slot):
        if slot in ("company", "name", "first", "last", "city", "street", "product", "web"):
            if slot not in self.kept or self.rng.random() < 0.25:
                self.kept.setdefault(slot, self.make(slot))
                return self.kept[slot] if self.rng.random() < 0.8 or slot == "company" else self.make(slot)
            return self.kept[slot]
        return self.make(slot)

    def make(self, slot):
        simple = getattr(self, "make_" + slot, None)
        if simple:
            return simple()
        raise KeyError(slot)

    def digits(self, count):
        return "".join(self.pick("0123456789") for _ in range(count))

    def grouped(self, text, size):
        return " ".join(text[start : start + size] for start in range(0, len(text), size))

    def swiss(self, text):
        return text.replace("ß", "ss") if self.region == "CH" else text

    def fillin(self, text):
        for name, make in (
            ("{town}", self.make_city), ("{Word}", self.make_word), ("{last2}", self.make_last), ("{last}", self.make_last),
            ("{first2}", self.make_first), ("{first}", self.make_first), ("{name}", self.make_name), ("{n}", self.make_n), ("{month}", self.make_month),
        ):
            while name in text:
                text = text.replace(name, make(), 1)
        return text

    def make_word(self):
        return "".join(self.pick(SYLLABLES) for _ in range(self.rng.randint(2, 3))).capitalize()

    def make_company(self):
        return self.fillin(self.pick(self.sender_names))

    def make_first(self):
        return self.pick(FIRST[self.language])

    def make_last(self):
        if self.rng.random() < 0.5:
            return self.pick(LAST[self.language])
        return self.make_word() + self.pick(("", "er", "mann", "ow") if self.language == "de" else ("", "s", "ton", "man"))

    def make_name(self):
        return self.make_first() + " " + self.make_last()

    def make_city(self):
        town = self.make_word() + self.pick(TOWNS[self.language])
        return self.pick(("", "", "", "Bad ", "Neu-", "Groß ")) + town if self.language == "de" else town

    def make_street(self):
        if self.language == "de":
            return self.swiss(self.make_word() + self.pick(STREETS["de"])) + f" {self.rng.randint(1, 180)}"
        return f"{self.rng.randint(1, 300)} {self.make_word()} {self.pick(STREETS['en'])}"

    def make_plz(self):
        return self.digits(5 if self.region == "DE" else 4)

    def make_postcode(self):
        letters = "ABCDEGHLMNPRSTW"
        if self.region == "US":
            return self.digits(5)
        return self.pick(letters) + self.pick(letters) + self.digits(1) + " " + self.digits(1) + self.pick(letters) + self.pick(letters)

    def make_date(self):
        day = self.day + datetime.timedelta(days=self.rng.randint(-40, 60))
        month = MONTHS[self.language][day.month - 1]
        if self.language == "de":
            forms = (f"{day:%d.%m.%Y}", f"{day:%d.%m.%Y}", f"{day:%d.%m.%y}", f"{day.day}. {month} {day.year}", f"{day.day}.{day.month}.{day.year}", f"{day:%d.%m.%Y}")
        elif self.region == "US":
            forms = (f"{month} {day.day}, {day.year}", f"{day:%m/%d/%Y}", f"{day:%m/%d/%y}", f"{month[:3]} {day.day}, {day.year}", f"{day:%m/%d/%Y}", f"{day:%Y-%m-%d}")
        else:
            forms = (f"{day.day} {month} {day.year}", f"{day:%d/%m/%Y}", f"{day:%d/%m/%y}", f"{day.day} {month[:3]} {day.year}", f"{day:%d-%m-%Y}", f"{day.day} {month} {day.year}")
        return forms[self.date_form if self.rng.random() < 0.85 else self.rng.randint(0, 5)]

    def make_longdate(self):
        day = self.day + datetime.timedelta(days=self.rng.randint(1, 60))
        month, name = MONTHS[self.language][day.month - 1], DAYS[self.language][day.weekday()]
        if self.language == "de":
            return self.pick((f"{name}, {day.day}. {month} {day.year}", f"{name}, den {day:%d.%m.%Y}", f"{name[:2]}., {day.day}.{day.month}."))
        return self.pick((f"{name}, {month} {day.day}", f"{name} {day.day} {month} {day.year}", f"{name[:3]} {day.day} {month[:3]}"))

    def make_weekday(self):
        return self.pick(DAYS[self.language])

    def make_month(self):
        return self.pick(MONTHS[self.language])

    def make_year(self):
        return str(self.day.year - self.rng.randint(0, 1))

    def make_time(self):
        hour, minute = self.rng.randint(7, 20), self.pick(("00", "00", "15", "30", "45", "10"))
        if self.language == "de":
            return self.pick((f"{hour}:{minute}", f"{hour:02}:{minute}", f"{hour}.{minute}"))
        return self.pick((f"{hour:02}:{minute}", f"{(hour - 1) % 12 + 1}:{minute} {'am' if hour < 12 else 'pm'}", f"{(hour - 1) % 12 + 1}{'am' if hour < 12 else 'pm'}"))

    def make_amount(self):
        cents = int(10 ** self.rng.uniform(2.3, 5.4))
        whole, rest = divmod(cents, 100)
        if self.language == "de" and self.region != "CH":
            return f"{whole:,}".replace(",", ".") + f",{rest:02}"
        if self.region == "CH":
            return f"{whole:,}".replace(",", "'") + f".{rest - rest % 5:02}"
        return f"{whole:,}.{rest:02}"

    def make_eur(self):
        amount = self.make_amount()
        if self.currency == "EUR":
            return self.pick((f"{amount} €", f"{amount} EUR", f"EUR {amount}", f"€ {amount}")) if self.language == "de" else f"€{amount}"
        if self.currency == "CHF":
            return self.pick((f"CHF {amount}", f"Fr. {amount}"))
        return self.currency + amount

    def make_num(self):
        return self.digits(self.rng.randint(3, 7)).replace("0", "4", 1)

    def make_num8(self):
        return self.digits(8)

    def make_num9(self):
        return self.digits(9)

    def make_longnum(self):
        return self.pick((self.digits(12), self.digits(14), self.digits(20), "JJD" + self.digits(15), self.grouped(self.digits(16), 4), "1Z" + self.digits(14)))

    def make_n(self):
        return str(self.rng.randint(1, 60))

    def make_pct(self):
        return self.pick(("19", "7", "20", "8,1", "4,5", "2,5", "50", "10", "30", "3")) + self.pick((" %", "%"))

    def make_code(self):
        letters = self.pick(("RE", "KD", "AB", "VN", "K", "A", "B", "X", "INV", "REF", "C", "M", ""))
        return letters + self.pick(("-", "", " ", "/")) + self.digits(self.rng.randint(3, 6)) + self.pick(("", "-" + self.digits(2), "/" + self.digits(3), " " + self.digits(3), "-" + self.make_year()))

    def make_iban(self):
        country = {"UK": "GB", "US": "GB"}.get(self.region, self.region)
        text = country + self.digits(18 if country in ("DE", "AT") else 17)
        return self.grouped(text, 4) if self.rng.random() < 0.8 else text

    def make_bic(self):
        return "".join(self.pick("ABCDEFGHKLMNOPRSTUVX") for _ in range(6)) + "21XXX"

    def make_sort(self):
        return "-".join(self.digits(2) for _ in range(3))

    def make_phone(self):
        return self.pick(("0{} {}", "0{}/{}", "+49 {} {}", "0{}-{}", "({}) {}")).format(self.digits(3), self.digits(6))

    def make_web(self):
        return "www." + self.make_word().lower() + self.pick((".de", ".com", ".at", ".ch", ".co.uk", ".ie", ".org", ".net"))

    def make_mail(self):
        return self.pick(("info", "service", "kontakt", "hello", "office")) + "@" + self.make_web()[4:]

    def make_product(self):
        return self.fillin(self.pick(PRODUCTS[self.language].split("|")))

    def make_grocery(self):
        return self.fillin(self.pick(GROCERIES[self.language].split("|")))

    def make_job(self):
        return self.fillin(self.pick(JOBS[self.language].split("|")))

    def make_plate(self):
        return self.make_word()[:2].upper() + "-" + self.pick("ABCKLMX") + self.pick("ERTZP") + " " + self.digits(3)
