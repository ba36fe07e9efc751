"""Services, configured integrations, routes, silences, maintenance."""
