"""HTTP: the site, one module per route family, and the table from error to status."""
