"""The proxy of one district: how it listens, and which paths lead to which service."""

from __future__ import annotations

from string import Template

from linli_contracts.manifest import Manifest

from linli.deployment.model import District

PLAIN_PORT, TLS_PORT = 8080, 8443

_SERVICE = Template("""\
location ~ ^/api/$name/ {
    set $$service $name;
    if ($$http_idempotency_key) { return 418; }  # to @repeatable
    proxy_pass http://$$service:8000;
}
""")
# The first that matches is taken, so this one stands before the other.
_PUBLIC = Template("""\
location ~ ^/api/$name/v1/($segments)(/|$$) {
    limit_req zone=public burst=50 nodelay;
    set $$service $name;
    proxy_pass http://$$service:8000;
}
""")


def listen(district: District) -> str:
    """How it listens: plainly within the district's network, with TLS outside where given."""
    lines = [f"listen {PLAIN_PORT};"]
    if district.http.certificate_file:
        lines += [
            f"listen {TLS_PORT} ssl;",
            "ssl_certificate /etc/nginx/linli/certificate.pem;",
            "ssl_certificate_key /etc/nginx/linli/certificate.key;",
            "ssl_protocols TLSv1.2 TLSv1.3;",
        ]
    return "\n".join(lines) + "\n"


def locations(district: District) -> str:
    """The locations of all services that have HTTP; what needs no token is limited in its rate."""
    return "".join(_locations(one) for one in district.services if one.service)


def _locations(manifest: Manifest) -> str:
    public = ""
    if manifest.public:
        public = _PUBLIC.substitute(name=manifest.name, segments="|".join(manifest.public))
    return public + _SERVICE.substitute(name=manifest.name)
