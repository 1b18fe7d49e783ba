"""A scripted model on 127.0.0.1: speaks just enough of the Anthropic Messages, OpenAI Responses, OpenAI Chat
Completions and Gemini interfaces to make a client run a list of shell commands, one a turn. Standard library only."""
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SHELL_TOOLS = ["Bash", "bash", "exec_command", "shell_command", "run_shell_command", "shell"]
DONE = "All done."


def walk(value):
    """Every object in a JSON value."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def arguments(schema, command):
    """The tool's input: the command, and something for whatever else is required."""
    properties = (schema or {}).get("properties", {})
    name = next((key for key in ("command", "cmd") if key in properties), "command")
    filled = {name: command}
    for key in (schema or {}).get("required", []):
        kind = properties.get(key, {}).get("type")
        filled.setdefault(key, {"boolean": False, "number": 120000, "integer": 120000}.get(kind, "scripted"))
    return filled


class Model:
    """The server; `heard` is everything that clients sent, as text."""

    def __init__(self, commands):
        self.commands, self.heard = commands, []
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                entry = {"id": "scripted", "object": "model", "created": 1, "owned_by": "test", "type": "model"}
                self.answer({"object": "list", "data": [entry], "models": [], "has_more": False})

            def do_POST(self):
                raw = self.body()
                model.heard.append(raw.decode("utf-8", "replace"))
                try:
                    question = json.loads(raw or b"{}")
                except ValueError:
                    question = {}
                path = self.path.split("?")[0]
                if not isinstance(question, dict) or "ount" in path.rsplit("/", 1)[-1]:
                    self.answer({"input_tokens": 10, "totalTokens": 10})
                elif path.endswith("/messages"):
                    model.anthropic(self, question)
                elif path.endswith("/chat/completions"):
                    model.chat(self, question)
                elif path.endswith("/responses"):
                    model.responses(self, question)
                elif "enerateContent" in path:
                    model.gemini(self, question, path)
                else:
                    self.answer({})

            def body(self):
                if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                whole = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    whole += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return whole

            def answer(self, value):
                self.send("application/json", json.dumps(value).encode())

            def stream(self, events, named=True, end=b""):
                lines = []
                for event in events:
                    name = f"event: {event['type']}\n" if named else ""
                    lines.append(f"{name}data: {json.dumps(event)}\n\n".encode())
                self.send("text/event-stream", b"".join(lines) + end)

            def send(self, kind, content):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def next(self, tools, results):
        """`(name, input)` of the next call, or `None` at the end."""
        name = next((name for name in SHELL_TOOLS if name in tools), None)
        if name is None or results >= len(self.commands):
            return None
        return name, arguments(tools[name], self.commands[results])

    def anthropic(self, to, question):
        tools = {tool["name"]: tool.get("input_schema") for tool in question.get("tools") or []}
        messages = question.get("messages", [])
        results = sum(part.get("type") == "tool_result" for message in messages for part in walk(message.get("content")))
        call = self.next(tools, results)
        if call:
            block = {"type": "tool_use", "id": f"toolu_{results}", "name": call[0], "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(call[1])}
        else:
            block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": DONE}
        stop = "tool_use" if call else "end_turn"
        usage = {"input_tokens": 10, "output_tokens": 10}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": question.get("model", "scripted"),
                   "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
        if not question.get("stream"):
            whole = dict(block, input=call[1]) if call else {"type": "text", "text": DONE}
            return to.answer(dict(message, content=[whole], stop_reason=stop))
        to.stream([
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage},
            {"type": "message_stop"},
        ])

    def chat(self, to, question):
        functions = [tool["function"] for tool in question.get("tools") or [] if tool.get("function")]
        tools = {function["name"]: function.get("parameters") for function in functions}
        results = sum(message.get("role") == "tool" for message in question.get("messages", []))
        call = self.next(tools, results)
        if call:
            function = {"name": call[0], "arguments": json.dumps(call[1])}
            message = {"role": "assistant", "content": None,
                       "tool_calls": [{"index": 0, "id": f"call_{results}", "type": "function", "function": function}]}
        else:
            message = {"role": "assistant", "content": DONE}
        finish = "tool_calls" if call else "stop"
        base = {"id": "c1", "created": int(time.time()), "model": question.get("model", "scripted")}
        usage = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
        if not question.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": finish}
            return to.answer(dict(base, object="chat.completion", usage=usage, choices=[choice]))
        base["object"] = "chat.completion.chunk"
        choice = lambda delta, finish: [{"index": 0, "delta": delta, "finish_reason": finish}]
        to.stream([dict(base, choices=choice(message, None)), dict(base, choices=choice({}, finish)),
                   dict(base, choices=[], usage=usage)], named=False, end=b"data: [DONE]\n\n")

    def responses(self, to, question):
        tools = {tool["name"]: tool.get("parameters") for tool in question.get("tools") or [] if tool.get("name")}
        items = question.get("input") if isinstance(question.get("input"), list) else []
        results = sum(str(item.get("type", "")).endswith("call_output") for item in items)
        call = self.next(tools, results)
        if call:
            item = {"type": "function_call", "id": f"fc_{results}", "call_id": f"call_{results}", "name": call[0],
                    "arguments": json.dumps(call[1]), "status": "completed"}
        else:
            content = [{"type": "output_text", "text": DONE, "annotations": []}]
            item = {"type": "message", "id": f"m_{results}", "role": "assistant", "status": "completed",
                    "content": content}
        usage = {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 10,
                 "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 20}
        response = {"id": f"resp_{results}", "object": "response", "created_at": int(time.time()), "output": [item],
                    "status": "completed", "model": question.get("model", "scripted"), "usage": usage}
        if not question.get("stream"):
            return to.answer(response)
        events = [{"type": "response.created", "response": dict(response, status="in_progress", output=[])},
                  {"type": "response.output_item.added", "output_index": 0, "item": dict(item, status="in_progress")},
                  {"type": "response.output_item.done", "output_index": 0, "item": item},
                  {"type": "response.completed", "response": response}]
        to.stream([dict(event, sequence_number=number) for number, event in enumerate(events)])

    def gemini(self, to, question, path):
        declared = [one for tool in question.get("tools") or [] for one in tool.get("functionDeclarations") or []]
        tools = {one["name"]: one.get("parametersJsonSchema") or one.get("parameters") for one in declared}
        parts = [part for content in question.get("contents") or [] for part in content.get("parts") or []]
        results = sum("functionResponse" in part for part in parts)
        call = self.next(tools, results)
        wants_json = (question.get("generationConfig") or {}).get("responseMimeType") == "application/json"
        if call:
            part = {"functionCall": {"name": call[0], "args": call[1], "id": f"call_{results}"}}
        else:
            part = {"text": json.dumps({"reasoning": "x", "model_choice": "flash"}) if wants_json else DONE}
        answer = {"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
                  "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 20},
                  "modelVersion": "scripted"}
        if re.search("stream", path):
            return to.stream([answer], named=False)
        to.answer(answer)
