"""Technical ground without domain words: database, due rows, HTTP, keys, logs."""
