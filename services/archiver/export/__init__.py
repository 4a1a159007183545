"""`framecast export`: copies a range of the archive elsewhere, with its rows."""
