"""The host outside: servers of each protocol, with as much of it as the kernel's helpers read. Ends with its input."""

import socket
import struct
import sys
import threading

V4, V6 = "10.20.20.1", "2001:db8:20::2"
ROUTER = "10.20.20.254"


def start(work, *arguments):
    threading.Thread(target=work, args=arguments, daemon=True).start()


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def datagrams(address, port):
    udp = socket.socket(family_of(address), socket.SOCK_DGRAM)
    udp.bind((address, port))
    return udp


def listen(address, port, serve):
    server = socket.create_server((address, port), family=family_of(address))

    def accept():
        while True:
            start(serve, server.accept()[0])

    start(accept)


def echo(connection):
    while octets := connection.recv(4096):
        connection.sendall(octets)


def echo_datagrams(udp):
    while True:
        octets, sender = udp.recvfrom(2048)
        udp.sendto(octets, sender)


def dns(udp):
    """Answers each question with one address (RFC 1035)."""
    while True:
        question, sender = udp.recvfrom(512)
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([192, 0, 2, 80])
        udp.sendto(question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:] + answer, sender)


def ftp(connection):
    """RFC 959, RFC 2428: data connections stay open behind what they carry."""
    lines = connection.makefile("r", newline="\r\n")
    here = connection.getsockname()[0]
    kept = []
    passive, active = None, None

    def say(text):
        connection.sendall(f"{text}\r\n".encode())

    say("220 ready")
    for line in lines:
        word, _, rest = line.strip().partition(" ")
        if word == "USER":
            say("331 password")
        elif word == "PASS":
            say("230 in")
        elif word in ("PASV", "EPSV"):
            passive = socket.create_server((here, 0), family=family_of(here))
            port = passive.getsockname()[1]
            if word == "EPSV":
                say(f"229 Entering Extended Passive Mode (|||{port}|)")
            else:
                say(f"227 Entering Passive Mode ({here.replace('.', ',')},{port >> 8},{port & 255})")
        elif word == "PORT":
            parts = rest.split(",")
            active = (".".join(parts[:4]), int(parts[4]) * 256 + int(parts[5]))
            say("200 noted")
        elif word == "RETR":
            say("150 follows")
            data = passive.accept()[0] if passive else socket.create_connection(active)
            data.sendall(b"z" * 10_000)
            kept.append(data)
            say("226 sent")


def tftp(udp):
    """RFC 1350: each transfer has a port of its own."""
    while True:
        request, client = udp.recvfrom(600)
        if request[:2] != b"\0\1":
            continue
        transfer = datagrams(V4, 0)
        transfer.settimeout(5)
        for number, block in enumerate((b"t" * 512, b"t" * 100), start=1):
            transfer.sendto(struct.pack(">HH", 3, number) + block, client)
            transfer.recvfrom(100)


def sip(udp):
    """RFC 3261: registers whoever asks, and takes calls."""
    voice = datagrams(V4, 12_682)
    while True:
        octets, sender = udp.recvfrom(4096)
        message = octets.decode()
        lines = message.split("\r\n")
        method = message.split(" ")[0]
        names = ("via:", "from:", "to:", "call-id:", "cseq:", "contact:" if method == "REGISTER" else "via:")
        head = ["SIP/2.0 200 OK", *[line for line in lines if line.lower().startswith(names)]]
        if method == "REGISTER":
            udp.sendto("\r\n".join([*head, "Expires: 300", "Content-Length: 0", "", ""]).encode(), sender)
        elif method == "INVITE":
            body = f"v=0\r\no=s 1 1 IN IP4 {V4}\r\ns=-\r\nc=IN IP4 {V4}\r\nt=0 0\r\nm=audio 12682 RTP/AVP 0\r\n"
            about = [f"Contact: <sip:s@{V4}:5060>", "Content-Type: application/sdp", f"Content-Length: {len(body)}"]
            udp.sendto("\r\n".join([*head, *about, "", body]).encode(), sender)
            [address] = [line.split()[-1] for line in lines if line.startswith("c=IN IP4")]
            [port] = [int(line.split()[1]) for line in lines if line.startswith("m=audio")]
            # The caller's voice comes first, as the caller begins the session.
            voice.recvfrom(500)
            for number in range(25):
                voice.sendto(struct.pack(">BBHII", 0x80, 0, number, number * 160, 1) + b"\0" * 160, (address, port))


def gre_packet(call, sequence, payload):
    """Enhanced GRE (RFC 2637) with a frame of PPP."""
    body = b"\xff\x03\x00\x21" + payload
    return struct.pack(">BBHHHI", 0x30, 0x01, 0x880B, len(body), call, sequence) + body


def pptp(connection):
    """RFC 2637, as far as the call that stands; seven packets of it answer the caller's first."""
    gre = socket.socket(socket.AF_INET, socket.SOCK_RAW, 47)
    peer = connection.getpeername()[0]

    def answer(call):
        while True:
            packet, sender = gre.recvfrom(4096)
            if sender[0] == peer and packet[20:22] == b"\x30\x01":
                break
        for sequence in range(7):
            gre.sendto(gre_packet(call, sequence, b"x" * 8), (peer, 0))

    while message := connection.recv(1024):
        kind = struct.unpack(">H", message[8:10])[0]
        if kind == 1:
            connection.send(
                struct.pack(
                    ">HHIHHHBBIIHH64s64s", 156, 1, 0x1A2B3C4D, 2, 0, 0x0100, 1, 0, 1, 1, 0, 1, b"lab", b"lab"
                )
            )
        elif kind == 7:
            call = struct.unpack(">H", message[12:14])[0]
            start(answer, call)
            connection.send(
                struct.pack(">HHIHHHHBBHIHHI", 32, 1, 0x1A2B3C4D, 8, 0, 49_913, call, 1, 0, 0, 64_000, 64, 0, 0)
            )


def call_back(udp):
    """Connects to a port of the router when it is asked to, and tells from which of ours."""
    while True:
        wanted, sender = udp.recvfrom(100)
        connection = socket.create_connection((ROUTER, int(wanted)))
        connection.sendall(b"in")
        connection.recv(10)
        kept.append(connection)
        udp.sendto(str(connection.getsockname()[1]).encode(), sender)


kept = []
for port in (23, 80, 8443):
    listen(V4, port, echo)
listen(V6, 80, echo)
for address in (V4, V6):
    listen(address, 21, ftp)
listen(V4, 1723, pptp)
for address, port in ((V4, 7777), (V6, 4000)):
    start(echo_datagrams, datagrams(address, port))
start(dns, datagrams(V4, 53))
start(tftp, datagrams(V4, 69))
start(sip, datagrams(V4, 5060))
start(call_back, datagrams(V4, 7000))
# What comes here is not answered, by no ICMP either.
silent = datagrams(V4, 123)
sink = socket.socket(socket.AF_INET, socket.SOCK_RAW, 47)
print("ready", flush=True)
sys.stdin.read()
