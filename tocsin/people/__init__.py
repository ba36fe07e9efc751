"""Users, teams, contact methods, sessions, tokens, permissions."""
