#!/usr/bin/env python3
"""Writes the answers (=) into questions.txt that SQLite gives to the statements (sql:) in it, over the
Northwind files after changes.sql."""
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "real" / "testdata"))
sys.dont_write_bytecode = True
import answers  # noqa: E402


def answered(db, question):
    """The lines of a question with its answer before the first statement."""
    lines = question.splitlines()
    asked = [line for line in lines if line.startswith("sql: ")]
    if not asked:
        return question
    rows = [row[0] for line in asked for row in db.execute(line.removeprefix("sql: "))]
    kept = [line for line in lines if not line.startswith(("sql: ", "= "))]
    return "\n".join(kept + ["= %s" % row for row in rows] + asked)


database = answers.northwind()
answers.change(database)
path = HERE / "questions.txt"
blocks = path.read_text(encoding="utf-8").rstrip("\n").split("\n\n")
path.write_text("\n\n".join(answered(database, b) for b in blocks) + "\n", encoding="utf-8")
