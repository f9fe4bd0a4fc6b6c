"""What crosses the wire between the services of Linli, and to systems outside.

Event types and their schemas, the CloudEvents envelope, the catalogue of producers and consumers,
and the service catalogue. Imports no service and no chassis, so a subscriber can install it alone.
"""
