"""Local data that the server keeps as objects, for executors without a disk that runs share (docs/decisions/0080)."""
