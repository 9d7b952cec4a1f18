#!/usr/bin/env python3
"""Writes a bill as a PDF of one page: letter.py FILE NUMBER. Due in ten days, so that it is a task."""

import datetime
import sys

file, number = sys.argv[1:]
today = datetime.date.today()
issued, due = today - datetime.timedelta(days=3), today + datetime.timedelta(days=10)
lines = f"""Wasserwerke Lindental GmbH
Am Hochbehaelter 3, 38999 Lindental

Anna und Ben Sommer
Kastanienweg 12
38999 Lindental

Rechnungsdatum: {issued:%d.%m.%Y}
Rechnung Nr. {number}

Sehr geehrte Frau Sommer, sehr geehrter Herr Sommer,

Rechnungsbetrag: 84,20 EUR

Bitte ueberweisen Sie den Rechnungsbetrag von 84,20 EUR bis zum {due:%d.%m.%Y}
auf unser Konto DE89 3704 0044 0532 0130 00.

Mit freundlichen Gruessen
Wasserwerke Lindental GmbH""".split("\n")

content = "BT /F 12 Tf 14 TL 60 780 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
    f"<</Length {len(content)}>>\nstream\n{content}\nendstream",
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
]
text, places = "%PDF-1.4\n", []
for index, body in enumerate(objects, 1):
    places.append(len(text))
    text += f"{index} 0 obj\n{body}\nendobj\n"
table = "".join(f"{place:010} 00000 n \n" for place in places)
text += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
text += f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{text.index('xref')}\n%%EOF\n"
with open(file, "w", encoding="ascii") as out:
    out.write(text)
