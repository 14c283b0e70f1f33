"""The HTTP server under the routes: requests begin when their head is there, not their body.

How it works: ``PictdSite(resource, clock, limits)`` is a ``Site`` over a Klein resource (or any
leaf). The resource is rendered as soon as a request's head has arrived; the body is then pulled:

- ``await request.body.read()`` gives the next piece, and ``b""`` at the end (``request.body`` is an
  ``IByteStream``). While nobody reads, the client is held back after 256 KiB.
- ``await request.read_all(limit)`` gives a small body whole.
- ``await forms.next_file()`` (``pictd.web.forms``) gives the files of a multipart body in turn:
  ``forms = Forms(request, most_files, most_bytes)``; each file is an ``IByteStream`` with a
  ``filename``; None at the end. Malformed forms raise ``BadForm`` from whichever read meets it.

``read`` raises ``StreamTooSlow`` when the body (each file of a form) takes longer than the receive
limit, ``FileTooLarge`` before the first byte when the announced body is absurd, ``BadForm`` when
its chunked coding is broken, and ``CancelledError`` when the client has left. A handler that
answers without reading loses nothing: the rest is discarded in the background.

``request.path`` is canonical: slashes collapsed, everything decoded but ``%2F %25 %2B``. A route's
placeholder is finished by ``placeholder(text)``. ``request.query`` is the raw query string, and
``request.first(b"name")`` the first header of a name. A body written in one piece gets its
``content-length`` by itself; so do empty answers.
"""

from __future__ import annotations
