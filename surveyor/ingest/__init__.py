"""ingest reaches out: turns what order sources send into order events."""

#: Where entries are consumed from -> the function that opens it for one consumer, as `module:name`. The setting that
#: names the place switches it on; another source is one more line here and one setting.
SOURCES = {
    "stream": "surveyor.ingest.redis_stream:open_source",
    "kafka": "surveyor.ingest.kafka:open_source",
}
