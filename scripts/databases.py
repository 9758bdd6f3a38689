"""Template databases and their clones, so that nobody waits for an installation twice.

    databases.py demo [--reset]     that of `make demo`, kept while it is up to date
    databases.py clone LAYER NAME   a copy of a template to work on
    databases.py drop NAME

Each layer stands on the one before: base (Odoo and third-party add-ons), one for each
floor of our house (an add-on stands one above the highest it depends on), demo. So an
add-on is tested without those above it. A template's name ends in a hash of what it was
built from; "suite" is the highest floor below the demo company.
"""

import argparse
import ast
import fcntl
import hashlib
import subprocess
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

import psycopg2
from psycopg2.sql import SQL, Identifier

from project import ADDONS, FILESTORE, LOG, ROOT, RUN, StepFailed, main, run_odoo, step

DEMO_ADDON = "pharma_demo"
DEMO_DATABASE = "pharma_demo"
ALWAYS = {"l10n_cn"}
# Done once here, or every test run and the first visitor of the demo would wait for it.
BUNDLE_ASSETS = "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()"


@dataclass(frozen=True)
class Layer:
    name: str
    modules: tuple[str, ...]
    key: str
    below: "Layer | None" = None

    @property
    def template(self):
        return f"template_{self.name}_{self.key}"


def digest(*parts):
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def content(addon):
    """A hash of all that installing an add-on reads: not its tests and notes."""
    files = sorted(
        path
        for path in (ADDONS / addon).rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".md"}
    )
    found = hashlib.sha256()
    for path in files:
        relative = path.relative_to(ADDONS / addon)
        if relative.parts[0] != "tests":
            found.update(
                f"{relative}\0".encode() + hashlib.sha256(path.read_bytes()).digest()
            )
    return found.hexdigest()


def floors(depends):
    """Our add-ons by floor, lowest first.

    >>> floors({"a": ["base"], "b": ["a"], "c": ["a"], "d": ["b", "base"]})
    [['a'], ['b', 'c'], ['d']]
    """

    def floor(addon):
        below = [floor(name) + 1 for name in depends[addon] if name in depends]
        return max(below, default=0)

    by_floor = {}
    for addon in sorted(depends):
        by_floor.setdefault(floor(addon), []).append(addon)
    return [by_floor[number] for number in sorted(by_floor)]


def layers():
    """The layers as the working tree describes them now, lowest first."""
    depends = {
        path.parent.name: ast.literal_eval(path.read_text()).get("depends", [])
        for path in sorted(ADDONS.glob("*/__manifest__.py"))
    }
    third_party = sorted(ALWAYS.union(*depends.values()) - depends.keys())
    odoo = next(
        (ROOT / ".venv").glob("lib/python3*/site-packages/odoo.pth")
    ).read_text()
    requirements = (ROOT / "requirements.txt").read_text()
    recipe = Path(__file__).read_text()
    top = Layer(
        "base", tuple(third_party), digest(odoo, requirements, recipe, *third_party)
    )
    found = {"base": top}
    depends.pop(DEMO_ADDON)
    for number, addons in enumerate([*floors(depends), [DEMO_ADDON]]):
        name = "demo" if addons == [DEMO_ADDON] else f"floor{number}"
        key = digest(top.key, *map(content, addons))
        found[name] = top = Layer(name, tuple(addons), key, top)
    return found


def find_layer(name):
    """A layer by its name; "suite" is what the demo company stands on."""
    found = layers()
    return found["demo"].below if name == "suite" else found[name]


@contextmanager
def exclusive():
    """One builder at a time; the lock goes when the process goes, however it ends."""
    with (RUN / "databases.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def connect(database="postgres"):
    return closing(psycopg2.connect(dbname=database))


def query(statement, *values, database="postgres"):
    with connect(database) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


def names(pattern):
    return [
        name
        for (name,) in query(
            "SELECT datname FROM pg_database WHERE datname ~ %s", pattern
        )
    ]


def exists(name):
    return bool(names(f"^{name}$"))


def drop(name):
    """Ends what an interrupted run left connected, then drops the database.

    WITH (FORCE) would try to end an autovacuum worker too, which only a superuser
    may do; a plain DROP asks the worker to leave and waits for it.
    """
    query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = %s AND usename = current_user",
        name,
    )
    query(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(name)))
    rmtree(FILESTORE / name, ignore_errors=True)


def copy(source, target):
    """Copy a database and its files. Odoo never changes a stored file, so links serve
    as copies, and attachments stay where production keeps them. The database comes
    last: it being there means that all is there."""
    drop(target)
    FILESTORE.mkdir(parents=True, exist_ok=True)
    if (FILESTORE / source).exists():
        subprocess.run(
            ["cp", "-al", FILESTORE / source, FILESTORE / target], check=True
        )
    query(
        SQL("CREATE DATABASE {} TEMPLATE {}").format(
            Identifier(target), Identifier(source)
        )
    )
    tell_heads_elsewhere(target)


def tell_heads_elsewhere(database):
    """A copy goes its own way: heads of its audit trail don't belong to the original's.

    Verifying would else find two trails in one file and call both of them broken.
    """
    path = RUN / "data" / f"audit-heads-{database}.jsonl"
    path.unlink(missing_ok=True)
    (found,) = query("SELECT to_regclass('pharma_audit_target')", database=database)
    if found != (None,):
        query(
            "UPDATE pharma_audit_target SET path = %s WHERE kind = 'file'",
            str(path),
            database=database,
        )


def rename(source, target):
    drop(target)
    if (FILESTORE / source).exists():
        (FILESTORE / source).rename(FILESTORE / target)
    query(
        SQL("ALTER DATABASE {} RENAME TO {}").format(
            Identifier(source), Identifier(target)
        )
    )


def install(layer, database):
    """Install a layer's modules with Chinese active: their translations come along."""
    log = f"template-{layer.name}"
    (LOG / f"{log}.log").unlink(missing_ok=True)
    if not layer.below:
        run_odoo(log, "db", "init", database, "--country", "CN")
    if layer.modules:
        chosen = (
            "-d",
            database,
            "--load-language",
            "zh_CN",
            "-i",
            ",".join(layer.modules),
        )
        run_odoo(log, *chosen, "--stop-after-init", "--no-http")
    run_odoo(log, "shell", "-d", database, "--no-http", stdin=BUNDLE_ASSETS)
    installed = query(
        "SELECT name FROM ir_module_module WHERE state = 'installed'", database=database
    )
    if absent := set(layer.modules) - {name for (name,) in installed}:
        raise StepFailed(
            f"Odoo did not install {', '.join(sorted(absent))}: see .run/log/{log}.log"
        )


def build(layer):
    """Make sure that a layer's template exists; one in the making has another name."""
    if exists(layer.template):
        return
    if layer.below:
        build(layer.below)
    building = f"building_{layer.name}"
    with step(f"database template {layer.name}"):
        if layer.below:
            copy(layer.below.template, building)
        else:
            drop(building)
        install(layer, building)
        rename(building, layer.template)
    for old in names(f"^template_{layer.name}_"):
        if old != layer.template:
            drop(old)


def prepare(layer_name):
    with exclusive():
        build(find_layer(layer_name))


def clone(layer_name, target):
    with exclusive():
        layer = find_layer(layer_name)
        build(layer)
        copy(layer.template, target)


def demo(reset=False):
    """The demo database remembers in its comment which template it came from."""
    with exclusive():
        layer = layers()["demo"]
        made_from = query(
            "SELECT shobj_description(oid, 'pg_database')"
            " FROM pg_database WHERE datname = %s",
            DEMO_DATABASE,
        )
        if made_from == [(layer.key,)] and not reset:
            return
        build(layer)
        with step("demo database"):
            copy(layer.template, DEMO_DATABASE)
            comment = SQL("COMMENT ON DATABASE {} IS %s").format(
                Identifier(DEMO_DATABASE)
            )
            query(comment, layer.key)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("demo")
    command.add_argument("--reset", action="store_true")
    command = commands.add_parser("clone")
    command.add_argument("layer", choices=("suite", *layers()))
    command.add_argument("name")
    command = commands.add_parser("drop")
    command.add_argument("name")
    return parser.parse_args()


def run(arguments):
    match arguments.command:
        case "demo":
            demo(arguments.reset)
        case "clone":
            clone(arguments.layer, arguments.name)
        case "drop":
            drop(arguments.name)


if __name__ == "__main__":
    main(run, parse_arguments())
