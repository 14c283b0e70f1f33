"""What may follow ``pictd`` on the command line: one module per command."""
