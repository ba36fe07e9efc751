"""Status pages, components, subscribers, publishing."""
