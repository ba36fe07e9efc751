"""From an inbound signal to an alert: deduplication, routing, life."""
