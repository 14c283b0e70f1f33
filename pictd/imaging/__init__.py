"""What runs inside the sandboxed child: identify, strip, transform, encode, blurhash."""
