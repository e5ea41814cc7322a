"""Configuration: which settings there are, their values and origins, and whether they are valid.

A new setting takes one entry under `properties` in schemas/config.schema.json, with `default` and
`description`, and `make schemas`, which adds it to the table in docs/configuration.md. Command line,
environment, files and `sm-emulator settings` follow from the schema; the code that needs the setting
reads it as `settings["journal.limit"]`. A duration is `{"$ref": "#/$defs/duration"}`,
`positive_duration` or, up to an hour, `timeout`; `values.seconds` reads it.
"""
