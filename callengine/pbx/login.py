"""Where and as whom the settings say to log in."""

from __future__ import annotations

from ami_adapters.connection.link import PbxLogin
from config.schema.centre import Pbx


def login_of(pbx: Pbx) -> PbxLogin:
    """For the link."""
    return PbxLogin(pbx.host, pbx.port, pbx.username, pbx.secret.get_secret_value())
