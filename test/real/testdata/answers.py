#!/usr/bin/env python3
"""Answers questions/*.sql with SQLite over the CSV files and writes answers/: NAME.tsv is the
answer to the files as they are, NAME.after.tsv the one after changes.sql. In both, then_TABLE is
the table as it was in the files."""
import csv
import pathlib
import sqlite3

HERE = pathlib.Path(__file__).parent
FILES = HERE.parent.parent / "data" / "northwind"
TABLES = {
    "category": "categories", "supplier": "suppliers", "product": "products", "employee": "employees",
    "customer": "customers", "order": "orders", "line": "order-details",
}
REALS = {"unitPrice", "discount", "freight"}
INTEGERS = {
    "categoryID", "supplierID", "productID", "employeeID", "orderID", "reportsTo", "quantity", "shipVia",
}


def mended(row, width):
    """A comma in a cell without quotes has a space after it, and no cell begins with one."""
    cells = []
    for cell in row:
        if len(row) > width and cell.startswith(" ") and cells:
            cells[-1] += "," + cell
        else:
            cells.append(cell)
    return cells + [""] * (width - len(cells))


def value(column, cell):
    if cell in ("", "NULL"):
        return None
    if column in REALS:
        return float(cell)
    return int(cell) if column in INTEGERS else cell


def load(db, table, name):
    with open(FILES / (name + ".csv"), newline="", encoding="utf-8") as f:
        header, *rows = csv.reader(f)
    for prefix in "", "then_":
        db.execute('CREATE TABLE "%s%s" (%s)' % (prefix, table, ", ".join(header)))
        for row in rows:
            cells = [value(c, v) for c, v in zip(header, mended(row, len(header)), strict=True)]
            db.execute('INSERT INTO "%s%s" VALUES (%s)' % (prefix, table, ", ".join("?" * len(header))), cells)


def answer(db, suffix):
    for question in sorted((HERE / "questions").glob("*.sql")):
        rows = sorted("\t".join(map(str, row)) for row in db.execute(question.read_text()))
        out = HERE / "answers" / (question.stem + suffix + ".tsv")
        out.write_text("".join(row + "\n" for row in rows), encoding="utf-8")


def northwind():
    """The files as tables."""
    db = sqlite3.connect(":memory:")
    for table, name in TABLES.items():
        load(db, table, name)
    return db


def change(db):
    db.executescript((HERE / "changes.sql").read_text())


if __name__ == "__main__":
    database = northwind()
    answer(database, "")
    change(database)
    answer(database, ".after")
