"""Files that residents and staff upload to attach them to a request, such as photos.

They are stored encrypted, without what a camera wrote into them, by `linli_chassis.storage.files`.
Requests attach them, and show them to whoever handles the request.
"""

from linli_grid.files.commands import must_be_files_of
from linli_grid.files.queries import open_file

__all__ = ["must_be_files_of", "open_file"]
