"""What crosses the wire between the services of Linli, and to systems outside.

Event types and their schemas, the CloudEvents envelope, the registry of producers and consumers,
the manifests of services, and the service catalogue. Imports no service and no chassis, so that a
subscriber can install it alone.
"""
