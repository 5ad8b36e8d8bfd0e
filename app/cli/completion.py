"""`spool completion bash|zsh|fish`"""

from enum import StrEnum
from typing import Annotated

import typer


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Yours.", show_default=False)]) -> None:
    """Print what makes a shell complete commands, options and ids.

    bash, in ~/.bashrc:  eval "$(spool completion bash)"

    zsh, in ~/.zshrc, after compinit:  eval "$(spool completion zsh)"

    fish, in config.fish:  spool completion fish | source
    """
    from typer._completion_shared import get_completion_script

    from app.cli.main import COMPLETING, NAME

    print(get_completion_script(prog_name=NAME, complete_var=COMPLETING, shell=shell.value))
