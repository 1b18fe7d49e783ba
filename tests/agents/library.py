"""Runs commands through the shell tool of a library with gate in the place of its shell.
  library.py NAME GATE COMMANDS    COMMANDS is a JSON list; each result is printed as it comes"""
import json
import os
import sys
from pathlib import Path

name, gate, commands = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
LIMIT = 60

if name == "langchain":
    from langchain.agents.middleware import HostExecutionPolicy
    from langchain.agents.middleware.shell_tool import ShellSession

    session = ShellSession(Path.cwd(), HostExecutionPolicy(command_timeout=LIMIT), (gate,), dict(os.environ))
    session.start()
    for command in commands:
        print(session.execute(command, timeout=LIMIT), flush=True)
    session.stop(5)
elif name == "openhands":
    from openhands.tools.terminal.definition import TerminalAction
    from openhands.tools.terminal.terminal import create_terminal_session

    session = create_terminal_session(work_dir=os.getcwd(), terminal_type="subprocess", shell_path=gate,
                                      no_change_timeout_seconds=LIMIT)
    session.initialize()
    for command in commands:
        done = session.execute(TerminalAction(command=command))
        print(done.exit_code, done.text, flush=True)
    session.close()
elif name == "interpreter":
    from interpreter import OpenInterpreter

    interpreter = OpenInterpreter(disable_telemetry=True)
    for command in commands:
        print(interpreter.computer.run("shell", command), flush=True)
    interpreter.computer.terminate()
else:
    sys.exit(f"library.py: {name} is not known")
