"""Drives the router with netmiko, as automation does, and prints what came as JSON.

Arguments: the name of a conversation below, then HOST, PORT, USER and the file of a private key.
"""
import json
import sys

from netmiko import ConnectHandler


def generic(device):
    """A driver that knows no vendor: whatever comes up to the prompt is the answer."""
    with ConnectHandler(device_type="terminal_server", **device) as net:
        net.set_base_prompt()
        prompt = net.find_prompt()
        return {
            "prompt": prompt,
            "version": net.send_command("show version", expect_string=prompt),
            "mistake": net.send_command("show nonsense", expect_string=prompt),
            "json": json.loads(
                net.send_command(
                    "show services twamp sessions | display json", expect_string=prompt
                )
            ),
        }


def cisco_ios(device):
    """The driver people take for a vendor without one: it sends `terminal width 511` and `terminal length 0` first."""
    with ConnectHandler(device_type="cisco_ios", **device) as net:
        return {
            "prompt": net.find_prompt(),
            "version": net.send_command("show version"),
            "sessions": net.send_command("show services twamp sessions"),
        }


conversations = {"generic": generic, "cisco_ios": cisco_ios}

if __name__ == "__main__":
    name, host, port, user, key = sys.argv[1:]
    device = {"host": host, "port": int(port), "username": user, "use_keys": True, "key_file": key}
    json.dump(conversations[name](device), sys.stdout)
