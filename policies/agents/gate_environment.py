"""mini-swe-agent's local environment with gate as its shell; GATE names gate's path."""

import os
import shlex

from minisweagent.environments.local import LocalEnvironment


class GateEnvironment(LocalEnvironment):
    """Runs every command as `gate -c COMMAND`: the shell that Python starts does nothing but become gate."""

    def execute(self, action, cwd="", *, timeout=None):
        words = ["exec", os.environ.get("GATE", "gate"), "-c", action.get("command", "")]
        return super().execute(action | {"command": shlex.join(words)}, cwd, timeout=timeout)
