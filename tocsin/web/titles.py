"""What a ledger needs beside its rows: vendors as people call them."""

from collections.abc import Callable

from tocsin.edge.site import Site
from tocsin.paging.vendor_model import title_of


def vendor_titles(site: Site) -> Callable[[str], str]:
    """From `sms/twilio` to `SMS by Twilio`."""
    titles = {name: transport.info.title for name, transport in site.transports.items()}
    return lambda vendor: title_of(vendor, titles)
