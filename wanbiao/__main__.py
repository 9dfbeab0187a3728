"""``python -m wanbiao`` is the command ``wanbiao``."""

from wanbiao.cli import main

main()
