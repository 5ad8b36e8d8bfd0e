"""A client of the service for Python programs: `Spool`, and `AsyncSpool` for asyncio and trio."""

from app.client.answers import Attempt, Delivery, Hit, Job, Moment, Ticket
from app.client.assets import Asset
from app.client.asynchronous import AsyncSpool
from app.client.blocking import Spool
from app.client.engines import Engine, Engines
from app.client.figures import Figures, Load
from app.client.following import Event
from app.client.keys import Key, NewKey
from app.client.refusal import Refused, Unreachable
from app.client.results import Result, Segment, Word
from app.client.shares import NewShare, Share
from app.client.submitting import Options

__all__ = [
    "Asset",
    "AsyncSpool",
    "Attempt",
    "Delivery",
    "Engine",
    "Engines",
    "Event",
    "Figures",
    "Hit",
    "Job",
    "Key",
    "Load",
    "Moment",
    "NewKey",
    "NewShare",
    "Options",
    "Refused",
    "Result",
    "Segment",
    "Share",
    "Spool",
    "Ticket",
    "Unreachable",
    "Word",
]
