"""Drives the router with netmiko, as automation does, and prints what came as JSON.

Arguments: the name of a conversation below, then HOST, PORT, USER and the file of a private key.
"""
import json
import sys

from netmiko import ConnectHandler


def generic(device):
    """A driver that knows no vendor: whatever comes up to the prompt is the answer."""
    with ConnectHandler(device_type="terminal_server", **device) as net:
        # Such a driver does not wait for the router to begin.
        net.read_until_pattern(pattern="#")
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


def junos_viewer(device):
    """Somebody who may only look sets the session up all the same."""
    with ConnectHandler(device_type="juniper_junos", **device) as net:
        return {"version": net.send_command("show version"), "cli": net.send_command("show cli")}


def juniper_junos(device):
    """Sets its session up, then a whole change: enter, edit, check, commit, leave with changes and without."""
    with ConnectHandler(device_type="juniper_junos", **device) as net:
        answers = {
            "prompt": net.find_prompt(),
            "version": net.send_command("show version"),
            "mistake": net.send_command("show nonsense"),
        }
        answers["entered"] = net.config_mode()
        net.send_config_set(["set system login retry-options lockout-period 7"], exit_config_mode=False)
        answers["check"] = net.commit(check=True)
        answers["commit"] = net.commit(comment="by netmiko")
        net.send_config_set(["set system login retry-options lockout-period 8"], exit_config_mode=False)
        answers["left"] = net.exit_config_mode()
        answers["prompt after"] = net.find_prompt()
        net.config_mode()
        net.send_config_set(["rollback 0", "set system login retry-options lockout-period 9"], exit_config_mode=False)
        net.commit(and_quit=True)
        answers["configuring"] = net.check_config_mode()
        return answers


def vyos(device):
    """The same on VyOS, where configuration mode is not left with changes but by `exit discard`."""
    with ConnectHandler(device_type="vyos", **device) as net:
        answers = {
            "prompt": net.find_prompt(),
            "version": net.send_command("show version"),
            "mistake": net.send_command("show nonsense"),
        }
        net.config_mode()
        refused = net.send_config_set(["set service sla twamp-server port 65536"])
        net.send_config_set(["set system login retry-options lockout-period 17"])
        answers.update(refused=refused, commit=net.commit())
        net.send_config_set(["set system login retry-options lockout-period 18"])
        answers["left"] = net.exit_config_mode()
        answers["prompt after"] = net.find_prompt()
        answers["kept"] = net.send_command("show configuration system login retry-options")
        net.send_config_set(["set system login retry-options lockout-period 19"])
        net.commit(comment="by netmiko")
        net.exit_config_mode()
        return answers


conversations = {
    "generic": generic,
    "cisco_ios": cisco_ios,
    "junos_viewer": junos_viewer,
    "juniper_junos": juniper_junos,
    "vyos": vyos,
}

if __name__ == "__main__":
    name, host, port, user, key = sys.argv[1:]
    device = {"host": host, "port": int(port), "username": user, "use_keys": True, "key_file": key}
    json.dump(conversations[name](device), sys.stdout)
