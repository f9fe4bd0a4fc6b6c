"""The generators of the schemas, the AsyncAPI document and the event pages."""
