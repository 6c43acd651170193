"""The maintainers' commands, and the glue between snippets, records and pages."""
