"""Films: what their headers promise, and the four stages from index to finished film.

The stages run with the results folder as the working directory; see DESIGN.md, "Films".
"""

from .deliver import curve_path
from .frames import remove_frames
from .header import FilmHeader, chunk_count, probe_film, result_container
from .presets import encoder_settings
from .stages import colour_chunk, encode_chunk, index_film, join_film
from .work import STAGE_VERSIONS

__all__ = [
    "STAGE_VERSIONS",
    "FilmHeader",
    "chunk_count",
    "colour_chunk",
    "curve_path",
    "encode_chunk",
    "encoder_settings",
    "index_film",
    "join_film",
    "probe_film",
    "remove_frames",
    "result_container",
]
