"""Films: what their headers promise, and the four stages from index to finished film.

The stages run with the results folder as the working directory; see DESIGN.md, "Films". What is
named here is loaded when it is first used: a job's own process needs little of it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "deliver": ["LONGEST_BESIDE", "curve_path"],
        "frames": ["remove_frames"],
        "header": ["FilmHeader", "chunk_count", "probe_film", "result_container"],
        "jobs": ["colour_chunk", "encode_chunk", "index_film", "join_film"],
        "presets": ["encoder_settings"],
    },
)
