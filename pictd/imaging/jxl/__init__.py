"""JPEG XL by the machine's libjxl; knows nothing of pictd but how failures are called."""
