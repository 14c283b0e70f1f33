"""The ISO base media file format (ISO/IEC 14496-12): AVIF, HEIC, MP4 and QuickTime."""
