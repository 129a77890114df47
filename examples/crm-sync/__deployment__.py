"""Customers, deals and tickets, from a database and from a REST API."""

import load_crm
import load_tickets

__all__ = ["load_crm", "load_tickets"]
__tags__ = ["sales", "nightly"]
