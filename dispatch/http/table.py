"""The endpoints; ``app`` routes them and ``openapi`` documents them."""

from dispatch.http import admin_table, county_table, order_table
from dispatch.http.endpoints import API

__all__ = ["API", "ENDPOINTS"]

ENDPOINTS = (*order_table.ENDPOINTS, *county_table.ENDPOINTS, *admin_table.ENDPOINTS)
