"""What is begun before the server responds, because it takes tens of milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumphouse_bootstrap.early_network import EarlyNetwork, start_network
from pumphouse_bootstrap.start_file import StartFile

if TYPE_CHECKING:
    from typing import Union

    from pumphouse_bootstrap.prepared_interpreter import PreparedInterpreter
    from pumphouse_bootstrap.template_slot import TemplateSlot

    EarlyStart = Union[EarlyNetwork, TemplateSlot, PreparedInterpreter]


def start_early(start: StartFile) -> EarlyStart | None:
    """Take a slot of the template, or start the network; None if user code uses the network of this process."""
    if start.template is not None:
        # Imported only where needed.
        from pumphouse_bootstrap.template_slot import take_slot

        slot = take_slot(start)
        if slot is not None:
            return slot
    return start_network(start)
