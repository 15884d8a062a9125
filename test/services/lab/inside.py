"""
The hosts inside: one session of each kind through the router, all of them open until its input ends. Prints them as one
object of JSON: for each name, the initiator's end and the responder's as the initiator knows it.
"""

import json
import socket
import struct
import sys
import time

V4, OTHER_V4 = "10.10.10.2", "10.10.10.3"
V6, OTHER_V6 = "2001:db8:10::2", "2001:db8:10::3"
SERVER, SERVER_V6 = "10.20.20.1", "2001:db8:20::2"
TRANSLATED_SERVER = "10.11.11.80"
TIMEOUT_SECONDS = 5
TCP, UDP, GRE, ICMP, ICMP6 = 6, 17, 47, 1, 58

sessions = {}
kept = []


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def tell(name, protocol, source, destination):
    """Both ends are address and port; of ICMP, the source's is the identifier."""
    sessions[name] = {
        "protocol": protocol,
        "source": source[0],
        "sourcePort": source[1],
        "destination": destination[0],
        "destinationPort": destination[1],
    }


def keep(thing):
    thing.settimeout(TIMEOUT_SECONDS)
    kept.append(thing)
    return thing


def connect(name, source, destination):
    tcp = keep(socket.socket(family_of(source[0])))
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tcp.bind(source)
    tcp.connect(destination)
    tell(name, TCP, tcp.getsockname(), destination)
    return tcp


def ask(connection, octets, rounds):
    for _ in range(rounds):
        connection.sendall(octets)
        connection.recv(4096)


def datagrams(source):
    udp = keep(socket.socket(family_of(source[0]), socket.SOCK_DGRAM))
    udp.bind(source)
    return udp


def exchange(name, source, destination, octets, answered=True):
    udp = datagrams(source)
    udp.sendto(octets, destination)
    tell(name, UDP, udp.getsockname(), destination)
    return udp.recv(2048) if answered else b""


def ftp(name, source, server):
    """A control connection, logged in; gives what sends a command on it and returns the last line of the reply."""
    control = connect(name, (source, 0), (server, 21))
    lines = keep(control).makefile("r", newline="\r\n")

    def command(text):
        if text:
            control.sendall(f"{text}\r\n".encode())
        return lines.readline()

    command("")
    command("USER u")
    command("PASS p")
    return control, command


def read_all(data):
    left = 10_000
    while left > 0:
        left -= len(data.recv(left))


def ftp_passive(name, source, server):
    _, command = ftp(f"{name}-control", source, server)
    if family_of(server) == socket.AF_INET6:
        port = int(command("EPSV").split("|")[3])
    else:
        parts = command("PASV").split("(")[1].split(")")[0].split(",")
        port = int(parts[4]) * 256 + int(parts[5])
    data = connect(f"{name}-data", (source, 0), (server, port))
    command("RETR it")
    read_all(data)
    command("")


def ftp_active():
    control, command = ftp("ftp-active-control", V4, SERVER)
    listener = keep(socket.create_server((V4, 0)))
    port = listener.getsockname()[1]
    command(f"PORT {V4.replace('.', ',')},{port >> 8},{port & 255}")
    command("RETR it")
    data, peer = listener.accept()
    read_all(keep(data))
    command("")
    # The router's address is where the server connected to.
    tell("ftp-active-data", TCP, peer, ("10.11.11.11", port))


def tftp():
    udp = datagrams((V4, 0))
    udp.sendto(b"\0\1file\0octet\0", (SERVER, 69))
    tell("tftp", UDP, udp.getsockname(), (SERVER, 69))
    while True:
        block, sender = udp.recvfrom(600)
        udp.sendto(b"\0\4" + block[2:4], sender)
        if len(block) < 516:
            break
    tell("tftp-data", UDP, sender, ("10.11.11.11", udp.getsockname()[1]))


def sip():
    signalling, voice = datagrams((V4, 5060)), datagrams((V4, 6000))

    def message(method, number, *more, body=""):
        head = [
            f"{method} sip:s@{SERVER} SIP/2.0",
            f"Via: SIP/2.0/UDP {V4}:5060;branch=z9hG4bK1",
            f"From: <sip:c@{V4}>;tag=1",
            f"To: <sip:s@{SERVER}>",
            f"Call-ID: abc@{V4}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:c@{V4}:5060>",
            "Max-Forwards: 70",
            *more,
            f"Content-Length: {len(body)}",
        ]
        signalling.sendto("\r\n".join([*head, "", body]).encode(), (SERVER, 5060))

    message("REGISTER", 1, "Expires: 300")
    signalling.recv(2000)
    body = f"v=0\r\no=c 1 1 IN IP4 {V4}\r\ns=-\r\nc=IN IP4 {V4}\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n"
    message("INVITE", 2, "Content-Type: application/sdp", body=body)
    signalling.recv(2000)
    message("ACK", 2)
    for number in range(30):
        voice.sendto(struct.pack(">BBHII", 0x80, 0, number, number * 160, 2) + b"\0" * 160, (SERVER, 12_682))
    for _ in range(25):
        voice.recv(500)
    tell("sip", UDP, (V4, 5060), (SERVER, 5060))
    tell("rtp", UDP, (V4, 6000), (SERVER, 12_682))


def pptp():
    control = connect("pptp", (V4, 0), (SERVER, 1723))
    control.sendall(
        struct.pack(">HHIHHHBBIIHH64s64s", 156, 1, 0x1A2B3C4D, 1, 0, 0x0100, 0, 0, 1, 1, 0, 1, b"lab", b"lab")
    )
    control.recv(500)
    call = 4242
    control.sendall(
        struct.pack(
            ">HHIHHHHIIIIHHHH64s64s",
            168, 1, 0x1A2B3C4D, 7, 0, call, 1, 300, 100_000_000, 3, 3, 64, 0, 0, 0, b"", b"",
        )
    )  # fmt: skip
    peer = struct.unpack(">H", control.recv(500)[12:14])[0]
    gre = keep(socket.socket(socket.AF_INET, socket.SOCK_RAW, GRE))
    gre.bind((V4, 0))
    frame = b"\xff\x03\x00\x21" + b"y" * 8
    for sequence in range(9):
        head = struct.pack(">BBHHHI", 0x30, 0x01, 0x880B, len(frame), peer, sequence)
        gre.sendto(head + frame, (SERVER, 0))
    for _ in range(7):
        gre.recv(500)
    tell("pptp-gre", GRE, (V4, call), (SERVER, peer))


def plain_gre():
    """Version 0, from another host: no call, no ports, and no answer."""
    gre = keep(socket.socket(socket.AF_INET, socket.SOCK_RAW, GRE))
    gre.bind((OTHER_V4, 0))
    for _ in range(4):
        gre.sendto(struct.pack(">HH", 0, 0x0800) + b"\0" * 20, (SERVER, 0))
    tell("gre", GRE, (OTHER_V4, 0), (SERVER, 0))


def checksum(octets):
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ping(name, source, destination, protocol, kind, identifier):
    """The checksum of ICMPv6 is the kernel's."""
    raw = keep(socket.socket(family_of(source), socket.SOCK_RAW, protocol))
    raw.bind((source, 0))
    for sequence in range(1, 4):
        rest = struct.pack(">HH", identifier, sequence) + b"p" * 40
        total = checksum(struct.pack(">BBH", kind, 0, 0) + rest)
        raw.sendto(struct.pack(">BBH", kind, 0, total) + rest, (destination, 0))
        raw.recv(500)
    tell(name, protocol, (source, identifier), (destination, None))


def called_back():
    listener = keep(socket.create_server((V4, 8081)))
    udp = datagrams((V4, 0))
    udp.sendto(b"8081", (SERVER, 7000))
    tell("udp", UDP, udp.getsockname(), (SERVER, 7000))
    connection, _ = listener.accept()
    keep(connection).recv(10)
    connection.sendall(b"out")
    port = int(udp.recv(100))
    tell("dnat", TCP, (SERVER, port), ("10.20.20.254", 8081))


helpers = sys.argv[1:]
ask(connect("tcp", (V4, 40_080), (SERVER, 80)), b"q" * 60, 10)
# Both inside hosts have the same port: the second cannot keep it.
ask(connect("telnet", (V4, 52_145), (SERVER, 23)), b"t" * 10, 22)
ask(connect("napt", (OTHER_V4, 52_145), (SERVER, 23)), b"t" * 10, 2)
ask(connect("twice-nat", (V4, 0), (TRANSLATED_SERVER, 8080)), b"q" * 60, 5)
ask(connect("masquerade", (V4, 0), (SERVER, 8443)), b"q" * 60, 3)
ask(connect("tcp6", (V6, 0), (SERVER_V6, 80)), b"q" * 60, 2)
exchange("udp6-nat", (OTHER_V6, 0), (SERVER_V6, 4000), b"six")
exchange("dns", (V4, 0), (SERVER, 53), b"\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\3lab\4test\0\0\1\0\1")
exchange("zone", (V4, 0), (SERVER, 7777), b"seven")
exchange("unreplied", (V4, 0), (SERVER, 123), b"nobody", answered=False)
called_back()
ping("icmp", V4, SERVER, ICMP, 8, 4711)
ping("icmp6", V6, SERVER_V6, ICMP6, 128, 4712)
plain_gre()
if "ftp" in helpers:
    ftp_passive("ftp", V4, SERVER)
    ftp_passive("ftp6", V6, SERVER_V6)
    ftp_active()
if "tftp" in helpers:
    tftp()
if "sip" in helpers:
    sip()
if "pptp" in helpers:
    pptp()
# Delayed acknowledgements still count.
time.sleep(0.5)
print(json.dumps(sessions), flush=True)
sys.stdin.read()
