"""The table of what all instances of the service agree on."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.sql.tables import Table


class NoteRow(Table):
    __tablename__ = "notes"

    name: Mapped[str] = mapped_column(String(), primary_key=True)
    value: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
