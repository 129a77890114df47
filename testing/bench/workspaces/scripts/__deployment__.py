"""Jobs that the benchmark deploys and runs."""

import first_line
import nothing
import thousand_rows
import ticker

__all__ = ["first_line", "nothing", "thousand_rows", "ticker"]
