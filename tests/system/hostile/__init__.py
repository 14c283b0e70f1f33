"""Files that mean harm, or are broken; the same in every run."""
