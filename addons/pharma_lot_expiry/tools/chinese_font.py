"""Which font of this server draws Chinese; fontconfig knows, as browsers ask it."""

import subprocess
from functools import cache

from .label import Font


@cache
def chinese_font(weight: str) -> Font | None:
    """The font for simplified Chinese, or None where none is installed.

    :param weight: as fontconfig names it: medium, bold
    """
    pattern = f"Noto Sans CJK SC:lang=zh-cn:weight={weight}"
    try:
        found = subprocess.run(
            ["fc-match", "-f", "%{file}\n%{index}\n%{lang}", pattern],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    path, index, languages = found.stdout.split("\n")
    return Font(path, int(index)) if "zh-cn" in languages.split("|") else None
