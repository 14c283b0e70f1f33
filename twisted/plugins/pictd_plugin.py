"""Tell twistd that there is a pictd."""

from twisted.application.service import ServiceMaker

pictd = ServiceMaker(
    "pictd",
    "pictd.tap",
    "An image host: takes media from strangers, makes it safe, serves any size and format.",
    "pictd",
)
