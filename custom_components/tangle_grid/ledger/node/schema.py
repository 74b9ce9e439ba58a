"""The tables of a Tangle's file.

What transactions say (`tx`, `body`) and what became of the tokens (`account`, `applied`) are kept apart: old
transactions can go, and balances, spent addresses and applied bundles stay. Hashes are looked up by their first
trytes, which keeps the indexes small; a query always compares the whole hash as well.
"""

from typing import Final

VERSION: Final = 2

SCHEMA: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE account (
    address TEXT PRIMARY KEY,
    balance INTEGER NOT NULL DEFAULT 0 CHECK (balance >= 0),
    exposed INTEGER NOT NULL DEFAULT 0,
    spent INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX account_funded ON account (balance) WHERE balance > 0;
CREATE TABLE applied (bundle TEXT PRIMARY KEY, milestone INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tx (
    id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    address TEXT NOT NULL,
    bundle TEXT NOT NULL,
    tag TEXT NOT NULL,
    trunk INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    value INTEGER NOT NULL,
    position INTEGER NOT NULL,
    root INTEGER NOT NULL,
    signed INTEGER NOT NULL DEFAULT 0,
    kept INTEGER NOT NULL DEFAULT 0,
    milestone INTEGER,
    conflict TEXT
);
CREATE TABLE body (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE tip (id INTEGER PRIMARY KEY, moves INTEGER NOT NULL);
CREATE TABLE entry (id INTEGER PRIMARY KEY, hash TEXT NOT NULL);
CREATE TABLE milestone (number INTEGER PRIMARY KEY, tx INTEGER NOT NULL, hash TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX tx_hash ON tx (substr(hash, 1, 12));
CREATE INDEX tx_address ON tx (substr(address, 1, 12));
CREATE INDEX tx_bundle ON tx (substr(bundle, 1, 12));
CREATE INDEX tx_tag ON tx (tag);
CREATE INDEX tx_tail ON tx (substr(tag, 1, 2), id) WHERE position = 0;
CREATE INDEX tx_trunk ON tx (trunk);
CREATE INDEX tx_branch ON tx (branch);
CREATE INDEX tx_open ON tx (id) WHERE milestone IS NULL;
CREATE INDEX tip_moves ON tip (id) WHERE moves;
CREATE INDEX entry_hash ON entry (substr(hash, 1, 12));
"""

_TABLES: Final = SCHEMA.replace("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;", "")

UPGRADES: Final = {
    1: f"""
DROP INDEX funded; DROP INDEX tx_address; DROP INDEX tx_bundle; DROP INDEX tx_tag; DROP INDEX tx_trunk;
DROP INDEX tx_branch; DROP INDEX tx_tip; DROP INDEX tx_open;
ALTER TABLE tx RENAME TO old_tx; ALTER TABLE milestone RENAME TO old_milestone;
{_TABLES}
INSERT INTO account (address, balance, exposed, spent)
    SELECT trytes, balance, spent OR EXISTS (
        SELECT 1 FROM old_tx WHERE old_tx.address = address.id AND old_tx.value < 0 AND old_tx.signed
    ) AS out, spent FROM address WHERE balance > 0 OR out;
INSERT INTO applied (bundle, milestone) SELECT hash, applied FROM bundle WHERE applied IS NOT NULL;
INSERT INTO body (id, data) SELECT id, data FROM old_tx;
INSERT INTO tx (id, hash, address, bundle, tag, trunk, branch, value, position, root, signed, milestone, conflict)
    SELECT old_tx.id, old_tx.hash, address.trytes, bundle.hash, rtrim(tag, '9'), trunk, branch, value, position,
        COALESCE(milestone, (SELECT MAX(number) FROM old_milestone), 0), signed, milestone, conflict
    FROM old_tx JOIN address ON address.id = old_tx.address JOIN bundle ON bundle.id = old_tx.bundle;
INSERT INTO milestone (number, tx, hash, at)
    SELECT number, tx, hash, at FROM old_milestone JOIN tx ON tx.id = old_milestone.tx;
INSERT INTO tip (id, moves) SELECT id, signed FROM old_tx
    WHERE tip = 1 AND (milestone IS NULL OR id = (SELECT tx FROM milestone ORDER BY number DESC LIMIT 1));
DROP TABLE old_milestone; DROP TABLE old_tx; DROP TABLE bundle; DROP TABLE address
""",  # noqa: S608 - our own names
}
"""From version 1, where transactions and balances were tied to each other."""
