#!/usr/bin/env python3
"""Accepts every contact request and says everything back.

    python3 examples/echo_bot.py [betwixt [OPTIONS]...]

for example: python3 examples/echo_bot.py target/release/betwixt --profile /tmp/echo
"""

import itertools
import json
import subprocess
import sys


def main():
    command = (sys.argv[1:] or ["betwixt"]) + ["rpc"]
    node = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    ids = itertools.count(1)

    def ask(method, **params):
        request = {"jsonrpc": "2.0", "id": next(ids), "method": method, "params": params}
        node.stdin.write(json.dumps(request) + "\n")
        node.stdin.flush()

    for line in node.stdout:
        line = json.loads(line)
        said = line.get("params", {})
        if line.get("method") == "ready":
            print("I am", said["name"], said["person_id"], flush=True)
            ask("profile.set", name="Echo")
        elif "error" in line:
            print("refused:", line["error"]["message"], file=sys.stderr)
        elif said.get("type") == "contact" and (said["contact"] or {}).get("request") == "incoming":
            ask("contact.accept", person_id=said["person_id"])
        elif said.get("type") == "message" and not said["outgoing"] and said["kind"] == "text":
            ask("message.read", chat_id=said["chat_id"], up_to=said["message_id"])
            ask("message.send", chat_id=said["chat_id"], text=said["text"])
    return node.wait()


if __name__ == "__main__":
    sys.exit(main())
