"""One grammar from text to command and back, for every chat and mail."""
