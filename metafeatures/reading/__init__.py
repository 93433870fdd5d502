"""From files of any usual format to Arrow tables, with a line that says how each was read."""

from metafeatures.reading.files import FileTable as FileTable
from metafeatures.reading.files import read_file as read_file
from metafeatures.reading.files import read_table as read_table
from metafeatures.reading.names import check_names as check_names
