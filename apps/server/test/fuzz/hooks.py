"""What Schemathesis does not know how to write: a body of a type that is neither JSON nor a form goes out as it is."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def as_it_is(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
