"""The end of a run: manifest, verdict, and pages that show what was done and what was not.

What is named here is loaded when it is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "closing": ["close_manifest", "close_report", "give_verdict"],
        "pages": ["write_report"],
    },
)
