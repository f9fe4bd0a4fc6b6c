"""The settings of a district's processes but for secrets, as in docs/configuration.md."""

from __future__ import annotations

from linli.deployment.model import District

INSIDE = "/etc/linli"
"""Where containers find the files of a district."""

CA_FILE = "broker-ca.pem"
_FILES = {
    "LINLI_SERVICES_FILE": ("limits.services_file", "services.yaml"),
    "LINLI_INDICATORS_FILE": ("limits.indicators_file", "indicators.yaml"),
    "LINLI_JWKS_FILE": ("tokens.jwks_file", "jwks.json"),
    # What a process trusts besides what the image does: the broker's certificate may be signed by
    # the district itself.
    "SSL_CERT_FILE": ("broker.ca_file", CA_FILE),
    "PGSSLROOTCERT": ("database.ca_file", "database-ca.pem"),
}


def variables(district: District, *, outside: bool = False) -> dict[str, str]:
    """The variables of all services. `outside` names files by where they are now."""
    named = district.files()
    files = {
        variable: str(district.folder / named[place]) if outside else f"{INSIDE}/{inside}"
        for variable, (place, inside) in _FILES.items()
        if place in named
    }
    return {
        **district.settings,
        "LINLI_DISTRICT": district.code,
        "LINLI_LANGUAGE": district.language,
        "LINLI_TIME_ZONE": district.time_zone,
        "LINLI_CALENDAR": district.calendar,
        "LINLI_OFFICE_HOURS": district.office_hours,
        "LINLI_GRID_DIGITS": str(district.grid_digits),
        "LINLI_REOPEN_DAYS": str(district.limits.reopen_days),
        "LINLI_JWT_AUDIENCE": district.tokens.audience,
        "LINLI_BROKER_DECLARE": "false",
        **files,
    }


def files_inside(district: District) -> dict[str, str]:
    """The files below `INSIDE`: their name there, and the path that district.toml gives."""
    named = district.files()
    return {inside: named[place] for place, inside in _FILES.values() if place in named}


def as_lines(variables: dict[str, str]) -> str:
    """Variables as the lines of a file that compose and kustomize read alike."""
    return "".join(f"{name}={value}\n" for name, value in sorted(variables.items()))


__all__ = ["INSIDE", "as_lines", "files_inside", "variables"]
