"""pictd, an image host: takes media from strangers, makes it safe, serves it in any size."""
