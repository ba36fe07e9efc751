"""HTTP toolkit: session, forms, permission, templates, events, errors as sentences."""
