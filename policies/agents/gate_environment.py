"""mini-swe-agent's local environment with gate as its shell."""

import shlex

from minisweagent.environments.local import LocalEnvironment

GATE = "{gate}"


class GateEnvironment(LocalEnvironment):
    """Runs every command as `gate -c COMMAND`: the shell that Python starts does nothing but become gate."""

    def execute(self, action, cwd="", *, timeout=None):
        command = shlex.join(["exec", GATE, "-c", "--", action.get("command", "")])
        return super().execute(action | {"command": command}, cwd, timeout=timeout)
