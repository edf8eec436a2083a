"""Who may read a copy in PostgreSQL: the role of readers, and whoever a person has let read the copy before.

Belongs here: rights of schemas and tables. How copies are loaded and swapped is in `publishing.postgres_copy`.
"""

from typing import TYPE_CHECKING

from publishing.tables import quote

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

READERS = "pcw_reader"


def grant(cursor: "Cursor", schema: str) -> None:
    """Let the role of readers read, where the database has one."""
    cursor.execute("select 1 from pg_roles where rolname = %s", [READERS])
    if cursor.fetchone():
        cursor.execute(f"grant usage on schema {quote(schema)} to {quote(READERS)}")
        cursor.execute(f"grant select on all tables in schema {quote(schema)} to {quote(READERS)}")


def grant_alike(cursor: "Cursor", before: str, schema: str) -> None:
    """Let others read of a copy what they read of the one before: all of it, or tables of the same names.

    What was granted of single columns is not granted again.
    """
    cursor.execute("select relname from pg_class where relnamespace = %s::regnamespace and relkind = 'r'", [schema])
    tables = {table for (table,) in cursor.fetchall()}
    for role in _grantees(cursor, before):
        cursor.execute(f"grant usage on schema {quote(schema)} to {role}")
    cursor.execute(
        """
        select
            case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
            array_agg(distinct relname::text),
            count(distinct relname) = (
                select count(*) from pg_class where relnamespace = %s::regnamespace and relkind = 'r'
            )
        from pg_class cross join aclexplode(relacl)
        where relnamespace = %s::regnamespace and relkind = 'r' and privilege_type = 'SELECT' and grantee <> relowner
        group by grantee
        """,
        [before, before],
    )
    for role, read, is_all in cursor.fetchall():
        for table in sorted(tables if is_all else tables & set(read)):
            cursor.execute(f"grant select on {quote(schema)}.{quote(table)} to {role}")


def revoke(cursor: "Cursor", schema: str) -> None:
    """Let nobody but the owner begin to read it."""
    for role in _grantees(cursor, schema):
        cursor.execute(f"revoke all on schema {quote(schema)} from {role} cascade")


def _grantees(cursor: "Cursor", schema: str) -> list[str]:
    """Who may use a schema beside its owner, each as SQL names it."""
    cursor.execute(
        """
        select distinct case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end
        from pg_namespace cross join aclexplode(nspacl)
        where nspname = %s and grantee <> nspowner
        order by 1
        """,
        [schema],
    )
    return [role for (role,) in cursor.fetchall()]
