"""Where people meet about an incident: chat, video, notes, tickets."""
