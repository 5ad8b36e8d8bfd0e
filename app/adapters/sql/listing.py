"""Whether a JSON list of strings has one of them: each database says it in its own way."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class has(GenericFunction[bool]):
    """`has(list, text)`; NULL where there is no list."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, strings: ColumnElement[Any], text: str) -> None:
        super().__init__(strings, literal(text, String()))


@compiles(has, "sqlite")
def _of_sqlite(element: has, compiler: SQLCompiler, **more: Any) -> str:
    strings, text = (compiler.process(part, **more) for part in element.clauses)
    return f"EXISTS (SELECT 1 FROM json_each({strings}) AS one WHERE one.value = {text})"


@compiles(has, "postgresql")
def _of_postgres(element: has, compiler: SQLCompiler, **more: Any) -> str:
    strings, text = (compiler.process(part, **more) for part in element.clauses)
    return f"CAST({strings} AS jsonb) @> jsonb_build_array(CAST({text} AS text))"
