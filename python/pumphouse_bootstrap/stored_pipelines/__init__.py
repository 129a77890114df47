"""Working folders of pipelines that the server keeps, for executors without a disk that runs share (docs/decisions/0091)."""
