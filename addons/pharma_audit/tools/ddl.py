"""The SQL of the trail: its table, what guards it, and the triggers that fill it.

Only constants: nothing here comes from a user. Names of tables and columns are passed
as identifiers by the caller.

A trigger fires once per statement and reads the rows of the statement as sets, so that
a bulk write of 50,000 rows costs one insert of 50,000 entries, not 50,000 calls.
"""

# ``txid`` stands first on purpose: its default gives the transaction its number before
# the next column takes an id. See pharma_audit_seal.py.
TABLE = """
CREATE SEQUENCE IF NOT EXISTS pharma_audit_entry_id_seq AS bigint;
CREATE TABLE IF NOT EXISTS pharma_audit_entry (
    txid bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    id bigint NOT NULL DEFAULT nextval('pharma_audit_entry_id_seq'),
    date timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
    user_id integer,
    origin varchar NOT NULL,
    source varchar,
    table_name varchar,
    res_model varchar,
    res_id integer,
    related_model varchar,
    related_id integer,
    operation varchar NOT NULL,
    company_id integer,
    changes jsonb,
    note text,
    PRIMARY KEY (id, date),
    CHECK (id > 0)
) PARTITION BY RANGE (date);
ALTER SEQUENCE pharma_audit_entry_id_seq OWNED BY pharma_audit_entry.id;
CREATE INDEX IF NOT EXISTS pharma_audit_entry_record_idx
    ON pharma_audit_entry (res_model, res_id, id);
CREATE INDEX IF NOT EXISTS pharma_audit_entry_related_idx
    ON pharma_audit_entry (related_model, related_id, id)
    WHERE related_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS pharma_audit_entry_sql_idx
    ON pharma_audit_entry (id) WHERE origin = 'sql';
CREATE INDEX IF NOT EXISTS pharma_audit_entry_event_idx
    ON pharma_audit_entry (operation, id)
    WHERE operation IN ('login', 'login_failed', 'read', 'export', 'alert', 'truncate');
CREATE INDEX IF NOT EXISTS pharma_audit_entry_date_idx
    ON pharma_audit_entry USING brin (date) WITH (pages_per_range = 16);
CREATE TABLE IF NOT EXISTS pharma_audit_entry_other
    PARTITION OF pharma_audit_entry DEFAULT;
"""

# The one line of an entry that is sealed, exported and verified.
LINE = """json_build_array(id, to_char(date, 'YYYY-MM-DD"T"HH24:MI:SS.US'), txid,
    user_id, origin, source, table_name, res_model, res_id, related_model, related_id,
    operation, company_id, changes, note)::text"""

# Lines without the quoting of COPY: control characters can't occur in JSON.
COPY_LINES = """COPY (SELECT {line} FROM pharma_audit_entry
    WHERE id BETWEEN {first} AND {last} ORDER BY id, date)
    TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02', ENCODING 'UTF8')"""

APPEND_ONLY_FUNCTION = """
CREATE OR REPLACE FUNCTION pharma_append_only() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME;
END $$;
"""

# ALWAYS: it also fires for a session that pretends to be a replica.
APPEND_ONLY_ROW = """
DROP TRIGGER IF EXISTS pharma_append_only_row ON %(table)s;
CREATE TRIGGER pharma_append_only_row
    BEFORE UPDATE OR DELETE ON %(table)s
    FOR EACH ROW EXECUTE FUNCTION pharma_append_only();
"""

APPEND_ONLY = """
ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER pharma_append_only_row;
DROP TRIGGER IF EXISTS pharma_append_only_truncate ON %(table)s;
CREATE TRIGGER pharma_append_only_truncate
    BEFORE TRUNCATE ON %(table)s
    FOR EACH STATEMENT EXECUTE FUNCTION pharma_append_only();
ALTER TABLE %(table)s ENABLE ALWAYS TRIGGER pharma_append_only_truncate;
"""

# Tables and types are named with their schema, so that a session can't put others of
# the same name before them. A search path of the function's own would do too, but costs
# as much as the rest of a small trigger.

# Who is at the other end of the connection, when no session of Odoo told us.
CLIENT_FUNCTION = """
CREATE OR REPLACE FUNCTION pharma_audit_client() RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT concat_ws(' ', session_user, current_setting('application_name', true),
                     host(inet_client_addr()), 'pid', pg_backend_pid())
$$;
"""

_INSERT = """
INSERT INTO public.pharma_audit_entry (
    user_id, origin, source, table_name, res_model, res_id, related_model, related_id,
    operation, company_id, changes)
SELECT (session->>'user')::integer, COALESCE(session->>'origin', 'sql'),
       COALESCE(session->>'source', public.pharma_audit_client()), TG_TABLE_NAME,"""

_SESSION = "NULLIF(current_setting('pharma_audit.session', true), '')::pg_catalog.jsonb"

# OFFSET 0 keeps PostgreSQL from turning a row into JSON anew for each of its columns.
# Long values are kept as their length and digest.
_VALUE = """CASE
    WHEN ({value}) IS NULL OR ({value}) = 'null' THEN 'null'::pg_catalog.jsonb
    WHEN key = ANY (masked) AND (mask_when = '' OR {is_secret})
        THEN '"•••"'::pg_catalog.jsonb
    WHEN octet_length(({value})::pg_catalog.text) > 4000 THEN jsonb_build_object(
        'length', octet_length(({value})::pg_catalog.text),
        'sha256', encode(sha256(convert_to(({value})::pg_catalog.text, 'UTF8')), 'hex'))
    ELSE {value} END"""


def _row_branch(operation, rows, stale, fresh, changed):
    row = f"COALESCE({fresh}, {stale})"
    if "NULL" in (stale, fresh):
        row = fresh if stale == "NULL" else stale
    # What was a secret stays one, whatever the row is called now.
    is_secret = " OR ".join(
        f"{side}->>'key' ~* mask_when" for side in (stale, fresh) if side != "NULL"
    )
    old = "'null'::pg_catalog.jsonb"
    new = old
    if stale != "NULL":
        old = _VALUE.format(value=f"{stale}->key", is_secret=is_secret)
    if fresh != "NULL":
        new = _VALUE.format(value=f"{fresh}->key", is_secret=is_secret)
    return f"""{_INSERT}
       model, ({row}->>'id')::integer, NULLIF(related, ''),
       ({row}->>parent)::integer, '{operation}', ({row}->>'company_id')::integer,
       changes
  FROM ({rows} OFFSET 0) pair
 CROSS JOIN LATERAL (
       SELECT jsonb_object_agg(key, jsonb_build_array({old}, {new})) AS changes
         FROM jsonb_each({row})
        WHERE {changed} AND key <> ALL (ignored)
       ) difference
 WHERE changes IS NOT NULL
 ORDER BY ({row}->>'id')::integer;"""


ROW_FUNCTION = f"""
CREATE OR REPLACE FUNCTION pharma_audit_row() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    session pg_catalog.jsonb := {_SESSION};
    model pg_catalog.text := TG_ARGV[0];
    parent pg_catalog.text := TG_ARGV[1];
    related pg_catalog.text := TG_ARGV[2];
    ignored pg_catalog.text[] := TG_ARGV[3]::pg_catalog.text[];
    masked pg_catalog.text[] := TG_ARGV[4]::pg_catalog.text[];
    mask_when pg_catalog.text := TG_ARGV[5];
BEGIN
    IF TG_OP = 'INSERT' THEN
        {
    _row_branch(
        "create",
        "SELECT jsonb_strip_nulls(to_jsonb(n)) AS fresh FROM new_rows n",
        "NULL",
        "fresh",
        "value <> 'null'",
    )
}
    ELSIF TG_OP = 'UPDATE' THEN
        {
    _row_branch(
        "update",
        "SELECT to_jsonb(o) AS stale, to_jsonb(n) AS fresh"
        " FROM new_rows n FULL JOIN old_rows o ON o.id = n.id",
        "stale",
        "fresh",
        "value IS DISTINCT FROM CASE WHEN fresh IS NULL THEN NULL ELSE stale->key END",
    )
}
    ELSE
        {
    _row_branch(
        "delete",
        "SELECT to_jsonb(o) AS stale FROM old_rows o",
        "stale",
        "NULL",
        "value <> 'null'",
    )
}
    END IF;
    RETURN NULL;
END $$;
"""


def _relation_branch(operation, rows):
    pair = "jsonb_build_array('null'::pg_catalog.jsonb, {other})"
    if operation == "remove":
        pair = "jsonb_build_array({other}, 'null'::pg_catalog.jsonb)"
    other = "to_jsonb((line->>other_column)::integer)"
    return f"""{_INSERT}
       model, (line->>own_column)::integer, related, (line->>other_column)::integer,
       '{operation}', NULL,
       jsonb_build_object(field, {pair.format(other=other)})
  FROM (SELECT to_jsonb(r) AS line FROM {rows} r) rows
 ORDER BY (line->>own_column)::integer, (line->>other_column)::integer;"""


RELATION_FUNCTION = f"""
CREATE OR REPLACE FUNCTION pharma_audit_relation() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    session pg_catalog.jsonb := {_SESSION};
    model pg_catalog.text := TG_ARGV[0];
    field pg_catalog.text := TG_ARGV[1];
    own_column pg_catalog.text := TG_ARGV[2];
    related pg_catalog.text := TG_ARGV[3];
    other_column pg_catalog.text := TG_ARGV[4];
BEGIN
    IF TG_OP <> 'INSERT' THEN
        {_relation_branch("remove", "old_rows")}
    END IF;
    IF TG_OP <> 'DELETE' THEN
        {_relation_branch("add", "new_rows")}
    END IF;
    RETURN NULL;
END $$;
"""

TRUNCATE_FUNCTION = f"""
CREATE OR REPLACE FUNCTION pharma_audit_truncate() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    session pg_catalog.jsonb := {_SESSION};
BEGIN
    {_INSERT}
       TG_ARGV[0], NULL, NULL, NULL, 'truncate', NULL, NULL;
    RETURN NULL;
END $$;
"""

FUNCTIONS = (
    CLIENT_FUNCTION,
    ROW_FUNCTION,
    RELATION_FUNCTION,
    TRUNCATE_FUNCTION,
)

# One trigger an event, since each sees other sets of rows. AFTER, so that what a
# constraint refuses leaves no entry.
EVENTS = {
    "insert": "AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows",
    "update": "AFTER UPDATE ON {table}"
    " REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows",
    "truncate": "BEFORE TRUNCATE ON {table}",
}
