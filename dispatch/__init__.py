"""grid-dispatch: 群众点单 · 党组织派单 · 党员接单."""

__version__ = "0.1.0"
