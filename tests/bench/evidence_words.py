#!/usr/bin/env python3
"""How many of the words that an obligation rests on are found on photos and scans. Standard library only.

usage: evidence_words.py --program "target/release/workmate" PACK_DIR... [--verbose]

A PACK_DIR holds manifest.jsonl: one JSON object a line with `file` and `truth`, the path of a JSON file with
`variant` (photo, scan, …) and `obligations`, each with `evidence`: the words as printed. Only photos and scans
are read. A word counts as found as often as it stands in the text; accents, case and punctuation do not count.
Prints the share of evidence words found per variant; --verbose lists each miss.
"""
import argparse, collections, json, os, re, shlex, subprocess, sys, unicodedata

VARIANTS = ("photo", "scan")
BATCH = 8


def words(text):
    text = unicodedata.normalize("NFKD", str(text or "")).casefold()
    return re.findall(r"[a-z0-9]+", "".join(c for c in text if not unicodedata.combining(c)))


def letters(packs):
    """Path, variant and evidence of every photo and scan whose truth is known."""
    for pack in packs:
        manifest = os.path.join(pack, "manifest.jsonl")
        for line in open(manifest, encoding="utf-8"):
            row = json.loads(line)
            if not isinstance(row.get("truth"), str):
                continue
            with open(os.path.join(pack, row["truth"]), encoding="utf-8") as file:
                truth = json.load(file)
            evidence = [it.get("evidence") for it in truth.get("obligations", []) if it.get("evidence")]
            if truth.get("variant") in VARIANTS and evidence:
                yield os.path.join(pack, row["file"]), truth["variant"], evidence


def texts(program, paths):
    """The text that the program finds in each file, by the file's real path."""
    found = {}
    for start in range(0, len(paths), BATCH):
        command = [*shlex.split(program), "read", "--json", *paths[start : start + BATCH]]
        answers = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout
        for line in answers.decode("utf-8", "replace").splitlines():
            answer = json.loads(line)
            found[os.path.realpath(answer["file"])] = answer.get("text") or ""
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs", nargs="+")
    parser.add_argument("--program", required=True)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    documents = list(letters(arguments.packs))
    found = texts(arguments.program, [path for path, _, _ in documents])
    right, of, files, misses, unanswered = collections.Counter(), collections.Counter(), collections.Counter(), [], 0
    for path, variant, evidence in documents:
        text = found.get(os.path.realpath(path))
        unanswered += text is None
        there = collections.Counter(words(text))
        files[variant] += 1
        for phrase in evidence:
            wanted = collections.Counter(words(phrase))
            missing = wanted - there
            of[variant] += sum(wanted.values())
            right[variant] += sum((wanted & there).values())
            if missing:
                misses.append(f"{os.path.basename(path)}: {' '.join(missing.elements())} of «{phrase}»")
    for variant in VARIANTS:
        if of[variant]:
            share = 100 * right[variant] / of[variant]
            print(f"evidence words, {variant:29} {share:6.1f} %   {right[variant]} of {of[variant]} in {files[variant]} files")
    if arguments.verbose:
        for miss in misses:
            print("miss", miss)
    sys.exit(1 if unanswered else 0)


main()
