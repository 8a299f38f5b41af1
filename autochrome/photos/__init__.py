"""Photographs: read, coloured, written in their own format with everything else kept.

What is named here is loaded when it is first used: planning and a job's own process need little.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "batch": ["VERSION", "colour_batch"],
        "colour": ["colour_photo"],
        "explained": ["Explained", "explained"],
        "formats": ["LONGEST_BESIDE", "SUPPORTED_FORMATS", "result_suffix"],
        "headers": ["Header", "header_of", "memory_needed", "weigh"],
        "lanes": ["NETWORKS", "SIDE_BY_SIDE", "lanes_for", "may_pair"],
    },
)
