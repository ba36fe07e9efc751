"""What a page's handlers need, from one place: who may come in, forms, one unit per form, rendering."""

from tocsin.edge.access import Who, page
from tocsin.edge.act import act
from tocsin.edge.forms import Form, chosen, path_id, read_form, read_query, read_upload
from tocsin.edge.render import by_script, redirect, render
from tocsin.edge.session import still_signed_in, viewer_of
from tocsin.edge.site import Site, site_of
from tocsin.edge.viewer import Viewer

__all__ = [
    "Form", "Site", "Viewer", "Who", "act", "by_script", "chosen", "page", "path_id", "read_form", "read_query", "read_upload", "redirect", "render",
    "site_of", "still_signed_in", "viewer_of",
]  # fmt: skip
