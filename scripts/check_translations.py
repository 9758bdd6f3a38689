"""Every add-on's i18n/zh_CN.po is complete.

Run as a script (make lint) it looks for empty and fuzzy entries; make test also
compares with what Odoo exports from a database that has the add-ons installed. A term
that is Chinese in its source, as demo data are, needs no translation.
"""

import re

import polib

from project import ADDONS, ROOT, RUN, main, run_odoo

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def unfinished(path):
    """The sentences to say about a .po file's empty and fuzzy entries."""
    place = path.relative_to(ROOT)
    return [
        f"{place}:{entry.linenum}: empty or fuzzy: {entry.msgid!r}"
        for entry in polib.pofile(path)
        if not entry.obsolete and (entry.fuzzy or not entry.msgstr)
    ]


def translated(addon):
    path = ADDONS / addon / "i18n" / "zh_CN.po"
    return {entry.msgid for entry in polib.pofile(path)} if path.exists() else set()


def untranslated(database, addons):
    """The sentences to say about terms that an add-on has and its zh_CN.po lacks."""
    terms = RUN / "terms.pot"
    run_odoo(
        "translations",
        "i18n",
        "export",
        "-d",
        database,
        *addons,
        "-l",
        "pot",
        "-o",
        terms,
    )
    known = {addon: translated(addon) for addon in addons}
    return [
        f"addons/{addon}/i18n/zh_CN.po lacks {entry.msgid!r}"
        for entry in polib.pofile(terms)
        for addon in re.findall(
            r"\w+", entry.comment.partition("module")[2].splitlines()[0]
        )
        if addon in known
        and entry.msgid not in known[addon]
        and not CHINESE.search(entry.msgid)
    ]


def check_files():
    sentences = [
        line
        for path in sorted(ADDONS.glob("*/i18n/zh_CN.po"))
        for line in unfinished(path)
    ]
    print(*sentences, sep="\n", end="\n" if sentences else "")
    return bool(sentences)


if __name__ == "__main__":
    main(check_files)
