"""What tests across services need: a running platform, and the people who use it. No test stands here."""

from linli.testing.people import Asked, People
from linli.testing.platforms import RunningPlatform, embedded_platform, free_ports, running_platform

__all__ = ["Asked", "People", "RunningPlatform", "embedded_platform", "free_ports", "running_platform"]
